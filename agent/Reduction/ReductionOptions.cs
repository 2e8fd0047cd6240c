namespace Runtime.Agent.Reduction;

/// <summary>How much of what was seen before leaves the node, and how much is remembered.</summary>
internal sealed record ReductionOptions
{
    /// <summary>Repeats of a known behaviour are reported so long after the first of them. At most one unit of the collector's baselines. 50 ms to 1 hour.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Behaviours remembered for each container; when full, the one seen longest ago goes, and is new when it comes again. 64 to 65 536.</summary>
    public int MaxKeys { get; init; } = 4096;

    /// <summary>Behaviours remembered for all containers together, about 0.6 kB each. <see cref="MaxKeys"/> to 4 194 304.</summary>
    public int MaxKeysTotal { get; init; } = 65_536;

    /// <summary>Facts of a container wait so long for its name, pod and image. Then they go out without. 0 to 1 minute.</summary>
    public TimeSpan MetadataWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Facts that wait for one container's metadata; when full, all of them go out as they are. 16 to 65 536.</summary>
    public int MaxWaiting { get; init; } = 1024;
}
