using System.Diagnostics;
using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>The agent's memory and CPU: idle, with 1,000 containers, and over a long time under load.</summary>
internal sealed class Footprint(Report report, string load, StackOptions options, TimeSpan window, TimeSpan soak)
{
    private const int Tenants = 1000;

    public async Task RunAsync()
    {
        var rows = new List<string[]>();
        await using (var stack = await RuntimeStack.StartAsync(options))
        {
            report.Progress("the agent idle");
            await Task.Delay(window);
            rows.Add(await MeasureAsync(stack, "idle", 40));
        }

        rows.Add(await TenantsAsync());
        report.Table("The agent itself", ["load", "CPU, % of one core", "RSS MiB", "PSS MiB"], rows);
        if (soak > TimeSpan.Zero)
        {
            await SoakAsync();
        }
    }

    private async Task<string[]> TenantsAsync()
    {
        report.Progress($"{Tenants} containers");
        // The hierarchies in which a node counts what a container uses; version 2 has one for all.
        string[] hierarchies = [.. new[] { "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/blkio" }.Where(Directory.Exists)];
        await using var tenants = ServiceProcess.Start(load, ["tenants", Tenants.ToString(CultureInfo.InvariantCulture), .. hierarchies.Length > 0 ? hierarchies : ["/sys/fs/cgroup"]]);
        try
        {
            await using var stack = await RuntimeStack.StartAsync(options);
            await CollectorClient.UntilAsync(() => AgentReport.NextAsync(stack), agent => agent.Containers >= Tenants, TimeSpan.FromSeconds(60), $"{Tenants} containers are seen");
            await Task.Delay(window);
            return await MeasureAsync(stack, $"{Tenants} containers, each with a process that opens and executes every 20 s", 64);
        }
        finally
        {
            await tenants.StopAsync(TimeSpan.FromSeconds(60));
        }
    }

    private async Task<string[]> MeasureAsync(RuntimeStack stack, string what, double aim)
    {
        var (cpu, clock) = (Commands.CpuOf(stack.Agent!.Pid), Stopwatch.StartNew());
        await Task.Delay(window);
        var share = 100 * (Commands.CpuOf(stack.Agent.Pid) - cpu) / clock.Elapsed;
        var (pss, rss) = Commands.MemoryOf(stack.Agent.Pid);
        report.Aim(string.Create(CultureInfo.InvariantCulture, $"RSS {what}: at most {aim} MiB"), string.Create(CultureInfo.InvariantCulture, $"{rss:0.0} MiB"), rss <= aim);
        return [what, share.ToString("0.00", CultureInfo.InvariantCulture), rss.ToString("0.0", CultureInfo.InvariantCulture), pss.ToString("0.0", CultureInfo.InvariantCulture)];
    }

    private async Task SoakAsync()
    {
        await using var server = ServiceProcess.Start(load, "serve", Mixed.Port);
        await using var stack = await RuntimeStack.StartAsync(options);
        // The first two minutes fill what has a bound.
        await Mixed.RunAsync(load, 120);
        var (clock, line) = (Stopwatch.StartNew(), new Line());
        while (clock.Elapsed < soak)
        {
            report.Progress($"soak: {clock.Elapsed.TotalMinutes:0} of {soak.TotalMinutes:0} minutes");
            await Mixed.RunAsync(load, 10);
            line.Add(clock.Elapsed.TotalHours, Commands.MemoryOf(stack.Agent!.Pid).Rss);
        }

        var (slope, error) = line.Slope();
        report.Table(string.Create(CultureInfo.InvariantCulture, $"Soak: mixed load for {soak.TotalMinutes:0} minutes, RSS every 10 s"),
            ["RSS MiB", "slope, MiB an hour (least squares, 95 %)", "lost"],
            [[line.Range(), string.Create(CultureInfo.InvariantCulture, $"{slope:+0.00;-0.00} ± {2 * error:0.00}"), (await AgentReport.NextAsync(stack)).Lost.ToString(CultureInfo.InvariantCulture)]]);
        report.Aim("soak: memory flat (slope within its error, or under 1 MiB an hour)", string.Create(CultureInfo.InvariantCulture, $"{slope:+0.00;-0.00} ± {2 * error:0.00} MiB an hour"), slope <= Math.Max(2 * error, 1));
    }
}
