using Runtime.Agent.Containers;

namespace Runtime.Agent.Resources;

/// <summary>One container's counters as last read, and the samples of its window so far.</summary>
/// <param name="container">As known when the meter was made; the sampler replaces it.</param>
internal sealed class ContainerMeter(CgroupMounts mounts, ContainerRecord container)
{
    /// <summary>Samples that leave together: what one verdict of the processor's floor looks at, two minutes at the default interval.</summary>
    public const int WindowSamples = 12;

    /// <summary>All but the processor is read once in so many samples.</summary>
    private const int SlowEvery = 6;

    /// <summary>Share of one processor, in billionths, from which the busiest process is looked for.</summary>
    private const ulong BusyShare = 100_000_000;

    private readonly CgroupFiles _files = new(mounts, container.CgroupPath);
    private readonly List<ResourceSample> _samples = new(WindowSamples);
    private ulong _lastBootNs;
    private CpuCounters _cpu;
    private ThrottleCounters? _throttle;
    private ulong _quota;
    private IoCounters? _io;
    private (uint Namespace, PacketCounters Counters)? _packets;
    private TopProcesses? _top;

    // The first window is shorter, by the id: containers that were there at the start do not all report at once.
    private int _left = 1 + (int)((uint)string.GetHashCode(container.Id, StringComparison.Ordinal) % WindowSamples);

    public ContainerRecord Container { get; set; } = container;

    /// <summary>The round in which it was last wanted.</summary>
    public long Round { get; set; }

    /// <returns>A window that is full, or that ends because the container does; null else.</returns>
    public ResourceWindow? Sample(ResourceReader reader, ulong nowBootNs)
    {
        var isFirst = _lastBootNs == 0;
        // Before the processor: whether there is a quota decides if its throttling is read.
        if (isFirst)
            Slow(reader, default, isFirst: true);
        if (!_files.TryReadCpu(reader.File, _quota != 0, out var cpu, out var throttle))
            return Flush();
        if (isFirst)
        {
            (_lastBootNs, _cpu, _throttle) = (nowBootNs, cpu, throttle);
            return null;
        }
        var interval = nowBootNs - _lastBootNs;
        var sample = new ResourceSample
        {
            TimeBootNs = nowBootNs,
            IntervalNs = interval,
            Has = ResourceCounters.Cpu | (throttle is null || _throttle is null ? 0 : ResourceCounters.Throttling),
            CpuUserNs = Since(_cpu.UserNs, cpu.UserNs),
            CpuSystemNs = Since(_cpu.SystemNs, cpu.SystemNs),
            CpuLimitNs = (ulong)((UInt128)_quota * interval / 1_000_000_000),
        };
        if (throttle is { } t && _throttle is { } before)
            sample = sample with { ThrottledNs = Since(before.ThrottledNs, t.ThrottledNs), Periods = (uint)Since(before.Periods, t.Periods), ThrottledPeriods = (uint)Since(before.Throttled, t.Throttled) };
        (_lastBootNs, _cpu, _throttle) = (nowBootNs, cpu, throttle);
        if (--_left % SlowEvery == 0)
            sample = Slow(reader, sample, isFirst: false);
        if (sample.CpuUserNs + sample.CpuSystemNs >= (ulong)((UInt128)interval * BusyShare / 1_000_000_000))
            LookForTop(reader);
        _samples.Add(sample);
        return _left == 0 ? Flush() : null;
    }

    /// <returns>Null without a sample.</returns>
    public ResourceWindow? Flush()
    {
        _left = WindowSamples;
        if (_samples.Count == 0)
            return null;
        var (start, used) = (0ul, Array.Empty<ulong>());
        var pid = _top?.Take(out start, out used) ?? 0;
        ResourceSample[] samples = [.. _samples];
        for (var i = 0; i < used.Length && i < samples.Length; i++)
            samples[i] = samples[i] with { TopCpuNs = used[i] };
        _samples.Clear();
        return new(Container, samples, pid, start);
    }

    private void LookForTop(ResourceReader reader)
    {
        Span<uint> pids = stackalloc uint[TopProcesses.MaxProcesses];
        _files.ReadProcesses(reader.File, pids, out var stored);
        if (!reader.TryTakeProcesses(stored))
            return;
        _top ??= new(WindowSamples);
        _top.Look(reader.File, reader.ProcRoot, pids[..stored], _samples.Count);
    }

    private ResourceSample Slow(ResourceReader reader, ResourceSample sample, bool isFirst)
    {
        _quota = _files.ReadQuota(reader.File);
        var io = _files.ReadIo(reader.File);
        Span<uint> pids = stackalloc uint[1];
        var processes = _files.ReadProcesses(reader.File, pids, out var stored);
        var packets = stored == 0 ? null : reader.ReadPackets(pids[0]);
        if (!isFirst)
        {
            if (_files.ReadMemory(reader.File) is { } memory)
                sample = sample with { Has = sample.Has | ResourceCounters.Memory, MemoryBytes = memory };
            if (_files.ReadHugePages(reader.File) is { } huge)
                sample = sample with { Has = sample.Has | ResourceCounters.HugePages, HugePageBytes = huge };
            if (_files.ReadTasks(reader.File) is { } tasks)
                sample = sample with { Has = sample.Has | ResourceCounters.Threads, Threads = tasks, Processes = (uint)processes };
            if (io is { } i && _io is { } ioBefore)
                sample = sample with { Has = sample.Has | ResourceCounters.Io, ReadBytes = Since(ioBefore.ReadBytes, i.ReadBytes), WrittenBytes = Since(ioBefore.WrittenBytes, i.WrittenBytes) };
            if (packets is { } p && _packets is { } packetsBefore && p.Namespace == packetsBefore.Namespace)
                sample = sample with { Has = sample.Has | ResourceCounters.Network, ReceivedPackets = Since(packetsBefore.Counters.Received, p.Counters.Received), SentPackets = Since(packetsBefore.Counters.Sent, p.Counters.Sent) };
        }
        (_io, _packets) = (io, packets);
        return sample;
    }

    /// <summary>A counter that began anew (the container was started again under its id) tells nothing once.</summary>
    internal static ulong Since(ulong before, ulong now) => now >= before ? now - before : 0;
}
