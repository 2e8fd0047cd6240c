using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Nodes;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;
using Runtime.V1;
using AuditEntry = Runtime.Collector.Incidents.AuditEntry;
using Deviation = Runtime.Collector.Detection.Deviation;
using Incident = Runtime.Collector.Incidents.Incident;
using ItemDecision = Runtime.Collector.Baselines.ItemDecision;

namespace Runtime.Collector.Tests.Query;

/// <summary>Store, scopes and agents in memory, with the same filters as the contract names. Any thread.</summary>
internal sealed partial class FakeStore : IQueryStore, ISearchStore, IReplayStore, IScopeDirectory, IAgentDirectory, INodeSight, INotifierTest
{
    private readonly Lock _lock = new();
    private readonly List<Observation> _log = [];
    private TaskCompletionSource _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<ScopeSummary> Scopes { get; } = [];
    public List<ImageSummary> Images { get; } = [];
    public List<Deviation> Deviations { get; } = [];
    public List<Incident> Incidents { get; } = [];
    public List<StoredAgent> Agents { get; } = [];
    public Dictionary<string, IReadOnlyList<SightView>> Sight { get; } = [];
    public List<DeliveryView> Deliveries { get; } = [];
    public FakeAlerts Alerts { get; } = new();
    public List<WaitingMessages> Outbox { get; } = [new("ops", 1)];
    public Dictionary<string, NotifierTest> Notifiers { get; } = [];
    public Dictionary<string, AgentStatus> Statuses { get; } = [];
    public Exception? Fault { get; set; }
    public CurrentDigests Digests { get; set; } = new(null, []);

    /// <summary>What the last question for digests named.</summary>
    public DateTimeOffset? DigestsSince { get; private set; }

    /// <summary>By scope id; the sample's for scopes that are not here.</summary>
    public Dictionary<string, BaselineView> Baselines { get; } = [];
    public List<(string Scope, string Key, string Who, string Note)> Expanded { get; } = [];

