using System.Text.Json;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Storage;

namespace Runtime.Collector.Scopes;

/// <summary>Finds scopes' grains, on whatever silo they are.</summary>
internal sealed class ScopeDirectory(IGrainFactory grains) : IScopeDirectory
{
    public Task ApplyAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken)
    {
        var newest = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var observation in observations)
        {
            newest[observation.Scope.Id] = Math.Max(newest.GetValueOrDefault(observation.Scope.Id), observation.Id);
        }

        return Task.WhenAll(newest.Select(scope => Of(scope.Key).ApplyThroughAsync(scope.Value))).WaitAsync(cancellationToken);
    }

    public async Task<BaselineView?> GetBaselineAsync(string scopeId, CancellationToken cancellationToken) =>
        await Of(scopeId).GetBaselineAsync().WaitAsync(cancellationToken) is { } packed ? JsonSerializer.Deserialize(packed, StoreJson.Default.BaselineView) : null;

    public async Task<Incident?> CloseIncidentAsync(string scopeId, string incidentId, string verdict, string who, string note, CancellationToken cancellationToken) =>
        Incident(await Of(scopeId).CloseIncidentAsync(incidentId, verdict, who, note).WaitAsync(cancellationToken));

    public async Task<Incident?> ApproveIncidentAsync(string scopeId, string incidentId, string who, string note, CancellationToken cancellationToken) =>
        Incident(await Of(scopeId).ApproveIncidentAsync(incidentId, who, note).WaitAsync(cancellationToken));

    public async Task<Deviation?> ApproveDeviationAsync(string scopeId, string deviationId, string who, string note, CancellationToken cancellationToken) =>
        await Of(scopeId).ApproveDeviationAsync(deviationId, who, note).WaitAsync(cancellationToken) is { } packed ? JsonSerializer.Deserialize(packed, StoreJson.Default.Deviation) : null;

    public async Task<ExpandedView?> ExpandItemAsync(string scopeId, string key, string who, string note, CancellationToken cancellationToken) =>
        await Of(scopeId).ExpandItemAsync(key, who, note).WaitAsync(cancellationToken) is { } packed ? JsonSerializer.Deserialize(packed, StoreJson.Default.ExpandedView) : null;

    public async Task<BaselineItemView?> RemoveItemAsync(string scopeId, string kind, string key, string who, string reason, CancellationToken cancellationToken) =>
        await Of(scopeId).RemoveItemAsync(kind, key, who, reason).WaitAsync(cancellationToken) is { } packed ? JsonSerializer.Deserialize(packed, StoreJson.Default.BaselineItemView) : null;

    public async Task<IReadOnlyList<BaselineItemView>?> DecideItemsAsync(string scopeId, IReadOnlyList<ItemDecision> decisions, string who, string reason, CancellationToken cancellationToken)
    {
        var packed = JsonSerializer.SerializeToUtf8Bytes([.. decisions], StoreJson.Default.ItemDecisionArray);
        return await Of(scopeId).DecideItemsAsync(packed, who, reason).WaitAsync(cancellationToken) is { } changed ? JsonSerializer.Deserialize(changed, StoreJson.Default.BaselineItemViewArray) : null;
    }

    private IScopeGrain Of(string scopeId) => grains.GetGrain<IScopeGrain>(scopeId);

    private static Incident? Incident(byte[]? packed) => packed is null ? null : JsonSerializer.Deserialize(packed, StoreJson.Default.Incident);
}
