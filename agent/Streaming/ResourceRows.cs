using Runtime.Agent.Reduction;
using Runtime.Agent.Resources;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>Rows of a batch's resource table: one for each sample, those of one fact side by side.</summary>
internal static class ResourceRows
{
    /// <param name="relative">Wall clock to the batch's base.</param>
    public static void Add(ResourceColumns table, ResourceFact fact, uint container, uint process, Func<long, long> relative)
    {
        var lastBootNs = fact.Samples[^1].TimeBootNs;
        foreach (var sample in fact.Samples)
            Add(table, sample, container, process, relative(fact.LastUnixNs - (long)(lastBootNs - sample.TimeBootNs)));
    }

    private static void Add(ResourceColumns table, in ResourceSample sample, uint container, uint process, long time)
    {
        table.Time.Add(time);
        table.Container.Add(container);
        table.IntervalNs.Add(sample.IntervalNs);
        table.Has.Add((uint)sample.Has);
        table.CpuUserNs.Add(sample.CpuUserNs);
        table.CpuSystemNs.Add(sample.CpuSystemNs);
        table.ThrottledNs.Add(sample.ThrottledNs);
        table.CpuLimitNs.Add(sample.CpuLimitNs);
        table.MemoryBytes.Add(sample.MemoryBytes);
        table.HugePageBytes.Add(sample.HugePageBytes);
        table.ReadBytes.Add(sample.ReadBytes);
        table.WrittenBytes.Add(sample.WrittenBytes);
        table.ReceivedPackets.Add(sample.ReceivedPackets);
        table.SentPackets.Add(sample.SentPackets);
        table.Processes.Add(sample.Processes);
        table.Threads.Add(sample.Threads);
        table.Periods.Add(sample.Periods);
        table.ThrottledPeriods.Add(sample.ThrottledPeriods);
        table.TopProcess.Add(process);
        table.TopCpuNs.Add(sample.TopCpuNs);
    }
}
