using Runtime.Agent.Capture;
using Runtime.Agent.Configuration;
using Runtime.Agent.Health;
using Runtime.Agent.Recording;

namespace Runtime.Agent.Commands;

/// <summary>Prints what the kernel tells, as it comes.</summary>
/// <param name="recordPath">Null: nothing is recorded.</param>
internal sealed class TraceCommand(AgentOptions options, TraceFilter filter, string? recordPath, AgentLog log)
{
    public int Run(Stream output, CancellationToken stop)
    {
        if (recordPath is not null && options.Capture.Rung > 1)
        {
            log.Error($"--record keeps what the kernel's programs tell: it needs rung 1, and rung {options.Capture.Rung} was asked for");
            return CommandLine.CannotWork;
        }
        RecordingWriter? recording = null;
        try
        {
            var clock = new Reduction.LiveClock();
            if (recordPath is not null)
                recording = RecordingWriter.Create(recordPath, clock.ToUnixNs(0), File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
            Trace(output, recording, stop);
            return CommandLine.Done;
        }
        catch (Exception e) when (Ladder.IsRefusal(e))
        {
            log.Error($"rung {Math.Max(1, options.Capture.Rung)} does not work here: {e.Message}. 'agent check' tells more");
            return CommandLine.CannotWork;
        }
        // A reader that went away (| head) is an ordinary end.
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            return CommandLine.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Error(e.Message);
            return CommandLine.Failed;
        }
        finally
        {
            recording?.Dispose();
            if (recording is not null)
                log.Information($"{recordPath}: {recording.Frames} frames");
        }
    }

    private const int BrokenPipe = 32; // EPIPE

    private void Trace(Stream output, RecordingWriter? recording, CancellationToken stop)
    {
        // Without a collector there are no other nodes to ask.
        var node = LiveNode.Start(options with { Capture = options.Capture with { RepeatInterval = TimeSpan.Zero }, Binaries = options.Binaries with { Share = false } }, log, recording);
        try
        {
            using var printer = new EventPrinter(output, filter, node.Processes, node.Containers, node.Clock) { Recording = recording, Binaries = node.Binaries, Managed = node.Managed };
            node.Run(printer, () => Ready(node, recording), stop);
            printer.Finish();
            foreach (var loss in node.Source.TakeLosses())
                log.Warning($"lost {loss.Count} {loss.Kind} events: {loss.Reason}");
        }
        finally
        {
            node.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private void Ready(LiveNode node, RecordingWriter? recording)
    {
        foreach (var process in recording is null ? [] : node.Processes.All())
        {
            if (node.Containers.Lookup(process.Cgroup) is { } container)
                recording!.OnContainer(process.Cgroup, container);
            recording!.OnProcess(process);
        }
        foreach (var process in node.Managed is null ? [] : node.Processes.All())
            node.Managed!.OnExec(process);
        log.Information($"tracing: {node.Source.Hooks.Count(h => h.Attached)} of {node.Source.Hooks.Count} hooks attached; stop with Ctrl-C");
    }
}
