namespace Runtime.Collector.Storage;

/// <summary>Removes sightings of what was not seen for long, and texts that nothing names any more. After the log's rows, which name them.</summary>
internal sealed class SearchPruning(Database database, StorageOptions options)
{
    /// <summary>Of one scope: a program that makes up names without end must not fill the store. The ones seen last stay.</summary>
    public const int MaxSightings = 100_000;

    private const int Step = 2000;

    /// <returns>Rows removed.</returns>
    public async Task<long> PruneAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var removed = 0L;
        var before = (now - options.ScopeRetention).ToMicros();
        foreach (var scope in await database.ReadAsync(session => session.Rows("SELECT number FROM scopes", reader => reader.GetInt64(0)), cancellationToken))
        {
            removed += await RepeatAsync(
                session => session.Execute(
                    "DELETE FROM sightings WHERE (word, role, scope) IN (SELECT word, role, scope FROM sightings WHERE scope = $1 AND last_seen < $2 LIMIT $3)", scope, before, Step),
                cancellationToken);
            var over = await database.ReadAsync(session => session.Number("SELECT count(*) FROM sightings WHERE scope = $1", scope), cancellationToken) - MaxSightings;
            for (; over > 0; over -= Step)
            {
                var step = Math.Min(over.Value, Step);
                removed += await database.WriteAsync(
                    session => session.Execute(
                        "DELETE FROM sightings WHERE (word, role, scope) IN (SELECT word, role, scope FROM sightings WHERE scope = $1 ORDER BY last_seen LIMIT $2)", scope, step),
                    cancellationToken);
            }
        }

        removed += await PruneWordsAsync(cancellationToken);
        var unused = DayOf(now - (options.IncidentRetention > options.EventRetention ? options.IncidentRetention : options.EventRetention));
        return removed + await RepeatAsync(
            session => session.Execute("DELETE FROM images WHERE number IN (SELECT number FROM images WHERE used < $1 LIMIT $2)", unused, Step), cancellationToken);
    }

    /// <summary>A word was named last on the day on which the newest row that has it was stored: older than every row is named by none.</summary>
    private async Task<long> PruneWordsAsync(CancellationToken cancellationToken)
    {
        var oldest = await database.ReadAsync(
            session => session.Number("SELECT received FROM observations WHERE id >= 0 ORDER BY id LIMIT 1"), cancellationToken);
        if (oldest is null)
        {
            return 0;
        }

        var unused = DayOf(StoreTime.FromMicros(oldest.Value));
        var removed = 0L;
        var from = 0L;
        while (true)
        {
            var start = from;
            var next = await database.ReadAsync(session => session.Number("SELECT number FROM words WHERE number > $1 ORDER BY number LIMIT 1 OFFSET $2", start, Step), cancellationToken) ?? long.MaxValue;
            removed += await database.WriteAsync(
                session => session.Execute(
                    "DELETE FROM words WHERE number > $1 AND number <= $2 AND used < $3 AND NOT EXISTS (SELECT 1 FROM sightings g WHERE g.word = words.number)", start, next, unused),
                cancellationToken);
            if (next == long.MaxValue)
            {
                return removed;
            }

            from = next;
        }
    }

    private static long DayOf(DateTimeOffset time) => (long)(time - DateTimeOffset.UnixEpoch).TotalDays;

    private async Task<long> RepeatAsync(Func<SqlSession, int> step, CancellationToken cancellationToken)
    {
        var removed = 0L;
        while (await database.WriteAsync(step, cancellationToken) is > 0 and var rows)
        {
            removed += rows;
        }

        return removed;
    }
}
