using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Nodes;
using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Query;

/// <summary>One page, newest first.</summary>
/// <param name="NextPageToken">Opaque; empty when this is the last page.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string NextPageToken);

/// <summary>What to list. Null or empty means any.</summary>
/// <param name="PageSize">1 to 1000.</param>
/// <param name="Scope">A scope id or any part of one.</param>
/// <param name="Text">Substring of titles, keys, paths, arguments; case-insensitive.</param>
/// <param name="State">Incidents only: "open", "closed", "approved".</param>
internal sealed record ListFilter(
    int PageSize = 100,
    string PageToken = "",
    string Scope = "",
    string Kind = "",
    Severity MinSeverity = Severity.Unspecified,
    DateTimeOffset? Since = null,
    DateTimeOffset? Until = null,
    string Text = "",
    string State = "");

/// <summary>One scope as the store knows it.</summary>
internal sealed record ScopeSummary(string ScopeId, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, int Replicas, IReadOnlyList<string> Images, long OpenIncidents);

/// <summary>One content of one reference.</summary>
/// <param name="Digest">Empty while no runtime told.</param>
/// <param name="Replicas">Seen in the last day.</param>
/// <param name="ScopeIds">The first of <paramref name="Deployments"/>, by id.</param>
/// <param name="NodeNames">The first of <paramref name="Nodes"/>, by name.</param>
internal sealed record ImageSummary(
    string Reference, string Digest, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, int Replicas, int Deployments, IReadOnlyList<string> ScopeIds, int Nodes, IReadOnlyList<string> NodeNames)
{
    /// <summary>When it was built, as it says itself; null while no agent told.</summary>
    public DateTimeOffset? Created { get; init; }
}

/// <summary>One agent as the store knows it.</summary>
internal sealed record StoredAgent(
    string AgentId, string Cluster, string Node, string Version, string KernelRelease, DateTimeOffset LastSeen, ulong LastSequence)
{
    /// <summary>Zero: it makes no probes of its sight.</summary>
    public TimeSpan ProbeInterval { get; init; }

    /// <summary>Ended its stream in order and has not come back.</summary>
    public bool IsStopped { get; init; }

    /// <summary>By kind and reason, since the agent is known.</summary>
    public IReadOnlyList<StoredLoss> Losses { get; init; } = [];

    public ulong Lost => Losses.Aggregate(0UL, (sum, loss) => sum + loss.Count);
}

/// <summary>Facts that an agent saw and that are gone.</summary>
internal sealed record StoredLoss(string Kind, string Reason, ulong Count, DateTimeOffset First, DateTimeOffset Last);

/// <param name="Outbox">What waits, by notifier; also for those that the settings have no more.</param>
internal sealed record StoreFigures(long Events, long EventsWaiting, IReadOnlyList<WaitingMessages> Outbox, long OpenIncidents, long Scopes, long StoreBytes)
{
    public long OutboxWaiting => Outbox.Sum(messages => messages.Count);
}

/// <summary>State of one notification of one incident.</summary>
internal sealed record DeliveryView(string Notifier, string State, int Attempts, DateTimeOffset Time, string Answer);

/// <param name="Last">When the last daily digest was made, also one that had nothing to tell; null before the first.</param>
/// <param name="Digests">One for each cluster that has something, by name.</param>
internal sealed record CurrentDigests(DateTimeOffset? Last, IReadOnlyList<Digest> Digests);

/// <summary>Reading side of the store. Any thread; every method answers from committed data.</summary>
internal interface IQueryStore
{
    Task<StoreFigures> GetFiguresAsync(CancellationToken cancellationToken);
    Task<IReadOnlyList<StoredAgent>> ListAgentsAsync(CancellationToken cancellationToken);
    Task<Page<ScopeSummary>> ListScopesAsync(ListFilter filter, CancellationToken cancellationToken);

    /// <summary>By reference, then digest. Text: a part of either; since: first seen from then on.</summary>
    Task<Page<ImageSummary>> ListImagesAsync(ListFilter filter, CancellationToken cancellationToken);

    /// <summary>Scope ids that are equal to or contain <paramref name="part"/>, at most 10; an exact match comes alone.</summary>
    Task<IReadOnlyList<string>> FindScopesAsync(string part, CancellationToken cancellationToken);
    Task<Page<Deviation>> ListDeviationsAsync(ListFilter filter, CancellationToken cancellationToken);
    Task<Page<Incident>> ListIncidentsAsync(ListFilter filter, CancellationToken cancellationToken);

    /// <summary>Incidents whose id begins with <paramref name="idPrefix"/>, at most 3.</summary>
    Task<IReadOnlyList<Incident>> FindIncidentsAsync(string idPrefix, CancellationToken cancellationToken);
    Task<IReadOnlyList<Deviation>> FindDeviationsAsync(string idPrefix, CancellationToken cancellationToken);
    Task<IReadOnlyList<Deviation>> ListIncidentDeviationsAsync(string incidentId, CancellationToken cancellationToken);
    Task<IReadOnlyList<DeliveryView>> ListDeliveriesAsync(string incidentId, CancellationToken cancellationToken);

    /// <summary>Of what did not alert and is worth a look: what the last daily digest had and what came since; or all that was seen since then, told or not.</summary>
    Task<CurrentDigests> GetDigestsAsync(DateTimeOffset? since, CancellationToken cancellationToken);
    Task<Page<Observation>> ListEventsAsync(ListFilter filter, CancellationToken cancellationToken);

    /// <summary>Observations with a log id above <paramref name="afterId"/>, oldest first, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<Observation>> ReadEventsAfterAsync(long afterId, ListFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>Completes when something was committed to the log after <paramref name="afterId"/>; answers the newest id.</summary>
    Task<long> WaitForEventsAsync(long afterId, CancellationToken cancellationToken);
}

/// <summary>What the agents' probes of their own sight showed, for status.</summary>
internal interface INodeSight
{
    /// <returns>Empty for an agent that makes no probes, or was not heard of since the collector started.</returns>
    IReadOnlyList<SightView> View(string agentId);
}

/// <summary>The agents' streams that are open now, for status.</summary>
internal interface IAgentDirectory
{
    bool IsConnected(string agentId);

    /// <summary>The newest AgentStatus of an agent; null when none came since the collector started.</summary>
    global::Runtime.V1.AgentStatus? LastStatus(string agentId);
}
