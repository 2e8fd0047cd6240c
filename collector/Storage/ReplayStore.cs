using System.Text.Json;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Storage;

/// <summary>Reads for replays, in steps: none of them holds a connection long.</summary>
internal sealed class ReplayStore(Database database, ScopeStore scopes) : IReplayStore
{
    public Task<ReplayMoment> BeginAsync(SearchTerm? deployments, DateTimeOffset since, CancellationToken cancellationToken) => database.ReadAsync(
        session => new ReplayMoment(
            [.. session.Rows(
                    "SELECT scope_id, first_seen, last_seen, last_log FROM scopes WHERE last_seen >= $1 ORDER BY scope_id",
                    reader => new ReplayScope(reader.GetString(0), StoreTime.FromMicros(reader.GetInt64(1)), StoreTime.FromMicros(reader.GetInt64(2)), reader.GetInt64(3)), since.ToMicros())
                .Where(scope => deployments is null || ScopeTerms.Fits(Scope.Parse(scope.ScopeId), deployments))],
            session.Number("SELECT min(id) FROM observations WHERE time >= $1", since.ToMicros()) ?? 0,
            session.Number("SELECT min(time) FROM observations") is { } oldest ? StoreTime.FromMicros(oldest) : null),
        cancellationToken);

    public Task<IReadOnlyList<Incident>> ReadIncidentsAsync(DateTimeOffset since, int limit, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<Incident>>(
        session => session.Rows(
            "SELECT document FROM incidents WHERE first_seen >= $1 ORDER BY first_seen DESC LIMIT $2",
            reader => JsonSerializer.Deserialize(reader.GetString(0), StoreJson.Default.Incident)!, since.ToMicros(), limit),
        cancellationToken);

    public Task<IReadOnlyList<LogRow>> ReadEventsAsync(ReplayScope scope, DateTimeOffset since, long after, int limit, CancellationToken cancellationToken)
    {
        var parsed = Scope.Parse(scope.ScopeId);

        // The unary plus keeps the scope's index: by time, rows would be sorted anew for each step.
        return database.ReadAsync<IReadOnlyList<LogRow>>(
            session => session.Rows(
                """
                SELECT id, body FROM observations WHERE scope = (SELECT number FROM scopes WHERE scope_id = $1) AND id > $2 AND id <= $3 AND +time >= $4
                AND kind NOT IN ('resource', 'loss', 'exit') ORDER BY id LIMIT $5
                """,
                reader => ScopeStore.ReadRow(reader, parsed), scope.ScopeId, after, scope.LastLog, since.ToMicros(), limit),
            cancellationToken);
    }

    public Task<IReadOnlyList<Deviation>> ReadDeviationsAsync(string scopeId, string incidentId, CancellationToken cancellationToken) =>
        scopes.ListDeviationsAsync(scopeId, incidentId, cancellationToken);
}
