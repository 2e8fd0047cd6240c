namespace Runtime.Collector.Ingest;

/// <summary>Same bits as ResourceCounter in ingest.proto.</summary>
[Flags]
internal enum ResourceCounters
{
    None = 0,
    Cpu = 1,
    Throttling = 2,
    Memory = 4,
    HugePages = 8,
    Io = 16,
    Network = 32,
    Threads = 64,
}

/// <summary>One interval. A number whose bit in <see cref="Has"/> is not set means nothing.</summary>
internal readonly record struct ResourceSample
{
    /// <summary>End of the interval, the agent's wall clock.</summary>
    public required DateTimeOffset Time { get; init; }
    public required TimeSpan Interval { get; init; }
    public ResourceCounters Has { get; init; }
    public TimeSpan CpuUser { get; init; }
    public TimeSpan CpuSystem { get; init; }
    public TimeSpan Throttled { get; init; }

    /// <summary>What the quota allows in the interval; zero without a quota.</summary>
    public TimeSpan CpuLimit { get; init; }
    public uint Periods { get; init; }
    public uint ThrottledPeriods { get; init; }
    public ulong MemoryBytes { get; init; }
    public ulong HugePageBytes { get; init; }

    /// <summary>Bytes and packets: since the last sample of that container that has them.</summary>
    public ulong ReadBytes { get; init; }
    public ulong WrittenBytes { get; init; }
    public ulong ReceivedPackets { get; init; }
    public ulong SentPackets { get; init; }
    public uint Processes { get; init; }
    public uint Threads { get; init; }

    /// <summary>Of the observation's process, in the interval.</summary>
    public TimeSpan TopCpu { get; init; }

    /// <summary>Processors used, of all modes: 0.5 is half of one.</summary>
    public double Cores => Interval > TimeSpan.Zero ? (CpuUser + CpuSystem) / Interval : 0;
}

/// <summary>What a container used, or the whole node (<see cref="Observation.Container"/> null): some intervals in order, 12 of 10 s as the agent sends them.</summary>
/// <remarks>State, and never new. Its lineage is the busiest process alone; empty where none was busy.</remarks>
internal sealed record ResourceObservation : Observation
{
    public const int MaxSamples = 64;

    /// <summary>1 to <see cref="MaxSamples"/>.</summary>
    public required IReadOnlyList<ResourceSample> Samples { get; init; }
}
