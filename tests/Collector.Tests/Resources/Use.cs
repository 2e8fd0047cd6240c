using Runtime.Collector.Ingest;

namespace Runtime.Collector.Tests.Resources;

/// <summary>What a container uses, as the agent tells it: twelve samples of ten seconds, all but the processor with every sixth.</summary>
internal sealed record Use
{
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>By sample.</summary>
    public required Func<int, double> Cores { get; init; }
    public double UserShare { get; init; } = 0.9;

    /// <summary>A second; null on the host's network.</summary>
    public double? Packets { get; init; } = 100;

    /// <summary>Cores; 0 without a quota.</summary>
    public double Limit { get; init; }
    public double ThrottledShare { get; init; }
    public double MemoryMiB { get; init; } = 50;
    public double HugePagesMiB { get; init; }

    /// <summary>Of the cores, by the busiest process.</summary>
    public double TopShare { get; init; } = 1;

    public static Use Of(double cores) => new() { Cores = _ => cores };

    public ResourceSample Sample(DateTimeOffset start, int i)
    {
        var isFull = i % 6 == 5;
        var used = Interval * Cores(i);
        return new()
        {
            Time = start + (Interval * (i + 1)), Interval = Interval,
            Has = ResourceCounters.Cpu | (Limit > 0 ? ResourceCounters.Throttling : 0)
                | (isFull ? ResourceCounters.Memory | ResourceCounters.HugePages | ResourceCounters.Io | ResourceCounters.Threads | (Packets is null ? 0 : ResourceCounters.Network) : 0),
            CpuUser = used * UserShare, CpuSystem = used - (used * UserShare), TopCpu = used * TopShare,
            CpuLimit = Interval * Limit, Periods = Limit > 0 ? 100u : 0, ThrottledPeriods = (uint)(Limit > 0 ? 100 * ThrottledShare : 0),
            MemoryBytes = isFull ? (ulong)(MemoryMiB * (1 << 20)) : 0, HugePageBytes = isFull ? (ulong)(HugePagesMiB * (1 << 20)) : 0,
            ReceivedPackets = isFull && Packets is { } packets ? (ulong)(packets * 6 * Interval.TotalSeconds) : 0, Threads = isFull ? 8u : 0, Processes = isFull ? 2u : 0,
        };
    }

    /// <param name="busiest">Lineage of one; empty when none was looked for.</param>
    /// <param name="from">Number of its first sample: what goes on keeps its pace over several observations.</param>
    public ResourceObservation Observation(ObservationBuilder builder, ContainerInfo container, IReadOnlyList<ProcessInfo> busiest, int from = 0, int count = 12)
    {
        var start = builder.Now;
        var samples = new ResourceSample[count];
        for (var i = 0; i < count; i++)
        {
            samples[i] = Sample(start - (Interval * from), from + i);
        }

        return builder.Resources(container, busiest, samples);
    }
}
