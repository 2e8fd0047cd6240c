using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Tests.Storage;

/// <summary>Scopes that hold what a test gives them, and do nothing.</summary>
internal sealed class StillScopes(params BaselineView[] baselines) : IScopeDirectory
{
    public Task ApplyAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<BaselineView?> GetBaselineAsync(string scopeId, CancellationToken cancellationToken) => Task.FromResult(baselines.FirstOrDefault(baseline => baseline.ScopeId == scopeId));

    public Task<Incident?> CloseIncidentAsync(string scopeId, string incidentId, string verdict, string who, string note, CancellationToken cancellationToken) => Task.FromResult<Incident?>(null);

    public Task<Incident?> ApproveIncidentAsync(string scopeId, string incidentId, string who, string note, CancellationToken cancellationToken) => Task.FromResult<Incident?>(null);

    public Task<Deviation?> ApproveDeviationAsync(string scopeId, string deviationId, string who, string note, CancellationToken cancellationToken) => Task.FromResult<Deviation?>(null);

    public Task<ExpandedView?> ExpandItemAsync(string scopeId, string key, string who, string note, CancellationToken cancellationToken) => Task.FromResult<ExpandedView?>(null);

    public Task<IReadOnlyList<BaselineItemView>?> DecideItemsAsync(string scopeId, IReadOnlyList<ItemDecision> decisions, string who, string reason, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<BaselineItemView>?>(null);

    public Task<BaselineItemView?> RemoveItemAsync(string scopeId, string kind, string key, string who, string reason, CancellationToken cancellationToken) => Task.FromResult<BaselineItemView?>(null);
}
