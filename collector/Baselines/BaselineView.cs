namespace Runtime.Collector.Baselines;

/// <summary>Kind groups that lock apart.</summary>
internal enum KindGroup
{
    Process = 0,
    File = 1,
    Egress = 2,
    Listen = 3,
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
    string WaitsFor);

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
}
