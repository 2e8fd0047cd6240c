using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Storage;

/// <summary>Removes what is older than the settings say, in small steps, so that no write waits long. Observations only after their scope's stored state holds them.</summary>
internal sealed partial class Retention(
    Database database, ScopePruning scopes, SearchPruning search, StorageOptions options, OutboxOptions outbox, StorageMeter meter, TimeProvider time, ILogger<Retention> logger) : BackgroundService
{
    private const int Step = 1000;

    public static string[] Tables { get; } = ["observations", "incidents", "containers", "deliveries"];

    /// <returns>Rows removed.</returns>
    public async Task<long> PruneAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var events = await PruneEventsAsync((now - options.EventRetention).ToMicros(), cancellationToken);
        var incidents = await RepeatAsync(session => PruneIncidents(session, (now - options.IncidentRetention).ToMicros()), cancellationToken);
        var containers = await RepeatAsync(
            session => session.Execute(
                // Scope by scope, which there is an index for.
                """
                DELETE FROM containers WHERE (agent_id, container_id) IN
                (SELECT agent_id, container_id FROM scopes s CROSS JOIN containers c ON c.scope = s.number AND c.last_seen < $1 LIMIT $2)
                """,
                (now - options.EventRetention).ToMicros(), Step),
            cancellationToken);
        var deliveries = await RepeatAsync(session => PruneDeliveries(session, (now - outbox.LogRetention).ToMicros()), cancellationToken);
        await RepeatAsync(
            session => session.Execute("DELETE FROM mutes WHERE number IN (SELECT number FROM mutes WHERE coalesce(ended, expires) < $1 LIMIT $2)", (now - options.IncidentRetention).ToMicros(), Step),
            cancellationToken);
        foreach (var (table, removed) in Tables.Zip([events, incidents, containers, deliveries]))
        {
            meter.Pruned.Add(removed, new KeyValuePair<string, object?>("table", table));
        }

        // After the events and incidents that would hold them.
        var rows = events + incidents + containers + deliveries + await scopes.PruneAsync(cancellationToken) + await search.PruneAsync(now, cancellationToken);
        if (rows > 0)
        {
            await database.WriteAsync(session => session.Rows("PRAGMA incremental_vacuum(4000)", _ => 0).Count, cancellationToken);
        }

        return rows;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.RetentionInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await PruneAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // The next round tries again; a full disk is told by the writer.
                Log.PruneFailed(logger, failure.Message);
            }
        }
    }

    private async Task<long> PruneEventsAsync(long before, CancellationToken cancellationToken)
    {
        // Ids grow with the time of receipt: walked from the oldest, the first step without an old row is the last.
        var removed = 0L;
        var from = await database.ReadAsync(session => session.Number("SELECT min(id) FROM observations"), cancellationToken) ?? 0;
        while (true)
        {
            var start = from;
            var oldest = await database.ReadAsync(session => session.Number("SELECT received FROM observations WHERE id >= $1 ORDER BY id LIMIT 1", start), cancellationToken);
            if (oldest is null || oldest >= before)
            {
                return removed;
            }

            removed += await database.WriteAsync(
                session =>
                {
                    session.Execute(
                        """
                        DELETE FROM facts WHERE (time, id) IN (SELECT time, id FROM observations WHERE id >= $1 AND id < $1 + $2 AND received < $3
                        AND id <= (SELECT applied_through FROM scope_state WHERE scope_state.scope = observations.scope))
                        """, start, Step, before);
                    var rows = session.Execute(
                        """
                        DELETE FROM observations WHERE id >= $1 AND id < $1 + $2 AND received < $3
                        AND id <= (SELECT applied_through FROM scope_state WHERE scope_state.scope = observations.scope)
                        """, start, Step, before);
                    session.Execute("UPDATE log_size SET rows = rows - $1", rows);
                    return rows;
                },
                cancellationToken);
            from += Step;
        }
    }

    private static int PruneIncidents(SqlSession session, long before)
    {
        var ids = session.Rows("SELECT id FROM incidents WHERE state <> 0 AND last_seen < $1 LIMIT 50", reader => reader.GetString(0), before);
        foreach (var id in ids)
        {
            session.Execute("DELETE FROM deviations WHERE incident_id = $1", id);
            session.Execute("DELETE FROM deliveries WHERE incident_id = $1 AND due IS NULL", id);
            session.Execute("DELETE FROM threads WHERE incident_id = $1", id);
            session.Execute("DELETE FROM incidents WHERE id = $1", id);
        }

        return ids.Count;
    }

    /// <summary>Of what is settled: what is too old, and what is beyond the log's length. What waits is never among it.</summary>
    private int PruneDeliveries(SqlSession session, long before) =>
        session.Execute("DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE due IS NULL AND answered < $1 ORDER BY answered, id LIMIT $2)", before, Step)
        + session.Execute(
            "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE due IS NULL ORDER BY answered DESC, id DESC LIMIT $2 OFFSET $1)", outbox.LogLength, Step);

    private async Task<long> RepeatAsync(Func<SqlSession, int> step, CancellationToken cancellationToken)
    {
        var removed = 0L;
        while (await database.WriteAsync(step, cancellationToken) is > 0 and var rows)
        {
            removed += rows;
        }

        return removed;
    }

    private static partial class Log
    {
        [LoggerMessage(3010, LogLevel.Warning, "Old rows were not removed: {Failure}. The next round tries again.")]
        public static partial void PruneFailed(ILogger logger, string failure);
    }
}
