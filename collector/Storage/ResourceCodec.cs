using Runtime.Collector.Ingest;

namespace Runtime.Collector.Storage;

/// <summary>
/// The samples of a resource observation within its row: their number, then for each the bits of what it has and what changes between samples, as
/// varints; the first one's time follows from the observation's end, which stands before. Times to 100 ns.
/// </summary>
internal static class ResourceCodec
{
    public static void Write(ref PackedWriter writer, ResourceObservation resource)
    {
        writer.Number((ulong)resource.Samples.Count);
        var before = resource.First;
        foreach (var sample in resource.Samples)
        {
            writer.Number((ulong)sample.Has);
            writer.Number((ulong)(sample.Time - before).Ticks);
            writer.Number((ulong)sample.Interval.Ticks);
            writer.Number((ulong)sample.CpuUser.Ticks);
            writer.Number((ulong)sample.CpuSystem.Ticks);
            writer.Number((ulong)sample.CpuLimit.Ticks);
            writer.Number((ulong)sample.TopCpu.Ticks);
            if (sample.Has.HasFlag(ResourceCounters.Throttling))
            {
                writer.Number((ulong)sample.Throttled.Ticks);
                writer.Number(sample.Periods);
                writer.Number(sample.ThrottledPeriods);
            }

            if (sample.Has.HasFlag(ResourceCounters.Memory))
            {
                writer.Number(sample.MemoryBytes);
            }

            if (sample.Has.HasFlag(ResourceCounters.HugePages))
            {
                writer.Number(sample.HugePageBytes);
            }

            if (sample.Has.HasFlag(ResourceCounters.Io))
            {
                writer.Number(sample.ReadBytes);
                writer.Number(sample.WrittenBytes);
            }

            if (sample.Has.HasFlag(ResourceCounters.Network))
            {
                writer.Number(sample.ReceivedPackets);
                writer.Number(sample.SentPackets);
            }

            if (sample.Has.HasFlag(ResourceCounters.Threads))
            {
                writer.Number(sample.Processes);
                writer.Number(sample.Threads);
            }

            before = sample.Time;
        }
    }

    /// <param name="first">Of the observation.</param>
    /// <exception cref="InvalidDataException">Not written by <see cref="Write"/>.</exception>
    public static IReadOnlyList<ResourceSample> Read(ref PackedReader reader, DateTimeOffset first)
    {
        var samples = new ResourceSample[reader.Length()];
        var before = first;
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = Read(ref reader, (ResourceCounters)reader.Number(), before);
            before = samples[i].Time;
        }

        return samples;
    }

    private static ResourceSample Read(ref PackedReader reader, ResourceCounters has, DateTimeOffset before)
    {
        var sample = new ResourceSample
        {
            Has = has, Time = Later(before, reader.Span()), Interval = reader.Span(), CpuUser = reader.Span(), CpuSystem = reader.Span(), CpuLimit = reader.Span(), TopCpu = reader.Span(),
        };
        if (has.HasFlag(ResourceCounters.Throttling))
        {
            sample = sample with { Throttled = reader.Span(), Periods = (uint)reader.Number(), ThrottledPeriods = (uint)reader.Number() };
        }

        if (has.HasFlag(ResourceCounters.Memory))
        {
            sample = sample with { MemoryBytes = reader.Number() };
        }

        if (has.HasFlag(ResourceCounters.HugePages))
        {
            sample = sample with { HugePageBytes = reader.Number() };
        }

        if (has.HasFlag(ResourceCounters.Io))
        {
            sample = sample with { ReadBytes = reader.Number(), WrittenBytes = reader.Number() };
        }

        if (has.HasFlag(ResourceCounters.Network))
        {
            sample = sample with { ReceivedPackets = reader.Number(), SentPackets = reader.Number() };
        }

        return has.HasFlag(ResourceCounters.Threads) ? sample with { Processes = (uint)reader.Number(), Threads = (uint)reader.Number() } : sample;
    }

    private static DateTimeOffset Later(DateTimeOffset before, TimeSpan span) =>
        span >= TimeSpan.Zero && span <= DateTimeOffset.MaxValue - before ? before + span : throw new InvalidDataException("a sample's time is beyond all dates");
}
