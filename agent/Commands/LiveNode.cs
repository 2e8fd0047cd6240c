using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Configuration;
using Runtime.Agent.Containers;
using Runtime.Agent.Health;
using Runtime.Agent.Managed;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;

namespace Runtime.Agent.Commands;

/// <summary>This machine's kernel, processes and containers, ready for a sink.</summary>
internal sealed class LiveNode : IAsyncDisposable
{
    private LiveNode(AgentOptions options, IKernelEventSource source, Rung rung, CgroupTree tree, AgentLog log)
    {
        (Source, Rung) = (source, rung);
        var procfs = new ProcfsReader(options.Containers.ProcRoot);
        Containers = new ContainerTable(options.Containers, tree, procfs, ContainerTable.ClientsOf(options.Containers), TimeProvider.System, log.Warning);
        Binaries = options.Binaries.Enabled ? new BinaryInspector(options.Binaries, ImageLayers.Of(options.Containers), TimeProvider.System, log.Warning) : null;
        Managed = options.Managed.Enabled ? new ManagedWatch(options.Managed, options.Containers.ProcRoot, Clock.NowBootNs, TimeProvider.System, log) : null;
        Processes = new ProcessTable(options.Processes, Containers, Redaction.WithRandomSalt(), procfs, TimeProvider.System);
    }

    public IKernelEventSource Source { get; }
    public Rung Rung { get; }
    public ContainerTable Containers { get; }
    public ProcessTable Processes { get; }

    /// <summary>Null when it is switched off.</summary>
    public BinaryInspector? Binaries { get; }
    public LiveClock Clock { get; } = new();

    /// <summary>What is seen inside .NET processes; null when that is switched off.</summary>
    public ManagedWatch? Managed { get; }

    /// <summary>Begins to watch on the best rung that works here; events gather from here on.</summary>
    /// <param name="tee">Gets the records of the kernel's programs, which no other rung has.</param>
    /// <exception cref="Exception">The rung that the settings name does not work here: <see cref="Ladder.IsRefusal"/>.</exception>
    public static LiveNode Start(AgentOptions options, AgentLog log, IRawRecordSink? tee = null)
    {
        var tree = new CgroupTree(options.Containers);
        var (source, rung) = Ladder.Start(tee is null ? options.Capture : options.Capture with { Rung = 1 }, options.Containers, tree, tee);
        return Start(options, source, rung, tree, log);
    }

    /// <param name="source">Disposed with the node.</param>
    public static LiveNode Start(AgentOptions options, IKernelEventSource source, Rung rung, CgroupTree tree, AgentLog log)
    {
        try
        {
            if (rung.Number > 1)
                log.Warning($"rung {rung.Number} ({rung.Name}), degraded sight: {rung.Reason}");
            else
                log.Information($"rung 1 ({rung.Name})");
            foreach (var hook in source.Hooks.Where(h => !h.Attached && h.Loses.Length > 0))
                log.Warning($"hook {hook.Name} is not attached ({hook.Reason}): not seen are {hook.Loses}");
            return new(options, source, rung, tree, log);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>On the capture thread: takes in what is there, then delivers events until cancelled.</summary>
    /// <param name="ready">Called between the two.</param>
    public void Run(IKernelEventSink sink, Action ready, CancellationToken cancellationToken)
    {
        Containers.Start();
        Processes.Scan();
        Managed?.Start();
        ready();
        Source.Run(sink, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Managed is not null)
            await Managed.DisposeAsync();
        await Containers.DisposeAsync();
        Binaries?.Dispose();
        Source.Dispose();
    }
}
