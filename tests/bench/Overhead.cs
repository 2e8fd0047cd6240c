using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>What watching costs the watched: all loads bare, watched, bare, with every monitor in turn, round after round.</summary>
internal sealed class Overhead(Report report, string load, StackOptions options, int rounds)
{
    private readonly Dictionary<(string Load, string Monitor), Cost> _costs = [];
    private readonly Dictionary<string, (Samples Rss, Samples Lost)> _tools = [];
    private readonly Dictionary<string, Samples> _bare = [];

    public async Task RunAsync()
    {
        await using var loads = await Loads.StartAsync(load);
        var monitors = Monitors.All(options, load);
        await PassAsync(loads);
        var before = await PassAsync(loads);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var monitor in monitors)
            {
                report.Progress($"round {round + 1} of {rounds}: {monitor.Name}");
                var watched = await WatchedAsync(loads, monitor);
                var after = await PassAsync(loads);
                foreach (var each in loads.All)
                {
                    Bare(each.Name).Add(before[each.Name]);
                    Of(each.Name, monitor.Name).Add(watched[each.Name].Ns, (before[each.Name] + after[each.Name]) / 2, watched[each.Name].Cpu / each.Times);
                }

                before = after;
            }
        }

        foreach (var each in loads.All)
        {
            Tell(each, monitors);
        }

        report.Table("The tools after these loads", ["tool", "RSS MiB", "events it says it lost, a round"],
            [.. monitors.Select(monitor => (string[])[monitor.Name, _tools[monitor.Name].Rss.Range("0.0"), _tools[monitor.Name].Lost.Range("0")])]);
        Judge();
    }

    private async Task<Dictionary<string, (double Ns, TimeSpan Cpu)>> WatchedAsync(Loads loads, IMonitor monitor)
    {
        var watched = new Dictionary<string, (double, TimeSpan)>();
        await using var running = await monitor.StartAsync();
        foreach (var each in loads.All)
        {
            await running.CalmAsync();
            var cpu = running.Cpu;
            var ns = await each.RunAsync();
            watched[each.Name] = (ns, running.Cpu - cpu);
        }

        var tool = _tools.TryGetValue(monitor.Name, out var known) ? known : _tools[monitor.Name] = (new(), new());
        tool.Rss.Add(running.RssMebibytes);
        tool.Lost.Add(await running.LostAsync());
        return watched;
    }

    private static async Task<Dictionary<string, double>> PassAsync(Loads loads)
    {
        var pass = new Dictionary<string, double>();
        foreach (var each in loads.All)
        {
            pass[each.Name] = await each.RunAsync();
        }

        return pass;
    }

    private void Tell(Load load, IReadOnlyList<IMonitor> monitors) => report.Table(
        string.Create(CultureInfo.InvariantCulture, $"{load.Name}: bare {Bare(load.Name).Range("0")} ns a time, {rounds} rounds, median [min .. max]"),
        ["watched by", "slower by %", "added ns a time", "its own CPU, us a time"],
        [.. monitors.Select(monitor => Of(load.Name, monitor.Name)).Zip(monitors, (cost, monitor) => (string[])[monitor.Name, cost.Slower.Range("+0.0;-0.0"), cost.Added.Range("0"), cost.CpuMicroseconds.Range("0.00")])]);

    private void Judge()
    {
        var agent = Monitors.Agent(1);
        Ratio("exec: slowdown at most 1/10 of auditd's", Loads.Exec, Monitors.Audit, 1.0 / 10);
        Ratio("open of a new path: added at most 1/6 of auditd's", Loads.OpenNew, Monitors.Audit, 1.0 / 6);
        Ratio("open of a new path: added at most 1/10 of opensnoop's", Loads.OpenNew, Monitors.Tools, 1.0 / 10);
        Ratio("open of a path told before: added at most 1/20 of auditd's", Loads.OpenKnown, Monitors.Audit, 1.0 / 20);
        Ratio("open of a path told before: added at most 1/20 of opensnoop's", Loads.OpenKnown, Monitors.Tools, 1.0 / 20);
        Noise("exec: within the noise of bare", Loads.Exec);
        Noise("a call that nobody asked for: no measurable change", Loads.Untraced);
        var redis = Of(Loads.Redis, agent).Slower.Median;
        report.Aim("redis: at least 97 % of bare", $"{100 / (1 + (redis / 100)):0.0} %", redis <= 100 / 0.97 - 100);

        void Ratio(string aim, string name, string peer, double most)
        {
            var (ours, theirs) = (Of(name, agent).Added.Median, Of(name, peer).Added.Median);
            report.Aim(aim, string.Create(CultureInfo.InvariantCulture, $"{ours:0} of {theirs:0} ns"), ours <= theirs * most);
        }

        // The bare runs' own spread, as a share of their median.
        void Noise(string aim, string name)
        {
            var spread = 100 * (Bare(name).Maximum - Bare(name).Minimum) / Bare(name).Median;
            var slower = Of(name, agent).Slower.Median;
            report.Aim(aim, string.Create(CultureInfo.InvariantCulture, $"{slower:+0.0;-0.0} %, bare spreads over {spread:0.0} %"), slower <= spread);
        }
    }

    private Cost Of(string load, string monitor) => _costs.TryGetValue((load, monitor), out var cost) ? cost : _costs[(load, monitor)] = new();

    private Samples Bare(string load) => _bare.TryGetValue(load, out var bare) ? bare : _bare[load] = new();

    private sealed class Cost
    {
        public Samples Slower { get; } = new();
        public Samples Added { get; } = new();
        public Samples CpuMicroseconds { get; } = new();

        public void Add(double watched, double bare, TimeSpan cpu)
        {
            Slower.Add(100 * (watched / bare - 1));
            Added.Add(watched - bare);
            CpuMicroseconds.Add(cpu.TotalMicroseconds);
        }
    }
}
