namespace Runtime.Agent.Resources;

/// <summary>Same bits as ResourceCounter in ingest.proto.</summary>
[Flags]
internal enum ResourceCounters : uint
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

/// <summary>What a container used in one interval. A number whose bit in <see cref="Has"/> is not set means nothing.</summary>
internal readonly record struct ResourceSample
{
    /// <summary>End of the interval, CLOCK_BOOTTIME nanoseconds.</summary>
    public required ulong TimeBootNs { get; init; }
    public required ulong IntervalNs { get; init; }
    public ResourceCounters Has { get; init; }
    public ulong CpuUserNs { get; init; }
    public ulong CpuSystemNs { get; init; }
    public ulong ThrottledNs { get; init; }

    /// <summary>What the quota allows in the interval; 0 without a quota.</summary>
    public ulong CpuLimitNs { get; init; }
    public uint Periods { get; init; }
    public uint ThrottledPeriods { get; init; }
    public ulong MemoryBytes { get; init; }
    public ulong HugePageBytes { get; init; }

    /// <summary>Bytes and packets: since the last sample that has them.</summary>
    public ulong ReadBytes { get; init; }
    public ulong WrittenBytes { get; init; }
    public ulong ReceivedPackets { get; init; }
    public ulong SentPackets { get; init; }
    public uint Processes { get; init; }
    public uint Threads { get; init; }

    /// <summary>Of the window's busiest process.</summary>
    public ulong TopCpuNs { get; init; }
}

/// <summary>The samples of one container, in order; of the whole node where <see cref="Container"/> is null.</summary>
/// <param name="TopPid">The process that used most of the processor; 0 when none was looked for.</param>
/// <param name="TopStartTicks">Its start in USER_HZ.</param>
internal sealed record ResourceWindow(Containers.ContainerRecord? Container, IReadOnlyList<ResourceSample> Samples, uint TopPid, ulong TopStartTicks);
