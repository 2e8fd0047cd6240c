using System.Globalization;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Bench;

/// <summary>The agent's CPU an event at a high rate, and what it loses at the highest.</summary>
/// <param name="window">How long is measured: its end is awaited by the clock, as what is taken in that time is the figure.</param>
internal sealed class Rates(Report report, string load, StackOptions options, TimeSpan window)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var table = report.Table("The agent at high rates (files made and removed under one pattern; one exec after the other on every core)",
            new("asked for, a second"), new("made", "a second"), new("agent's CPU", "us an event", "0.00"), new("lost"));
        await using var stack = await Stacks.StartAsync(options, cancellationToken);
        await stack.ReportAsync(cancellationToken);
        foreach (var rate in (int[])[25_000, 50_000])
        {
            report.Progress(string.Create(CultureInfo.InvariantCulture, $"{rate:N0} events a second"));
            table.Add(await FilesAsync(stack, rate, cancellationToken));
        }

        report.Progress("as many execs as the machine can make");
        table.Add(await ExecsAsync(stack, cancellationToken));
    }

    private async Task<IReadOnlyList<Cell>> FilesAsync(RuntimeStack stack, int rate, CancellationToken cancellationToken)
    {
        var before = await stack.ReportAsync(cancellationToken);
        var events = rate * (long)window.TotalSeconds;
        var cpu = Commands.CpuOf(stack.Agent!.Pid);
        var reached = await Commands.NumberAsync(load, ["files", Text(rate), Text(events)], cancellationToken);
        var each = (Commands.CpuOf(stack.Agent.Pid) - cpu).TotalMicroseconds / events;
        var lost = (await stack.ReportAsync(cancellationToken)).Lost - before.Lost;
        if (rate == 25_000)
        {
            report.Aim(Aim.AtMost("agent's CPU at most 10 us an event at 25,000 a second", "us", "0.0", new(each), 10));
        }
        else
        {
            // None lost says nothing when they were not made.
            report.Aim(Aim.AtLeast("50,000 events a second are made, but for 5 %", "a second", "0", new(reached), 0.95 * rate));
            report.Aim(Aim.AtMost("none lost at 50,000 events a second", "events", "0", new(lost), 0));
        }

        return [Text(rate), reached, each, (double)lost];
    }

    private async Task<IReadOnlyList<Cell>> ExecsAsync(RuntimeStack stack, CancellationToken cancellationToken)
    {
        var before = await stack.ReportAsync(cancellationToken);
        var clock = global::System.Diagnostics.Stopwatch.StartNew();
        var cpu = Commands.CpuOf(stack.Agent!.Pid);
        var made = await FloodAsync(cancellationToken);
        var (rate, each) = (made / clock.Elapsed.TotalSeconds, (Commands.CpuOf(stack.Agent.Pid) - cpu).TotalMicroseconds / made);
        var after = await CollectorClient.UntilAsync(
            () => stack.ReportAsync(cancellationToken), agent => Execs(agent) - Execs(before) + agent.Lost - before.Lost >= made, TimeSpan.FromSeconds(60), $"{made} execs are seen or counted lost");
        var lost = after.Lost - before.Lost;
        report.Aim(Aim.AtMost($"none lost at the highest exec rate ({made} execs)", "events", "0", new(lost), 0));
        return ["all execs that it can", rate, each, (double)lost];
    }

    /// <returns>How many were made.</returns>
    private async Task<ulong> FloodAsync(CancellationToken cancellationToken)
    {
        var floods = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => ServiceProcess.Start(load, "spin")).ToList();
        try
        {
            await Task.Delay(window, cancellationToken);
            ulong made = 0;
            foreach (var flood in floods)
            {
                await flood.StopAsync(TimeSpan.FromSeconds(10));
                made += ulong.Parse(flood.Output, CultureInfo.InvariantCulture);
            }

            return made;
        }
        finally
        {
            foreach (var flood in floods)
            {
                await flood.DisposeAsync();
            }
        }
    }

    private static ulong Execs(AgentSummary agent) => agent.Counters.TryGetValue("capture.exec.delivered", out var count) ? count : 0;

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
