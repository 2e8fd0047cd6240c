using Runtime.Collector.Inventory;

namespace Runtime.Collector.Storage;

/// <summary>Makes rows of the log searchable that were stored before there was a search. Once, at the first start with it; a kill in between loses nothing.</summary>
internal static partial class FactBackfill
{
    private const int Step = 2000;

    /// <summary>Before the store is open for others.</summary>
    /// <param name="now">By the collector's clock.</param>
    public static void Run(SqlSession session, DateTimeOffset now, ILogger logger)
    {
        var until = session.Number("SELECT until FROM search_state") ?? 0;
        var through = session.Number("SELECT through FROM search_state") ?? 0;
        if (through >= until)
        {
            return;
        }

        Log.Begins(logger, until - through);
        while (through < until)
        {
            session.Script("BEGIN IMMEDIATE");
            through = OneStep(session, through, until, now);
            session.Script("COMMIT");
        }
    }

    private static long OneStep(SqlSession session, long through, long until, DateTimeOffset now)
    {
        var rows = session.Rows(
            "SELECT o.id, o.scope, o.kind, s.scope_id, o.body FROM observations o JOIN scopes s ON s.number = o.scope WHERE o.id > $1 AND o.id <= $2 ORDER BY o.id LIMIT $3",
            reader => (Id: reader.GetInt64(0), Scope: reader.GetInt64(1), Kind: reader.GetString(2), Name: reader.GetString(3), Body: reader.GetFieldValue<byte[]>(4)), through, until, Step);
        var facts = new FactWriter(session, now);
        foreach (var row in rows)
        {
            try
            {
                var observation = ObservationCodec.Decode(row.Id, Scope.Parse(row.Name), row.Body);
                facts.Add(row.Id, row.Scope, row.Kind, observation, FactRow.Of(observation));
            }
            catch (InvalidDataException)
            {
                // Counted and told by its scope, which passes over it too.
            }
        }

        facts.Write();
        var next = rows.Count < Step ? until : rows[^1].Id;
        session.Execute("UPDATE search_state SET through = $1", next);
        return next;
    }

    private static partial class Log
    {
        [LoggerMessage(3030, LogLevel.Information, "Up to {Rows} stored events are made searchable; the start waits for it.")]
        public static partial void Begins(ILogger logger, long rows);
    }
}
