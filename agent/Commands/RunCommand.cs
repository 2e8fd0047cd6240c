using System.Diagnostics;
using Runtime.Agent.Capture;
using Runtime.Agent.Capture.Coverage;
using Runtime.Agent.Configuration;
using Runtime.Agent.Containers;
using Runtime.Agent.Hardening;
using Runtime.Agent.Health;
using Runtime.Agent.Interop;
using Runtime.Agent.Reduction;
using Runtime.Agent.Resources;
using Runtime.Agent.Sight;
using Runtime.Agent.Standing;
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
            node = StartNode();
        }
        catch (Exception e) when (Ladder.IsRefusal(e))
        {
            log.Error($"rung {Math.Max(1, options.Capture.Rung)} does not work here: {e.Message}. 'agent check' tells more");
            return CommandLine.CannotWork;
        }
        await using (node)
            return await RunAsync(node, stop);
    }

    /// <summary>Runs twice in the life of the process: see <see cref="Relaunch"/>.</summary>
    private LiveNode StartNode()
    {
        var tree = new CgroupTree(options.Containers);
        var inherited = Relaunch.TakeInherited();
        var (source, rung) = inherited switch
        {
            null => Ladder.Start(options.Capture, options.Containers, tree, null),
            { Programs: { } programs } => (BpfEventSource.Adopt(options.Capture, programs), inherited.Rung),
            _ => (Ladder.StartOn(inherited.Rung.Number, options.Capture, options.Containers, tree), inherited.Rung),
        };
        if (options.DropPrivileges)
        {
            if (inherited is null)
                Relaunch.WithoutPrivileges(source, rung, log);
            if (SystemCallFilter.Install() is not 0 and var fault)
                log.Warning($"the filter on system calls cannot be installed (errno {fault}): the agent runs without it");
        }
        return LiveNode.Start(options, source, rung, tree, log);
    }

    private async Task<int> RunAsync(LiveNode node, CancellationToken stop)
    {
        var identity = AgentIdentity.OfThisMachine(options.Cluster, options.Node, options.State, log);
        var losses = new LossLedger(options.State, TimeProvider.System, log);
        var queue = new FactQueue(options.Streaming.QueueCapacity, TimeProvider.System) { OnLoss = losses.Add };
        var heartbeat = new Heartbeat(options.State, TimeProvider.System, log);
        var sight = new SightProbes(
            options.Sight, node.Rung, options.Capture.ScanInterval, Environment.ProcessPath!, options.State, node.Source, node.Clock, queue, TimeProvider.System, log);
        var resources = new ResourceSampler(options.Resources, options.Containers, node.Containers.Snapshot, TimeProvider.System, log);
        var startScan = new StartScan(options.Containers.ProcRoot, log);
        var reducer = new Reducer(options.Reduction, node.Processes, node.Containers, node.Clock, node.Source.TakeLosses, queue)
        {
            Idle = heartbeat.Beat, Sight = sight, Resources = resources, StartScan = startScan, Binaries = node.Binaries, Managed = node.Managed,
        };
        var canaries = new CoverageSink(reducer);
        var coverage = new CoverageProbe(canaries, Path.Combine(options.State, "canary"), options.Capture.ScanInterval + TimeSpan.FromSeconds(2));
        CollectorStream? stream = null;
        stream = new CollectorStream(options.Collector, options.Streaming, identity, queue, node.Clock, () => StateOf(node, reducer, queue, stream!, sight, coverage, resources, startScan), TimeProvider.System, log) { ProbeInterval = sight.Interval, Fleet = node.Binaries?.Fleet };

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var drained = new CancellationTokenSource();
        var captured = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Capture(node, reducer, canaries, watching, queue, captured, stopping.Token)) { IsBackground = true, Name = "capture" };
        thread.Start();
        var streaming = Task.Run(() => stream.RunAsync(drained.Token), CancellationToken.None);
        var measuring = Task.Run(() => MeasureAsync(coverage, watching.Task, stopping.Token), CancellationToken.None);

        var probing = ProbeAsync(sight, watching.Task, stopping.Token);
        var sampling = SampleAsync(resources, watching.Task, stopping.Token);
        var losing = losses.RunAsync(stopping.Token);

        // The capture thread ends when it is told to, or by a fault; the stream outlives it for as long as draining may take.
        await captured.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stopping.CancelAsync();
        await probing;
        await measuring;
        await sampling;
        await losing;
        drained.CancelAfter(options.Streaming.DrainTimeout);
        await streaming;
        var left = stream.Undelivered;
        if (left > 0)
            log.Warning($"stopped with {left} facts that the collector has not acknowledged");
        else
            log.Information("stopped; the collector has everything");
        return captured.Task.IsFaulted ? CommandLine.Failed : CommandLine.Done;
    }

    private static async Task ProbeAsync(SightProbes sight, Task watching, CancellationToken stop)
    {
        await watching.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await sight.RunAsync(stop);
    }

    private static async Task SampleAsync(ResourceSampler resources, Task watching, CancellationToken stop)
    {
        await watching.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await resources.RunAsync(stop);
    }

    private async Task MeasureAsync(CoverageProbe coverage, Task watching, CancellationToken stopping)
    {
        try
        {
            await watching.WaitAsync(stopping);
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

    private void Capture(LiveNode node, Reducer reducer, CoverageSink canaries, TaskCompletionSource watching, FactQueue queue, TaskCompletionSource captured, CancellationToken stopping)
    {
        try
        {
            node.Run(
                canaries,
                () =>
                {
                    reducer.ReportRunning();
                    log.Information($"watching: {node.Source.Hooks.Count(h => h.Attached)} of {node.Source.Hooks.Count} hooks, {node.Processes.Count} processes, {node.Containers.Snapshot().Count} containers");
                    watching.SetResult();
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

    private static AgentState StateOf(LiveNode node, Reducer reducer, FactQueue queue, CollectorStream stream, SightProbes sight, CoverageProbe coverage, ResourceSampler resources, StartScan startScan)
    {
        var counters = new Dictionary<string, ulong>();
        foreach (var source in new[] { node.Source.Counters(), node.Processes.Counters(), node.Containers.Counters(), reducer.Counters(), queue.Counters(), stream.Counters(), sight.Counters(), resources.Counters(), startScan.Counters(), node.Binaries?.Counters() ?? new Dictionary<string, ulong>() })
        {
            foreach (var (name, value) in source)
                counters[name] = value;
        }
        foreach (var (name, value) in node.Managed?.Counters() ?? new Dictionary<string, ulong>())
            counters[name] = value;
        counters["paths.given_up"] = RootedPath.GivenUp;
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
            BlindSince = sight.BlindSince(),
        };
    }
}
