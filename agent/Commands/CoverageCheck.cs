using Runtime.Agent.Capture;
using Runtime.Agent.Capture.Coverage;
using Runtime.Agent.Configuration;
using Runtime.Agent.Containers;
using Runtime.Agent.Health;

namespace Runtime.Agent.Commands;

/// <summary>Measures for <c>agent check --rung N</c> how much arrives on that rung.</summary>
internal static class CoverageCheck
{
    private const int Repeats = 10;

    public static async Task<IReadOnlyList<CheckLine>> RunAsync(AgentOptions options, CancellationToken cancellationToken)
    {
        // A folder of its own: the agent of this node may be measuring too.
        var folder = Directory.CreateTempSubdirectory("runtime-canary-").FullName;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (source, _) = Ladder.Start(options.Capture, options.Containers, new CgroupTree(options.Containers), null);
        var sink = new CoverageSink(new SilentSink());
        var running = Task.Factory.StartNew(() => source.Run(sink, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            var figures = await new CoverageProbe(sink, folder, options.Capture.ScanInterval + TimeSpan.FromSeconds(2)).MeasureAsync(Repeats, cancellationToken);
            return [.. figures.Lines().Select(l => new CheckLine(CheckResult.Note, $"coverage of {l.Kind}", l.Words))];
        }
        // The border of the check: whatever went wrong is what it has to tell.
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return [new(CheckResult.Note, "coverage", $"not measured: {e.Message}")];
        }
        finally
        {
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            source.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }
}
