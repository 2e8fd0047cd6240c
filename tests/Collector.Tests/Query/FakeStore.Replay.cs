using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Tests.Query;

/// <summary>A past of nothing: what replays make of one is for the real store's tests.</summary>
internal sealed partial class FakeStore
{
    Task<ReplayMoment> IReplayStore.BeginAsync(SearchTerm? deployments, DateTimeOffset since, CancellationToken cancellationToken) => Task.FromResult(new ReplayMoment([], 0, null));

    public Task<IReadOnlyList<Incident>> ReadIncidentsAsync(DateTimeOffset since, int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Incident>>([]);

    public Task<IReadOnlyList<LogRow>> ReadEventsAsync(ReplayScope scope, DateTimeOffset since, long after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LogRow>>([]);

    public Task<IReadOnlyList<Deviation>> ReadDeviationsAsync(string scopeId, string incidentId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Deviation>>([]);
}
