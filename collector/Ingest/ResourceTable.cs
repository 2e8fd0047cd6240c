using Runtime.Collector.Inventory;
using Runtime.V1;

namespace Runtime.Collector.Ingest;

internal sealed partial class EventTables
{
    /// <summary>No interval is longer; the agent's longest setting is an hour.</summary>
    private const ulong MaxIntervalNs = 2UL * 3600 * 1_000_000_000;
    private static readonly Dictionary<string, string> _noLabels = [];

    /// <summary>Adjacent rows of one container and process become one observation.</summary>
    public void Add(ResourceColumns c)
    {
        var rows = Begin(
            "resources", ("time", c.Time.Count), ("container", c.Container.Count), ("interval_ns", c.IntervalNs.Count), ("has", c.Has.Count), ("cpu_user_ns", c.CpuUserNs.Count),
            ("cpu_system_ns", c.CpuSystemNs.Count), ("throttled_ns", c.ThrottledNs.Count), ("cpu_limit_ns", c.CpuLimitNs.Count), ("memory_bytes", c.MemoryBytes.Count),
            ("huge_page_bytes", c.HugePageBytes.Count), ("read_bytes", c.ReadBytes.Count), ("written_bytes", c.WrittenBytes.Count), ("received_packets", c.ReceivedPackets.Count),
            ("sent_packets", c.SentPackets.Count), ("processes", c.Processes.Count), ("threads", c.Threads.Count), ("periods", c.Periods.Count),
            ("throttled_periods", c.ThrottledPeriods.Count), ("top_process", c.TopProcess.Count), ("top_cpu_ns", c.TopCpuNs.Count));
        List<ResourceSample> samples = [];
        (uint Container, uint Process) of = default;
        for (_row = 0; _row < rows; _row++)
        {
            var owner = (c.Container[_row], c.TopProcess[_row]);
            if (samples.Count > 0 && (owner != of || samples.Count == ResourceObservation.MaxSamples))
            {
                Close();
            }

            if (SampleOf(c) is { } sample && Holds(samples.Count == 0 || sample.Time > samples[^1].Time, "time", "samples of one container must be in order"))
            {
                of = owner;
                samples.Add(sample);
            }
        }

        Close();

        void Close()
        {
            if (samples.Count == 0)
            {
                return;
            }

            var seen = of.Container > 0 ? containers[of.Container - 1] : null;
            var lineage = of.Process > 0 && processes.TryGet(of.Process, out var known, out _) is null ? known.Take(1).ToArray() : [];
            Observations.Add(new ResourceObservation
            {
                Scope = seen?.Scope ?? _host, AgentId = agent.AgentId, Node = agent.Node,
                // A row every two minutes for each container: labels, paths and ancestors, which other kinds keep, are left out.
                Container = seen?.Container is { } container ? container with { PodLabels = _noLabels, CgroupPath = "" } : null,
                First = samples[0].Time - samples[0].Interval, Last = samples[^1].Time, Count = (ulong)samples.Count, Lineage = lineage, Samples = [.. samples],
            });
            samples.Clear();
        }
    }

    private ResourceSample? SampleOf(ResourceColumns c)
    {
        const uint AllCounters = (uint)(ResourceCounters.Threads | (ResourceCounters.Threads - 1));
        if (!time.TryGet(c.Time[_row], out var at))
        {
            rejections.Add(_table, _row, "time", $"{c.Time[_row]} ns from the batch's base", BatchTime.Rule);
            return null;
        }

        var interval = c.IntervalNs[_row];
        var most = Math.Max(c.CpuUserNs[_row], Math.Max(c.CpuSystemNs[_row], Math.Max(c.ThrottledNs[_row], Math.Max(c.CpuLimitNs[_row], c.TopCpuNs[_row]))));
        if (!Holds(interval is > 0 and <= MaxIntervalNs, "interval_ns", "it must be above 0 and at most two hours")
            // 65,536 processors: beyond that a counter ran backwards or lies.
            || !Holds(most <= interval * 65_536, "cpu_user_ns, cpu_system_ns, throttled_ns, cpu_limit_ns, top_cpu_ns", "no node has so many processors")
            || !Holds(c.Container[_row] == 0 || (c.Container[_row] <= containers.Length && containers[c.Container[_row] - 1] is not null), "container", "it must name a row of containers that was taken")
            || !Holds(c.TopProcess[_row] == 0 || processes.TryGet(c.TopProcess[_row], out _, out var owner) is null && owner == c.Container[_row], "top_process", "it must name a row of processes, of that container"))
        {
            return null;
        }

        return new ResourceSample
        {
            Time = at, Interval = Span(interval),
            // Of a bit that a newer agent knows the number is not read here.
            Has = (ResourceCounters)(c.Has[_row] & AllCounters),
            CpuUser = Span(c.CpuUserNs[_row]), CpuSystem = Span(c.CpuSystemNs[_row]), Throttled = Span(c.ThrottledNs[_row]), CpuLimit = Span(c.CpuLimitNs[_row]),
            Periods = c.Periods[_row], ThrottledPeriods = c.ThrottledPeriods[_row], MemoryBytes = c.MemoryBytes[_row], HugePageBytes = c.HugePageBytes[_row],
            ReadBytes = c.ReadBytes[_row], WrittenBytes = c.WrittenBytes[_row], ReceivedPackets = c.ReceivedPackets[_row], SentPackets = c.SentPackets[_row],
            Processes = c.Processes[_row], Threads = c.Threads[_row], TopCpu = Span(c.TopCpuNs[_row]),
        };
    }

    private bool Holds(bool holds, string column, string rule)
    {
        if (!holds)
        {
            rejections.Add(_table, _row, column, "out of range", rule);
        }

        return holds;
    }
}
