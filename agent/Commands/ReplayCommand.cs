using Runtime.Agent.Capture;
using Runtime.Agent.Configuration;
using Runtime.Agent.Health;
using Runtime.Agent.Processes;
using Runtime.Agent.Recording;
using Runtime.Agent.Reduction;
using Runtime.Agent.Streaming;

namespace Runtime.Agent.Commands;

/// <summary>A recording instead of the kernel.</summary>
internal sealed class ReplayCommand(AgentOptions options, string path, AgentLog log)
{
    public int Print(Stream output, CancellationToken stop) => WithRecording((recording, processes, containers) =>
    {
        var clock = new RecordedClock(recording.WallOffsetNs);
        using var source = new ReplaySource(recording, new SensitivePaths(options.Capture.SensitivePaths));
        using var printer = new EventPrinter(output, new(null, []), processes, containers, clock);
        source.Run(printer, stop);
        printer.Finish();
        return CommandLine.Done;
    });

    public async Task<int> SendAsync(CancellationToken stop)
    {
        var identity = AgentIdentity.OfThisMachine(options.Cluster, options.Node, options.State, log);
        var queue = new FactQueue(options.Streaming.QueueCapacity, TimeProvider.System);
        var code = CommandLine.Failed;
        CollectorStream? stream = null;
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var replaying = Task.Factory.StartNew(
            () => code = WithRecording((recording, processes, containers) =>
            {
                var clock = new RecordedClock(recording.WallOffsetNs);
                using var source = new ReplaySource(recording, new SensitivePaths(options.Capture.SensitivePaths));
                var reducer = new Reducer(options.Reduction, processes, containers, clock, source.TakeLosses, new PacedQueue(queue, stop));
                stream = new CollectorStream(options.Collector, options.Streaming, identity, queue, clock, () => StateOf(source, reducer, queue), TimeProvider.System, log);
                var streaming = Task.Run(() => stream.RunAsync(giveUp.Token), CancellationToken.None);
                reducer.ReportRunning();
                source.Run(reducer, stop);
                reducer.Finish();
                queue.Complete();
                streaming.GetAwaiter().GetResult();
                return stream.Undelivered == 0 ? CommandLine.Done : CommandLine.Failed;
            }),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await replaying;
        if (stream is not null)
            log.Information($"replayed: {stream.Counters()["stream.acknowledged"]} facts acknowledged, {stream.Undelivered} not");
        return code;
    }

    private int WithRecording(Func<RecordingReader, ProcessTable, RecordedContainers, int> work)
    {
        try
        {
            using var recording = new RecordingReader(path);
            log.Information($"{path}: {recording.Records} records of kernel {recording.KernelRelease}, {recording.Processes.Count} processes and {recording.Containers.Count} cgroups of containers");
            if (!recording.IsComplete)
                log.Warning($"{path}: the recording was cut; what is there is replayed");
            var containers = new RecordedContainers(recording);
            var processes = new ProcessTable(options.Processes, containers, Redaction.WithRandomSalt(), null, TimeProvider.System);
            foreach (var process in recording.Processes)
                processes.Restore(process.Process, process.Parent);
            return work(recording, processes, containers);
        }
        catch (Exception e) when (e is RecordingException or IOException or UnauthorizedAccessException)
        {
            log.Error(e.Message);
            return CommandLine.Failed;
        }
    }

    private static AgentState StateOf(ReplaySource source, Reducer reducer, FactQueue queue)
    {
        var counters = new Dictionary<string, ulong>(source.Counters());
        foreach (var (name, value) in reducer.Counters().Concat(queue.Counters()))
            counters[name] = value;
        return new([], counters, queue.Count, queue.Capacity, Environment.WorkingSet, Environment.CpuUsage.TotalTime.Ticks * 100, 0, 0);
    }

    /// <summary>A recording can wait where the kernel cannot: nothing is dropped.</summary>
    private sealed class PacedQueue(FactQueue queue, CancellationToken stop) : IFactSink
    {
        public void Post(Fact fact)
        {
            queue.WaitForRoom(stop);
            queue.Post(fact);
        }

        public void Post(LossFact loss) => queue.Post(loss);

        public void Post(Containers.ContainerRecord container) => queue.Post(container);
    }
}