    public void Append(params Observation[] observations)
    {
        lock (_lock)
        {
            foreach (var observation in observations)
            {
                _log.Add(observation with { Id = _log.Count + 1 });
            }

            _appended.SetResult();
            _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public IReadOnlyList<string> Names => [.. Notifiers.Keys];

    public Task<StoreFigures> GetFiguresAsync(CancellationToken cancellationToken) => Fault is { } fault
        ? Task.FromException<StoreFigures>(fault)
        : Task.FromResult(new StoreFigures(_log.Count, 3, [.. Outbox], Incidents.Count(incident => incident.State == IncidentState.Open), Scopes.Count, 4096));

    public Task<IReadOnlyList<StoredAgent>> ListAgentsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<StoredAgent>>(Agents);

    public Task<Page<ScopeSummary>> ListScopesAsync(ListFilter filter, CancellationToken cancellationToken) =>
        Page(Scopes.Where(scope => scope.ScopeId.Contains(filter.Scope, StringComparison.OrdinalIgnoreCase) && scope.ScopeId.Contains(filter.Text, StringComparison.OrdinalIgnoreCase)), filter);

    public Task<Page<ImageSummary>> ListImagesAsync(ListFilter filter, CancellationToken cancellationToken) =>
        Page(Images.Where(image => image.Reference.Contains(filter.Text, StringComparison.OrdinalIgnoreCase) && image.FirstSeen >= (filter.Since ?? DateTimeOffset.MinValue)), filter);

    public Task<IReadOnlyList<string>> FindScopesAsync(string part, CancellationToken cancellationToken)
    {
        var ids = Scopes.Select(scope => scope.ScopeId).ToList();
        return Task.FromResult<IReadOnlyList<string>>(ids.Contains(part) ? [part] : [.. ids.Where(id => id.Contains(part, StringComparison.Ordinal)).Take(10)]);
    }

    public Task<Page<Deviation>> ListDeviationsAsync(ListFilter filter, CancellationToken cancellationToken) => Page(Deviations.Where(deviation =>
        deviation.ScopeId.Contains(filter.Scope, StringComparison.Ordinal) && (filter.Kind.Length == 0 || deviation.Kind == filter.Kind)
        && deviation.Severity >= filter.MinSeverity && In(deviation.Time, filter) && (deviation.Title + deviation.Key).Contains(filter.Text, StringComparison.OrdinalIgnoreCase)), filter);

    public Task<Page<Incident>> ListIncidentsAsync(ListFilter filter, CancellationToken cancellationToken) => Page(Incidents.Where(incident =>
        incident.ScopeId.Contains(filter.Scope, StringComparison.Ordinal) && incident.Severity >= filter.MinSeverity && In(incident.FirstSeen, filter)
        && incident.Title.Contains(filter.Text, StringComparison.OrdinalIgnoreCase)
        && (filter.State.Length == 0 || string.Equals(incident.State.ToString(), filter.State, StringComparison.OrdinalIgnoreCase))), filter);

    public Task<IReadOnlyList<Incident>> FindIncidentsAsync(string idPrefix, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Incident>>([.. Incidents.Where(incident => incident.Id.StartsWith(idPrefix, StringComparison.Ordinal)).Take(3)]);

    public Task<IReadOnlyList<Deviation>> FindDeviationsAsync(string idPrefix, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Deviation>>([.. Deviations.Where(deviation => deviation.Id.StartsWith(idPrefix, StringComparison.Ordinal)).Take(3)]);

    public Task<IReadOnlyList<Deviation>> ListIncidentDeviationsAsync(string incidentId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Deviation>>([.. Deviations.Where(deviation => deviation.IncidentId == incidentId)]);

    public Task<IReadOnlyList<DeliveryView>> ListDeliveriesAsync(string incidentId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DeliveryView>>(Deliveries);

    public Task<CurrentDigests> GetDigestsAsync(DateTimeOffset? since, CancellationToken cancellationToken)
    {
        DigestsSince = since;
        return Task.FromResult(Digests);
    }

    public Task<Page<Observation>> ListEventsAsync(ListFilter filter, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Page(_log.Where(observation => Match(observation, filter)).Reverse().ToList(), filter);
        }
    }

    public Task<IReadOnlyList<Observation>> ReadEventsAfterAsync(long afterId, ListFilter filter, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<Observation>>([.. _log.Where(observation => observation.Id > afterId && Match(observation, filter)).Take(limit)]);
        }
    }

    public async Task<long> WaitForEventsAsync(long afterId, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task appended;
            lock (_lock)
            {
                if (_log.Count > afterId)
                {
                    return _log.Count;
                }

                appended = _appended.Task;
            }

            await appended.WaitAsync(cancellationToken);
        }
    }

    public Task ApplyAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Beside those of the sample.</summary>
    public List<BaselineItemView> MoreItems { get; } = [];

    public Task<BaselineView?> GetBaselineAsync(string scopeId, CancellationToken cancellationToken) =>
        Task.FromResult(Scopes.Exists(scope => scope.ScopeId == scopeId) ? Baselines.GetValueOrDefault(scopeId) ?? BaselineOf(scopeId) : null);

    public Task<Incident?> CloseIncidentAsync(string scopeId, string incidentId, string verdict, string who, string note, CancellationToken cancellationToken) =>
        Task.FromResult(Change(incidentId, IncidentState.Closed, new(Sample.Noon, who, "close " + verdict, note)));

    public Task<Incident?> ApproveIncidentAsync(string scopeId, string incidentId, string who, string note, CancellationToken cancellationToken) =>
        Task.FromResult(Change(incidentId, IncidentState.Approved, new(Sample.Noon, who, "approve", note)));

    public Task<Deviation?> ApproveDeviationAsync(string scopeId, string deviationId, string who, string note, CancellationToken cancellationToken)
    {
        var index = Deviations.FindIndex(deviation => deviation.Id == deviationId);
        return Task.FromResult(index < 0 ? null : Deviations[index] = Deviations[index] with { State = DeviationState.Approved });
    }

    public Task<ExpandedView?> ExpandItemAsync(string scopeId, string key, string who, string note, CancellationToken cancellationToken)
    {
        if (Baselines.GetValueOrDefault(scopeId)?.Items.FirstOrDefault(item => item.Key == key && item.Names > 0) is not { } item)
        {
            return Task.FromResult<ExpandedView?>(null);
        }

        Expanded.Add((scopeId, key, who, note));
        var items = item.Examples.Select(name => item with { Key = "/usr/sbin/nginx|create|/var/cache/" + name + "|other", Names = 0, Examples = [] }).ToList();
        return Task.FromResult<ExpandedView?>(new ExpandedView(scopeId, key, items, item.Names - items.Count));
    }

    /// <summary>What was asked to be removed; the baseline stays as it is.</summary>
    public List<(string ScopeId, string Kind, string Key, string Who, string Reason)> Removals { get; } = [];

    public Task<BaselineItemView?> RemoveItemAsync(string scopeId, string kind, string key, string who, string reason, CancellationToken cancellationToken)
    {
        Removals.Add((scopeId, kind, key, who, reason));
        var item = BaselineOf(scopeId).Items.FirstOrDefault(item => item.Kind == kind && item.Key == key);
        return Task.FromResult(item is null ? null : item with { State = "removed", RemovedBy = who, RemovedAt = Sample.Noon, RemovedReason = reason });
    }

    /// <summary>What was decided, batch by batch; the baseline stays as it is.</summary>
    public List<(string ScopeId, IReadOnlyList<ItemDecision> Decisions, string Who, string Reason)> Decided { get; } = [];

    public Task<IReadOnlyList<BaselineItemView>?> DecideItemsAsync(string scopeId, IReadOnlyList<ItemDecision> decisions, string who, string reason, CancellationToken cancellationToken)
    {
        Decided.Add((scopeId, decisions, who, reason));
        return Task.FromResult<IReadOnlyList<BaselineItemView>?>([.. decisions.Select(decision => Sample.Item(decision.Kind, decision.Key) with { State = decision.IsApproved ? "approved" : "removed" })]);
    }

    private BaselineView BaselineOf(string scopeId)
    {
        var sample = Sample.Baseline(Runtime.Collector.Inventory.Scope.Parse(scopeId));
        return sample with { Items = [.. sample.Items, .. MoreItems] };
    }

    public bool IsConnected(string agentId) => Statuses.ContainsKey(agentId);

    public IReadOnlyList<SightView> View(string agentId) => Sight.GetValueOrDefault(agentId) ?? [];

    public AgentStatus? LastStatus(string agentId) => Statuses.GetValueOrDefault(agentId);

    public Task<NotifierTest?> TestAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Notifiers.GetValueOrDefault(name));

    private Incident? Change(string id, IncidentState state, AuditEntry entry)
    {
        var index = Incidents.FindIndex(incident => incident.Id == id);
        return index < 0 ? null : Incidents[index] = Incidents[index] with { State = state, Audit = [.. Incidents[index].Audit, entry] };
    }

    private static bool Match(Observation observation, ListFilter filter) =>
        observation.Scope.Id.Contains(filter.Scope, StringComparison.Ordinal) && (filter.Kind.Length == 0 || EventText.Kind(observation) == filter.Kind)
        && In(observation.First, filter) && EventText.Summary(observation).Contains(filter.Text, StringComparison.OrdinalIgnoreCase);

    private static bool In(DateTimeOffset time, ListFilter filter) => time >= (filter.Since ?? DateTimeOffset.MinValue) && time <= (filter.Until ?? DateTimeOffset.MaxValue);

    private static Task<Page<T>> Page<T>(IEnumerable<T> all, ListFilter filter)
    {
        var start = filter.PageToken.Length == 0 ? 0 : int.Parse(filter.PageToken, null);
        var items = all.Skip(start).Take(filter.PageSize + 1).ToList();
        return Task.FromResult(new Page<T>([.. items.Take(filter.PageSize)], items.Count > filter.PageSize ? $"{start + filter.PageSize}" : ""));
    }
}
