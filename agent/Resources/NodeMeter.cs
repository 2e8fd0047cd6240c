using System.Globalization;

namespace Runtime.Agent.Resources;

/// <summary>The whole node's counters, from /proc. One thread.</summary>
internal sealed class NodeMeter(string procRoot)
{
    private readonly byte[] _stat = At(procRoot, "stat"), _memory = At(procRoot, "meminfo"), _io = At(procRoot, "vmstat"), _tasks = At(procRoot, "loadavg"), _network = At(procRoot, "1/net/dev"), _ownNetwork = At("/proc", "self/net/dev");
    private readonly List<ResourceSample> _samples = new(ContainerMeter.WindowSamples);
    private ulong _lastBootNs;
    private CpuCounters _cpu;
    private IoCounters? _ioBefore;
    private PacketCounters _packets;

    /// <returns>A full window; null else.</returns>
    public ResourceWindow? Sample(SmallFile file, ulong nowBootNs)
    {
        if (!NodeText.TryParseStat(file.Read(_stat), out var cpu))
            return null;
        var isFirst = _lastBootNs == 0;
        var sample = new ResourceSample
        {
            TimeBootNs = nowBootNs,
            IntervalNs = nowBootNs - _lastBootNs,
            Has = ResourceCounters.Cpu,
            CpuUserNs = ContainerMeter.Since(_cpu.UserNs, cpu.UserNs),
            CpuSystemNs = ContainerMeter.Since(_cpu.SystemNs, cpu.SystemNs),
        };
        (_lastBootNs, _cpu) = (nowBootNs, cpu);
        if (isFirst || _samples.Count == ContainerMeter.WindowSamples - 1)
            sample = Slow(file, sample);
        if (isFirst)
            return null;
        _samples.Add(sample);
        if (_samples.Count < ContainerMeter.WindowSamples)
            return null;
        ResourceSample[] samples = [.. _samples];
        _samples.Clear();
        return new(null, samples, 0, 0);
    }

    private ResourceSample Slow(SmallFile file, ResourceSample sample)
    {
        if (NodeText.TryParseMeminfo(file.Read(_memory), out var memory, out var huge))
            sample = sample with { Has = sample.Has | ResourceCounters.Memory | ResourceCounters.HugePages, MemoryBytes = memory, HugePageBytes = huge };
        if (NodeText.TryParseTasks(file.Read(_tasks), out var tasks))
            sample = sample with { Has = sample.Has | ResourceCounters.Threads, Threads = tasks, Processes = (uint)Processes() };
        if (NodeText.TryParseVmstat(file.Read(_io), out var io))
        {
            if (_ioBefore is { } before)
                sample = sample with { Has = sample.Has | ResourceCounters.Io, ReadBytes = ContainerMeter.Since(before.ReadBytes, io.ReadBytes), WrittenBytes = ContainerMeter.Since(before.WrittenBytes, io.WrittenBytes) };
            _ioBefore = io;
        }
        // Pid 1 may not be looked at everywhere; the agent is on the host's network.
        var network = file.Read(_network);
        var packets = NodeText.ParseNetDev(network.IsEmpty ? file.Read(_ownNetwork) : network);
        sample = sample with { Has = sample.Has | ResourceCounters.Network, ReceivedPackets = ContainerMeter.Since(_packets.Received, packets.Received), SentPackets = ContainerMeter.Since(_packets.Sent, packets.Sent) };
        _packets = packets;
        return sample;
    }

    private int Processes() => Directory.EnumerateDirectories(procRoot).Count(path => uint.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static byte[] At(string root, string name) => SmallFile.Path($"{root}/{name}");
}
