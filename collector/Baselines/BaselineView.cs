namespace Runtime.Collector.Baselines;

/// <summary>Kind groups that lock apart.</summary>
internal enum KindGroup
{
    Process = 0,
    File = 1,
    Egress = 2,
    Listen = 3,

    /// <summary>What a container uses: a group of an incident's evidence. It has no items that are learnt, so a baseline has no such group.</summary>
    Resource = 4,
}

internal enum BaselineState
{
    Learning = 0,
    Provisional = 1,
    Locked = 2,
    LockedWeek = 3,
    Unstable = 4,
    Reopened = 5,
}

/// <summary>One kind group of a baseline, for people; fields as BaselineGroup in query.proto.</summary>
internal sealed record BaselineGroupView(
    KindGroup Group,
    BaselineState State,
    long Units,
    long Starts,
    long Items,
    long Singletons,
    long Doubletons,
    double PredictedNew,
    double Lambda,
    double Coverage,
    double Threshold,
    double QuietUnits,
    string WaitsFor)
{
    /// <summary>Of an unstable group the five prefixes with the most items of one unit only, the most first.</summary>
    public IReadOnlyList<ChurningPrefix> Churning { get; init; } = [];
}

/// <summary>Items that differ behind this prefix of their keys and were each seen in one unit only.</summary>
internal sealed record ChurningPrefix(string Prefix, int Items);

/// <summary>One learnt or pending item; fields as BaselineItem in query.proto.</summary>
internal sealed record BaselineItemView(
    string Kind,
    string Key,
    DateTimeOffset FirstSeen,
    DateTimeOffset LastSeen,
    ulong Count,
    int Units,
    int Starts,
    int Days,
    string State,
    string ApprovedBy,
    DateTimeOffset? ApprovedAt)
{
    /// <summary>Of a template: the names that it took in; 0 for an item with one name.</summary>
    public long Names { get; init; }

    /// <summary>Up to three of those that are kept.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    public string RemovedBy { get; init; } = "";
    public DateTimeOffset? RemovedAt { get; init; }
    public string RemovedReason { get; init; } = "";
}

/// <summary>A scope's baseline at one moment.</summary>
internal sealed record BaselineView(
    string ScopeId,
    DateTimeOffset FirstSeen,
    DateTimeOffset LastSeen,
    int Replicas,
    IReadOnlyList<string> Images,
    IReadOnlyList<BaselineGroupView> Groups,
    IReadOnlyList<BaselineItemView> Items)
{
    public Budget Budget { get; init; }

    /// <summary>Images that it ran, in order of first sight.</summary>
    public IReadOnlyList<ImageVersionView> Versions { get; init; } = [];
}

/// <summary>One image that a scope ran; fields as ImageVersion in query.proto.</summary>
internal sealed record ImageVersionView(string Name, string Digest, DateTimeOffset? FirstSeen, DateTimeOffset? LastSeen, int Replicas, int Starts, bool OnProbation);

/// <summary>A template that a person undid; fields as ExpandItemResponse in query.proto.</summary>
internal sealed record ExpandedView(string ScopeId, string Key, IReadOnlyList<BaselineItemView> Items, long Forgotten);
