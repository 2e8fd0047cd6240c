using System.Diagnostics;
using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>What each tool itself takes while a node does its work: each second 1,000 opens, 100 times HTTP, 10 execs, 10 connects.</summary>
internal sealed class Mixed(Report report, string load, StackOptions options, IReadOnlyList<int> rungs, int rounds, int seconds)
{
    public const string Port = "47085";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var results = new Dictionary<string, Result>();
        try
        {
            await MeasureAsync(results, cancellationToken);
        }
        finally
        {
            Tell(results);
        }
    }

    /// <returns>Share of the load's time slices that it kept.</returns>
    public static Task<double> RunAsync(string load, int seconds, CancellationToken cancellationToken) =>
        Commands.NumberAsync(load, ["mixed", seconds.ToString(CultureInfo.InvariantCulture), Port], cancellationToken);

    private async Task MeasureAsync(Dictionary<string, Result> results, CancellationToken cancellationToken)
    {
        await using var server = await LoadServer.StartAsync(load, Port, cancellationToken);
        var monitors = Monitors.All(options, load, rungs);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var monitor in monitors)
            {
                report.Progress($"round {round + 1} of {rounds}: {monitor.Name}");
                await using var running = await monitor.StartAsync(cancellationToken);
                await running.CalmAsync(cancellationToken);
                // The first seconds find everything new.
                await RunAsync(load, 5, cancellationToken);
                var (cpu, clock) = (running.Cpu, Stopwatch.StartNew());
                var kept = 100 * await RunAsync(load, seconds, cancellationToken);
                var share = 100 * (running.Cpu - cpu) / clock.Elapsed;
                var (rss, lost) = (running.RssMebibytes, await running.LostAsync(cancellationToken));
                var result = results.TryGetValue(monitor.Name, out var known) ? known : results[monitor.Name] = new();
                result.Cpu.Add(share);
                result.Rss.Add(rss);
                result.Lost.Add(lost);
                result.Kept.Add(kept);
            }
        }
    }

    private void Tell(Dictionary<string, Result> results)
    {
        using var table = report.Table(
            string.Create(CultureInfo.InvariantCulture, $"mixed load: 1,000 opens, 100 HTTP, 10 execs, 10 connects a second, {rounds} rounds of {seconds} s, median [min .. max]"),
            new("tool"), new("CPU", "% of one core", "0.00"), new("RSS", "MiB", "0.0"), new("events it says it lost"), new("slices kept", "%", "0.0"));
        foreach (var (tool, result) in results)
        {
            table.Add(tool, result.Cpu, result.Rss, result.Lost, result.Kept);
        }

        if (results.TryGetValue(Monitors.Agent(1), out var ours))
        {
            report.Aim(Aim.AtMost("mixed load: at most 2 % of one core", "%", "0.00", ours.Cpu, 2));
        }
    }

    private sealed class Result
    {
        public Samples Cpu { get; } = new();
        public Samples Rss { get; } = new();
        public Samples Lost { get; } = new();
        public Samples Kept { get; } = new();
    }
}
