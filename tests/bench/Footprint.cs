using System.Diagnostics;
using System.Globalization;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Bench;

/// <summary>The agent's own cost: idle, at 1,000 events a second, and what it loses when the machine forks and executes as fast as it can.</summary>
internal sealed class Footprint(Report report, string load, StackOptions options, TimeSpan window)
{
    public async Task RunAsync()
    {
        await using var stack = await RuntimeStack.StartAsync(options);
        var rows = new List<string[]> { await MeasureAsync(stack, "idle", () => Task.Delay(window)) };
        rows.Add(await MeasureAsync(stack, "1,000 events a second (800 open for writing, 50 exec with fork and exit, 50 connect)", () => PacedAsync()));
        report.Table("The agent itself", ["load", "CPU, % of one core", "RSS MiB", "PSS MiB"], rows);
        await FloodAsync(stack);
    }

    private static async Task<string[]> MeasureAsync(RuntimeStack stack, string what, Func<Task> during)
    {
        var cpu = Commands.CpuOf(stack.Agent!.Pid);
        var clock = Stopwatch.StartNew();
        await during();
        var share = 100 * (Commands.CpuOf(stack.Agent.Pid) - cpu) / clock.Elapsed;
        var (pss, rss) = Commands.MemoryOf(stack.Agent.Pid);
        return [what, share.ToString("0.00", CultureInfo.InvariantCulture), rss.ToString("0.0", CultureInfo.InvariantCulture), pss.ToString("0.0", CultureInfo.InvariantCulture)];
    }

    // Ten slices a second: short bursts, as real services make them.
    private async Task PacedAsync()
    {
        await using var server = ServiceProcess.Start(load, "serve", "47083");
        using var slice = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < window && await slice.WaitForNextTickAsync())
        {
            await Commands.NumberAsync(load, "open-write", "80");
            await Commands.NumberAsync(load, "exec", "3");
            await Commands.NumberAsync(load, "connect", "5", "47083");
        }
    }

    private async Task FloodAsync(RuntimeStack stack)
    {
        var before = await AgentAsync(stack);
        var clock = Stopwatch.StartNew();
        var floods = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => ServiceProcess.Start(load, "spin")).ToList();
        await Task.Delay(window);
        long made = 0;
        foreach (var flood in floods)
        {
            await flood.StopAsync(TimeSpan.FromSeconds(10));
            made += long.Parse(flood.Output, CultureInfo.InvariantCulture);
            await flood.DisposeAsync();
        }

        var rate = made / clock.Elapsed.TotalSeconds;
        // The agent's next report carries its counters.
        var after = await CollectorClient.UntilAsync(
            () => AgentAsync(stack), agent => Execs(agent) - Execs(before) + agent.Lost - before.Lost >= (ulong)made, TimeSpan.FromSeconds(60), $"{made} execs are seen or counted lost");
        report.Table(
            "The machine forks and executes as fast as it can",
            ["exec a second", "executed", "seen by the agent", "lost"],
            [[rate.ToString("0", CultureInfo.InvariantCulture), made.ToString(CultureInfo.InvariantCulture), (Execs(after) - Execs(before)).ToString(CultureInfo.InvariantCulture), (after.Lost - before.Lost).ToString(CultureInfo.InvariantCulture)]]);
    }

    private static async Task<AgentSummary> AgentAsync(RuntimeStack stack) => (await stack.Client.Query.GetStatusAsync(new GetStatusRequest())).Agents.Single();

    private static ulong Execs(AgentSummary agent) => agent.Counters.TryGetValue("capture.exec.delivered", out var count) ? count : 0;
}
