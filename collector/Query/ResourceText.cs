using System.Globalization;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Query;

/// <summary>What a container used, in words and numbers.</summary>
internal static class ResourceText
{
    // cpu 0.42 cores (user 97 %), throttled 12 % of periods, memory 210 MiB, 12 processes, 40 threads, 31 packets/s over 120 s; most by /usr/bin/app, 0.40 cores
    public static string Summary(ResourceObservation resource)
    {
        var sums = new Sums(resource);
        List<string> words = [string.Create(CultureInfo.InvariantCulture, $"cpu {sums.Cores:0.00} cores") + (sums.Cores >= 0.005 ? string.Create(CultureInfo.InvariantCulture, $" (user {100 * sums.UserShare:0} %)") : "")];
        if (sums.ThrottledShare > 0)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"throttled in {100 * sums.ThrottledShare:0} % of periods"));
        }

        if (Last(resource, ResourceCounters.Memory) is { } memory)
        {
            words.Add($"memory {memory.MemoryBytes >> 20} MiB");
        }

        if (Last(resource, ResourceCounters.HugePages) is { HugePageBytes: > 0 } huge)
        {
            words.Add($"huge pages {huge.HugePageBytes >> 20} MiB");
        }

        if (Last(resource, ResourceCounters.Threads) is { } threads)
        {
            words.Add($"{threads.Processes} processes, {threads.Threads} threads");
        }

        if (sums.HasPackets)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{sums.Packets / sums.Seconds:0.#} packets/s"));
        }

        var top = resource.Lineage.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"; most by {resource.Process.Binary}, {sums.TopCores:0.00} cores") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{(resource.Container is null ? "node: " : "")}{string.Join(", ", words)} over {sums.Seconds:0} s{top}");
    }

    public static IEnumerable<KeyValuePair<string, string>> Details(ResourceObservation resource)
    {
        var sums = new Sums(resource);
        yield return new("cores", Number(sums.Cores));
        yield return new("cores_min", Number(resource.Samples.Min(sample => sample.Cores)));
        yield return new("cores_max", Number(resource.Samples.Max(sample => sample.Cores)));
        yield return new("user_share", Number(sums.UserShare));
        if (sums.ThrottledShare > 0)
        {
            yield return new("throttled_share", Number(sums.ThrottledShare));
        }

        if (resource.Samples[^1].CpuLimit > TimeSpan.Zero)
        {
            yield return new("limit_cores", Number(resource.Samples[^1].CpuLimit / resource.Samples[^1].Interval));
        }

        if (Last(resource, ResourceCounters.Memory) is { } memory)
        {
            yield return new("memory_bytes", memory.MemoryBytes.ToString(CultureInfo.InvariantCulture));
        }

        if (Last(resource, ResourceCounters.HugePages) is { HugePageBytes: > 0 } huge)
        {
            yield return new("huge_page_bytes", huge.HugePageBytes.ToString(CultureInfo.InvariantCulture));
        }

        if (resource.Samples.Any(sample => sample.Has.HasFlag(ResourceCounters.Io)))
        {
            yield return new("read_bytes", Sum(resource, sample => sample.ReadBytes));
            yield return new("written_bytes", Sum(resource, sample => sample.WrittenBytes));
        }

        if (sums.HasPackets)
        {
            yield return new("received_packets", Sum(resource, sample => sample.ReceivedPackets));
            yield return new("sent_packets", Sum(resource, sample => sample.SentPackets));
        }

        if (Last(resource, ResourceCounters.Threads) is { } threads)
        {
            yield return new("processes", threads.Processes.ToString(CultureInfo.InvariantCulture));
            yield return new("threads", threads.Threads.ToString(CultureInfo.InvariantCulture));
        }

        if (resource.Lineage.Count > 0)
        {
            yield return new("top_cores", Number(sums.TopCores));
        }

        yield return new("cores_samples", string.Join(' ', resource.Samples.Select(sample => Number(sample.Cores))));
    }

    private static ResourceSample? Last(ResourceObservation resource, ResourceCounters counter)
    {
        foreach (var sample in resource.Samples.Reverse())
        {
            if (sample.Has.HasFlag(counter))
            {
                return sample;
            }
        }

        return null;
    }

    private static string Sum(ResourceObservation resource, Func<ResourceSample, ulong> of) =>
        resource.Samples.Aggregate((UInt128)0, (sum, sample) => sum + of(sample)).ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private readonly struct Sums
    {
        public Sums(ResourceObservation resource)
        {
            double user = 0, all = 0, top = 0, periods = 0, throttled = 0;
            foreach (var sample in resource.Samples)
            {
                Seconds += sample.Interval.TotalSeconds;
                user += sample.CpuUser.TotalSeconds;
                all += (sample.CpuUser + sample.CpuSystem).TotalSeconds;
                top += sample.TopCpu.TotalSeconds;
                periods += sample.Periods;
                throttled += sample.ThrottledPeriods;
                Packets += (double)sample.ReceivedPackets + sample.SentPackets;
                HasPackets |= sample.Has.HasFlag(ResourceCounters.Network);
            }

            (Cores, TopCores) = (all / Seconds, top / Seconds);
            UserShare = all > 0 ? user / all : 0;
            ThrottledShare = periods > 0 ? throttled / periods : 0;
        }

        public double Seconds { get; }
        public double Cores { get; }
        public double TopCores { get; }
        public double UserShare { get; }
        public double ThrottledShare { get; }
        public double Packets { get; }
        public bool HasPackets { get; }
    }
}
