using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

/// <summary>The scopes' living state, behind grains. Any thread.</summary>
internal interface IScopeDirectory
{
    /// <summary>Hands stored observations (with their log ids, in log order) to their scopes; answers when they are applied.</summary>
    Task ApplyAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken);

    /// <summary>Null when the scope was never seen.</summary>
    Task<BaselineView?> GetBaselineAsync(string scopeId, CancellationToken cancellationToken);

    /// <summary>Null when there is no such incident in the scope.</summary>
    Task<Incident?> CloseIncidentAsync(string scopeId, string incidentId, string verdict, string who, string note, CancellationToken cancellationToken);

    Task<Incident?> ApproveIncidentAsync(string scopeId, string incidentId, string who, string note, CancellationToken cancellationToken);

    Task<Deviation?> ApproveDeviationAsync(string scopeId, string deviationId, string who, string note, CancellationToken cancellationToken);

    /// <summary>Null when the scope's baseline has no template of that key.</summary>
    Task<ExpandedView?> ExpandItemAsync(string scopeId, string key, string who, string note, CancellationToken cancellationToken);

    /// <summary>Null when the scope has no such item, or it was removed already.</summary>
    Task<BaselineItemView?> RemoveItemAsync(string scopeId, string kind, string key, string who, string reason, CancellationToken cancellationToken);

    /// <summary>All in one write. Those that changed, as they are now; null when the scope was never seen.</summary>
    Task<IReadOnlyList<BaselineItemView>?> DecideItemsAsync(string scopeId, IReadOnlyList<ItemDecision> decisions, string who, string reason, CancellationToken cancellationToken);
}
