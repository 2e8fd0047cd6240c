using System.Diagnostics;
using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>What each tool itself takes while a node does its work: each second 1,000 opens, 100 times HTTP, 10 execs, 10 connects.</summary>
internal sealed class Mixed(Report report, string load, StackOptions options, int rounds, int seconds)
{
    public const string Port = "47085";

    public async Task RunAsync()
    {
        await using var server = ServiceProcess.Start(load, "serve", Port);
        var monitors = Monitors.All(options, load);
        var results = monitors.ToDictionary(monitor => monitor.Name, _ => (Cpu: new Samples(), Rss: new Samples(), Lost: new Samples(), Kept: new Samples()));
        for (var round = 0; round < rounds; round++)
        {
            foreach (var monitor in monitors)
            {
                report.Progress($"mixed load, round {round + 1} of {rounds}: {monitor.Name}");
                await using var running = await monitor.StartAsync();
                await running.CalmAsync();
                // The first seconds find everything new.
                await RunAsync(load, 5);
                var (cpu, clock) = (running.Cpu, Stopwatch.StartNew());
                results[monitor.Name].Kept.Add(100 * await RunAsync(load, seconds));
                results[monitor.Name].Cpu.Add(100 * (running.Cpu - cpu) / clock.Elapsed);
                results[monitor.Name].Rss.Add(running.RssMebibytes);
                results[monitor.Name].Lost.Add(await running.LostAsync());
            }
        }

        report.Table(
            string.Create(CultureInfo.InvariantCulture, $"mixed load: 1,000 opens, 100 HTTP, 10 execs, 10 connects a second, {rounds} rounds of {seconds} s, median [min .. max]"),
            ["tool", "CPU, % of one core", "RSS MiB", "events it says it lost", "slices kept, %"],
            [.. results.Select(result => (string[])[result.Key, result.Value.Cpu.Range("0.00"), result.Value.Rss.Range("0.0"), result.Value.Lost.Range("0"), result.Value.Kept.Range("0.0")])]);
        var ours = results[Monitors.Agent(1)].Cpu.Median;
        report.Aim("mixed load: at most 2 % of one core", string.Create(CultureInfo.InvariantCulture, $"{ours:0.00} %"), ours <= 2);
    }

    /// <returns>Share of the load's time slices that it kept.</returns>
    public static Task<double> RunAsync(string load, int seconds) => Commands.NumberAsync(load, "mixed", seconds.ToString(CultureInfo.InvariantCulture), Port);
}
