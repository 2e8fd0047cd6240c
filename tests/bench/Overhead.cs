using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>What watching costs the watched: all loads bare, watched, bare, with every monitor in turn, round after round.</summary>
internal sealed class Overhead(Report report, string load, StackOptions options, IReadOnlyList<int> rungs, int rounds)
{
    // Bounded by the loads and the monitors. What is not in them was not measured: the run was interrupted before.
    private readonly Dictionary<(string Load, string Monitor), Cost> _costs = [];
    private readonly Dictionary<string, (Samples Rss, Samples Lost)> _tools = [];
    private readonly Dictionary<string, Samples> _bare = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var loads = await Loads.StartAsync(load, cancellationToken);
        var monitors = Monitors.All(options, load, rungs);
        try
        {
            await MeasureAsync(loads, monitors, cancellationToken);
        }
        finally
        {
            Tell(loads, monitors);
            Judge();
        }
    }

    private async Task MeasureAsync(Loads loads, IReadOnlyList<IMonitor> monitors, CancellationToken cancellationToken)
    {
        report.Progress("bare, twice: the first is warm-up");
        await PassAsync(loads, cancellationToken);
        var before = await PassAsync(loads, cancellationToken);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var monitor in monitors)
            {
                report.Progress($"round {round + 1} of {rounds}: {monitor.Name}");
                var watched = await WatchedAsync(loads, monitor, cancellationToken);
                var after = await PassAsync(loads, cancellationToken);
                foreach (var each in loads.All)
                {
                    Bare(each.Name).Add(before[each.Name]);
                    Of(each.Name, monitor.Name).Add(watched[each.Name].Ns, (before[each.Name] + after[each.Name]) / 2, watched[each.Name].Cpu / each.Times);
                }

                before = after;
            }
        }
    }

    private async Task<Dictionary<string, (double Ns, TimeSpan Cpu)>> WatchedAsync(Loads loads, IMonitor monitor, CancellationToken cancellationToken)
    {
        var watched = new Dictionary<string, (double, TimeSpan)>();
        await using var running = await monitor.StartAsync(cancellationToken);
        foreach (var each in loads.All)
        {
            await running.CalmAsync(cancellationToken);
            var cpu = running.Cpu;
            var ns = await each.RunAsync(cancellationToken);
            watched[each.Name] = (ns, running.Cpu - cpu);
        }

        var (rss, lost) = (running.RssMebibytes, await running.LostAsync(cancellationToken));
        var tool = _tools.TryGetValue(monitor.Name, out var known) ? known : _tools[monitor.Name] = (new(), new());
        tool.Rss.Add(rss);
        tool.Lost.Add(lost);
        return watched;
    }

    private static async Task<Dictionary<string, double>> PassAsync(Loads loads, CancellationToken cancellationToken)
    {
        var pass = new Dictionary<string, double>();
        foreach (var each in loads.All)
        {
            pass[each.Name] = await each.RunAsync(cancellationToken);
        }

        return pass;
    }

    private void Tell(Loads loads, IReadOnlyList<IMonitor> monitors)
    {
        foreach (var each in loads.All.Where(each => _bare.ContainsKey(each.Name)))
        {
            using var table = report.Table(
                string.Create(CultureInfo.InvariantCulture, $"{each.Name}: median [min .. max] of {rounds} rounds"),
                new("watched by"), new("each", "ns"), new("slower by", "%", "+0.0;-0.0"), new("added to each", "ns"), new("its own CPU for each", "us", "0.00"));
            table.Add("nobody", Bare(each.Name), "", "", "");
            foreach (var monitor in monitors.Where(monitor => _costs.ContainsKey((each.Name, monitor.Name))))
            {
                var cost = Of(each.Name, monitor.Name);
                table.Add(monitor.Name, cost.Watched, cost.Slower, cost.Added, cost.CpuMicroseconds);
            }
        }

        using var tools = report.Table("The tools after these loads", new("tool"), new("RSS", "MiB", "0.0"), new("events it says it lost, a round"));
        foreach (var (tool, (rss, lost)) in _tools)
        {
            tools.Add(tool, rss, lost);
        }
    }

    private void Judge()
    {
        var agent = Monitors.Agent(1);
        Share("exec: slowdown at most 1/10 of auditd's", Loads.Exec, Monitors.Audit, 1.0 / 10);
        Share("open of a new path: added at most 1/6 of auditd's", Loads.OpenNew, Monitors.Audit, 1.0 / 6);
        Share("open of a new path: added at most 1/6 of what auditd adds that waits, so that it too loses none", Loads.OpenNew, Monitors.PatientAudit, 1.0 / 6);
        Share("open of a new path: added at most 1/10 of opensnoop's", Loads.OpenNew, Monitors.Tools, 1.0 / 10);
        Share("open of a path told before: added at most 1/20 of auditd's", Loads.OpenKnown, Monitors.Audit, 1.0 / 20);
        Share("open of a path told before: added at most 1/20 of what auditd adds that waits", Loads.OpenKnown, Monitors.PatientAudit, 1.0 / 20);
        Share("open of a path told before: added at most 1/20 of opensnoop's", Loads.OpenKnown, Monitors.Tools, 1.0 / 20);
        Noise("exec: within the spread of bare", Loads.Exec);
        Noise("a call that nobody asked for: no measurable change", Loads.Untraced);
        if (_costs.TryGetValue((Loads.Redis, agent), out var redis))
        {
            report.Aim(Aim.AllAtLeast("redis: at least 97 % of bare", "%", "0.0", new(redis.Slower.Values.Select(slower => 100 / (1 + slower / 100))), 97));
        }

        void Share(string aim, string name, string peer, double most)
        {
            if (_costs.TryGetValue((name, agent), out var ours) && _costs.TryGetValue((name, peer), out var theirs))
            {
                report.Aim(Aim.Share(aim, "ns", "0", ours.Added, theirs.Added, most));
            }
        }

        // The bare runs' own spread, as a share of their median.
        void Noise(string aim, string name)
        {
            if (_costs.TryGetValue((name, agent), out var ours))
            {
                report.Aim(Aim.AtMost(aim, "%", "+0.0;-0.0", ours.Slower, 100 * Bare(name).Spread / Bare(name).Median));
            }
        }
    }

    private Cost Of(string load, string monitor) => _costs.TryGetValue((load, monitor), out var cost) ? cost : _costs[(load, monitor)] = new();

    private Samples Bare(string load) => _bare.TryGetValue(load, out var bare) ? bare : _bare[load] = new();

    private sealed class Cost
    {
        public Samples Watched { get; } = new();
        public Samples Slower { get; } = new();
        public Samples Added { get; } = new();
        public Samples CpuMicroseconds { get; } = new();

        public void Add(double watched, double bare, TimeSpan cpu)
        {
            Watched.Add(watched);
            Slower.Add(100 * (watched / bare - 1));
            Added.Add(watched - bare);
            CpuMicroseconds.Add(cpu.TotalMicroseconds);
        }
    }
}
