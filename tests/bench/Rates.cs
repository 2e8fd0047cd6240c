using System.Globalization;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Bench;

/// <summary>The agent's CPU an event at a high rate, and what it loses at the highest.</summary>
internal sealed class Rates(Report report, string load, StackOptions options, TimeSpan window)
{
    public async Task RunAsync()
    {
        await using var stack = await RuntimeStack.StartAsync(options);
        var rows = new List<string[]>();
        await AgentReport.NextAsync(stack);
        foreach (var rate in (int[])[25_000, 50_000])
        {
            report.Progress(string.Create(CultureInfo.InvariantCulture, $"{rate:N0} events a second"));
            rows.Add(await FilesAsync(stack, rate));
        }

        rows.Add(await ExecsAsync(stack));
        report.Table("The agent at high rates (files made and removed under one pattern; one exec after the other on every core)",
            ["asked for, a second", "made, a second", "agent's CPU, us an event", "lost"], rows);
    }

    private async Task<string[]> FilesAsync(RuntimeStack stack, int rate)
    {
        var before = await AgentReport.NextAsync(stack);
        var events = rate * (long)window.TotalSeconds;
        var cpu = Commands.CpuOf(stack.Agent!.Pid);
        var reached = await Commands.NumberAsync(load, "files", Text(rate), Text(events));
        var each = (Commands.CpuOf(stack.Agent.Pid) - cpu).TotalMicroseconds / events;
        var lost = (await AgentReport.NextAsync(stack)).Lost - before.Lost;
        if (rate == 25_000)
        {
            report.Aim("agent's CPU at most 10 us an event at 25,000 a second", string.Create(CultureInfo.InvariantCulture, $"{each:0.0} us"), each <= 10);
        }
        else
        {
            report.Aim("none lost at 50,000 events a second", Text(lost), lost == 0 && reached > 0.95 * rate);
        }

        return [Text(rate), reached.ToString("0", CultureInfo.InvariantCulture), each.ToString("0.00", CultureInfo.InvariantCulture), Text(lost)];
    }

    private async Task<string[]> ExecsAsync(RuntimeStack stack)
    {
        report.Progress("as many execs as the machine can make");
        var before = await AgentReport.NextAsync(stack);
        var clock = global::System.Diagnostics.Stopwatch.StartNew();
        var cpu = Commands.CpuOf(stack.Agent!.Pid);
        var floods = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => ServiceProcess.Start(load, "spin")).ToList();
        await Task.Delay(window);
        ulong made = 0;
        foreach (var flood in floods)
        {
            await flood.StopAsync(TimeSpan.FromSeconds(10));
            made += ulong.Parse(flood.Output, CultureInfo.InvariantCulture);
            await flood.DisposeAsync();
        }

        var (rate, each) = (made / clock.Elapsed.TotalSeconds, (Commands.CpuOf(stack.Agent.Pid) - cpu).TotalMicroseconds / made);
        var after = await CollectorClient.UntilAsync(
            () => AgentReport.NextAsync(stack), agent => Execs(agent) - Execs(before) + agent.Lost - before.Lost >= made, TimeSpan.FromSeconds(60), $"{made} execs are seen or counted lost");
        var lost = after.Lost - before.Lost;
        report.Aim("none lost at the highest exec rate", string.Create(CultureInfo.InvariantCulture, $"{lost} of {made}"), lost == 0);
        return ["all execs that it can", rate.ToString("0", CultureInfo.InvariantCulture), each.ToString("0.0", CultureInfo.InvariantCulture), Text(lost)];
    }

    private static ulong Execs(AgentSummary agent) => agent.Counters.TryGetValue("capture.exec.delivered", out var count) ? count : 0;

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
