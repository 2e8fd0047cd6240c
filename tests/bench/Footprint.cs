using System.Diagnostics;
using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>The agent's memory and CPU: idle, with 1,000 containers, and over a long time under load.</summary>
/// <param name="window">How long is measured: its end is awaited by the clock, as what is taken in that time is the figure.</param>
internal sealed class Footprint(Report report, string load, StackOptions options, TimeSpan window, TimeSpan soak)
{
    private const int Tenants = 1000;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using (var table = report.Table("The agent itself", new("load"), new("CPU", "% of one core", "0.00"), new("RSS", "MiB", "0.0"), new("PSS", "MiB", "0.0")))
        {
            table.Add(await IdleAsync(cancellationToken));
            table.Add(await TenantsAsync(cancellationToken));
        }

        if (soak > TimeSpan.Zero)
        {
            await SoakAsync(cancellationToken);
        }
    }

    private async Task<IReadOnlyList<Cell>> IdleAsync(CancellationToken cancellationToken)
    {
        report.Progress("the agent idle");
        await using var stack = await Stacks.StartAsync(options, cancellationToken);
        await Task.Delay(window, cancellationToken);
        return await MeasureAsync(stack, "idle", 40, cancellationToken);
    }

    private async Task<IReadOnlyList<Cell>> TenantsAsync(CancellationToken cancellationToken)
    {
        report.Progress($"{Tenants} containers");
        // The hierarchies in which a node counts what a container uses; version 2 has one for all.
        string[] hierarchies = [.. new[] { "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/blkio" }.Where(Directory.Exists)];
        await using var tenants = ServiceProcess.Start(load, ["tenants", Tenants.ToString(CultureInfo.InvariantCulture), .. hierarchies.Length > 0 ? hierarchies : ["/sys/fs/cgroup"]]);
        try
        {
            await using var stack = await Stacks.StartAsync(options, cancellationToken);
            await CollectorClient.UntilAsync(() => stack.ReportAsync(cancellationToken), agent => agent.Containers >= Tenants, TimeSpan.FromSeconds(60), $"{Tenants} containers are seen");
            await Task.Delay(window, cancellationToken);
            return await MeasureAsync(stack, $"{Tenants} containers, each with a process that opens and executes every 20 s", 64, cancellationToken);
        }
        finally
        {
            await tenants.StopAsync(TimeSpan.FromSeconds(60));
        }
    }

    private async Task<IReadOnlyList<Cell>> MeasureAsync(RuntimeStack stack, string what, double aim, CancellationToken cancellationToken)
    {
        var (cpu, clock) = (Commands.CpuOf(stack.Agent!.Pid), Stopwatch.StartNew());
        await Task.Delay(window, cancellationToken);
        var share = 100 * (Commands.CpuOf(stack.Agent.Pid) - cpu) / clock.Elapsed;
        var (pss, rss) = Commands.MemoryOf(stack.Agent.Pid);
        report.Aim(Aim.AtMost(string.Create(CultureInfo.InvariantCulture, $"RSS {what}: at most {aim} MiB"), "MiB", "0.0", new(rss), aim));
        return [what, share, rss, pss];
    }

    private async Task SoakAsync(CancellationToken cancellationToken)
    {
        using var table = report.Table(string.Create(CultureInfo.InvariantCulture, $"Soak: mixed load for {soak.TotalMinutes:0} minutes, RSS every 10 s"),
            new("RSS", "MiB", "0.0"), new("slope (least squares)", "MiB an hour", "+0.00;-0.00"), new("± (95 %)", "MiB an hour", "0.00"), new("lost"));
        await using var server = await LoadServer.StartAsync(load, Mixed.Port, cancellationToken);
        await using var stack = await Stacks.StartAsync(options, cancellationToken);
        // The first two minutes fill what has a bound.
        await Mixed.RunAsync(load, 120, cancellationToken);
        var (clock, line, lost) = (Stopwatch.StartNew(), new Line(), (Cell)"not asked");
        try
        {
            while (clock.Elapsed < soak)
            {
                report.Progress($"soak: {clock.Elapsed.TotalMinutes:0} of {soak.TotalMinutes:0} minutes");
                await Mixed.RunAsync(load, 10, cancellationToken);
                line.Add(clock.Elapsed.TotalHours, Commands.MemoryOf(stack.Agent!.Pid).Rss);
            }

            lost = (await stack.ReportAsync(cancellationToken)).Lost;
        }
        finally
        {
            Tell(line, lost, table);
        }
    }

    private void Tell(Line line, Cell lost, Table table)
    {
        // No line has an error with less.
        if (line.Count < 3)
        {
            return;
        }

        var (slope, error) = line.Slope();
        table.Add(line.Values, slope, 2 * error, lost);
        report.Aim(Aim.AtMost("soak: memory flat (slope within its error, or under 1 MiB an hour)", "MiB an hour", "+0.00;-0.00", new(slope), Math.Max(2 * error, 1)));
    }
}
