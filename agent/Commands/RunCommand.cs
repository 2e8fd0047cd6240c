using System.Diagnostics;
using Runtime.Agent.Capture;
using Runtime.Agent.Capture.Coverage;
using Runtime.Agent.Configuration;
using Runtime.Agent.Health;
using Runtime.Agent.Reduction;
using Runtime.Agent.Streaming;

namespace Runtime.Agent.Commands;

/// <summary>The agent at work: kernel → processes → containers → reduction → queue → collector.</summary>
internal sealed class RunCommand(AgentOptions options, AgentLog log)
{
    public async Task<int> RunAsync(CancellationToken stop)
    {
        LiveNode node;
        try
        {
            node = LiveNode.Start(options, log);
        }
        catch (Exception e) when (Ladder.IsRefusal(e))
        {
            log.Error($"rung {Math.Max(1, options.Capture.Rung)} does not work here: {e.Message}. 'agent check' tells more");
            return CommandLine.CannotWork;
        }
        await using (node)
            return await RunAsync(node, stop);
    }

    private async Task<int> RunAsync(LiveNode node, CancellationToken stop)
    {
        var identity = AgentIdentity.OfThisMachine(options.Cluster, options.Node, options.State, log);
        var queue = new FactQueue(options.Streaming.QueueCapacity, TimeProvider.System);
        var heartbeat = new Heartbeat(options.State, TimeProvider.System, log);
        var reducer = new Reducer(options.Reduction, node.Processes, node.Containers, node.Clock, node.Source.TakeLosses, queue) { Idle = heartbeat.Beat };
        var sight = new CoverageSink(reducer);
        var coverage = new CoverageProbe(sight, Path.Combine(options.State, "canary"), options.Capture.ScanInterval + TimeSpan.FromSeconds(2));
        CollectorStream? stream = null;
        stream = new CollectorStream(options.Collector, options.Streaming, identity, queue, node.Clock, () => StateOf(node, reducer, queue, stream!, coverage), TimeProvider.System, log);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var drained = new CancellationTokenSource();
        var captured = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Capture(node, reducer, sight, ready, queue, captured, stopping.Token)) { IsBackground = true, Name = "capture" };
        thread.Start();
        var streaming = Task.Run(() => stream.RunAsync(drained.Token), CancellationToken.None);
        var measuring = Task.Run(() => MeasureAsync(coverage, ready.Task, stopping.Token), CancellationToken.None);

        // The capture thread ends when it is told to, or by a fault; the stream outlives it for as long as draining may take.
        await captured.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stopping.CancelAsync();
        await measuring;
        drained.CancelAfter(options.Streaming.DrainTimeout);
        await streaming;
        var left = stream.Undelivered;
        if (left > 0)
            log.Warning($"stopped with {left} facts that the collector has not acknowledged");
        else
            log.Information("stopped; the collector has everything");
        return captured.Task.IsFaulted ? CommandLine.Failed : CommandLine.Done;
    }

    private async Task MeasureAsync(CoverageProbe coverage, Task ready, CancellationToken stopping)
    {
        try
        {
            await ready.WaitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        await coverage.RunAsync(
            options.Capture.CoverageInterval,
            figures =>
            {
                foreach (var (kind, _, words) in figures.Lines())
                    log.Information($"coverage of {kind}: {words}");
            },
            log.Warning,
            stopping);
    }

    private void Capture(LiveNode node, Reducer reducer, CoverageSink sight, TaskCompletionSource ready, FactQueue queue, TaskCompletionSource captured, CancellationToken stopping)
    {
        try
        {
            node.Run(
                sight,
                () =>
                {
                    reducer.ReportRunning();
                    ready.SetResult();
                    log.Information($"watching: {node.Source.Hooks.Count(h => h.Attached)} of {node.Source.Hooks.Count} hooks, {node.Processes.Count} processes, {node.Containers.Snapshot().Count} containers");
                },
                stopping);
            reducer.Finish();
            captured.SetResult();
        }
        // The border of the capture thread: without it the agent is blind, so it ends, and whoever runs it starts it anew.
        catch (Exception e)
        {
            log.Error($"capture ended: {e}");
            captured.SetException(e);
        }
        finally
        {
            queue.Complete();
        }
    }

    private static AgentState StateOf(LiveNode node, Reducer reducer, FactQueue queue, CollectorStream stream, CoverageProbe coverage)
    {
        var counters = new Dictionary<string, ulong>();
        foreach (var source in new[] { node.Source.Counters(), node.Processes.Counters(), node.Containers.Counters(), reducer.Counters(), queue.Counters(), stream.Counters() })
        {
            foreach (var (name, value) in source)
                counters[name] = value;
        }
        var containers = node.Containers.Snapshot();
        return new(
            node.Source.Hooks,
            counters,
            queue.Count,
            queue.Capacity,
            Environment.WorkingSet,
            Environment.CpuUsage.TotalTime.Ticks * 100,
            containers.Count,
            containers.Count(c => !c.Complete))
        {
            Rung = node.Rung,
            Coverage = coverage.Newest.Shares,
        };
    }
}
