using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Query.Replay;

/// <summary>A deployment of a replay.</summary>
/// <param name="LastLog">Its highest id in the log.</param>
internal sealed record ReplayScope(string ScopeId, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, long LastLog);

/// <param name="FirstLog">Nothing from the asked time on lies below it.</param>
/// <param name="OldestEvent">Null when there are none.</param>
internal sealed record ReplayMoment(IReadOnlyList<ReplayScope> Scopes, long FirstLog, DateTimeOffset? OldestEvent);

/// <summary>What a replay reads. Any thread; every method answers from committed data.</summary>
internal interface IReplayStore
{
    /// <param name="deployments">A term of deployments; null: all.</param>
    Task<ReplayMoment> BeginAsync(SearchTerm? deployments, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Incidents that began since then, the newest first, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<Incident>> ReadIncidentsAsync(DateTimeOffset since, int limit, CancellationToken cancellationToken);

    /// <summary>Events of one scope that may be facts, above <paramref name="after"/>, in log order.</summary>
    Task<IReadOnlyList<LogRow>> ReadEventsAsync(ReplayScope scope, DateTimeOffset since, long after, int limit, CancellationToken cancellationToken);

    Task<IReadOnlyList<Deviation>> ReadDeviationsAsync(string scopeId, string incidentId, CancellationToken cancellationToken);
}
