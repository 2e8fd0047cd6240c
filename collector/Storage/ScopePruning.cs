namespace Runtime.Collector.Storage;

/// <summary>
/// Removes scopes that are gone: nothing was seen of them for the settings' time, and no row of the log or container is left. First what they learnt;
/// the name goes with the last incident that still has it. One that comes back learns anew.
/// </summary>
internal sealed partial class ScopePruning(Database database, ScopeStore scopes, StorageOptions options, StorageMeter meter, TimeProvider time, ILogger<ScopePruning> logger)
{
    private const int Step = 100;

    /// <returns>Scopes whose baselines were removed.</returns>
    public async Task<int> PruneAsync(CancellationToken cancellationToken)
    {
        var before = (time.GetUtcNow() - options.ScopeRetention).ToMicros();
        var removed = 0;
        while (true)
        {
            var step = await database.WriteAsync(session => Forget(session, before), cancellationToken);
            foreach (var (scope, lastSeen) in step)
            {
                scopes.Forget(scope);
                meter.ScopesRemoved.Add(1);
                Log.Removed(logger, scope, lastSeen);
            }

            removed += step.Count;
            if (step.Count < Step)
            {
                break;
            }
        }

        while (await database.WriteAsync(RemoveNames, cancellationToken) == Step)
        {
        }

        return removed;
    }

    /// <summary>In one transaction with the look: a scope that comes back in between is either seen here or finds nothing and starts anew.</summary>
    /// <remarks>last_log 0 says that no log leads to this scope: nobody reads for it, and it is listed no more.</remarks>
    private static List<(string Scope, DateTimeOffset LastSeen)> Forget(SqlSession session, long before)
    {
        var gone = session.Rows(
            """
            SELECT number, scope_id, last_seen FROM scopes s WHERE last_log > 0 AND last_seen < $1
            AND NOT EXISTS (SELECT 1 FROM containers c WHERE c.scope = s.number AND c.last_seen >= $1)
            AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.scope = s.number) LIMIT $2
            """,
            reader => (Number: reader.GetInt64(0), Scope: reader.GetString(1), LastSeen: StoreTime.FromMicros(reader.GetInt64(2))), before, Step);
        foreach (var scope in gone)
        {
            session.Execute("DELETE FROM scope_state WHERE scope = $1", scope.Number);
            session.Execute("DELETE FROM containers WHERE scope = $1", scope.Number);
            session.Execute("DELETE FROM sightings WHERE scope = $1", scope.Number);
            session.Execute("UPDATE scopes SET last_log = 0 WHERE number = $1", scope.Number);
        }

        return [.. gone.Select(scope => (scope.Scope, scope.LastSeen))];
    }

    private static int RemoveNames(SqlSession session) => session.Execute(
        """
        DELETE FROM scopes WHERE number IN (SELECT number FROM scopes s WHERE last_log = 0
        AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.scope = s.number)
        AND NOT EXISTS (SELECT 1 FROM deviations d WHERE d.scope = s.number)
        AND NOT EXISTS (SELECT 1 FROM scope_state t WHERE t.scope = s.number)
        AND NOT EXISTS (SELECT 1 FROM containers c WHERE c.scope = s.number)
        AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.scope = s.number) LIMIT $1)
        """, Step);

    private static partial class Log
    {
        [LoggerMessage(3020, LogLevel.Information, "The baseline of {ScopeId} was removed: nothing was seen of it since {LastSeen:u}. If it comes back, it learns anew.")]
        public static partial void Removed(ILogger logger, string scopeId, DateTimeOffset lastSeen);
    }
}
