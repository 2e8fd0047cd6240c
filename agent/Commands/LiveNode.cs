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
    private LiveNode(AgentOptions options, BpfEventSource source, AgentLog log)
    {
        Source = source;
        var procfs = new ProcfsReader(options.Containers.ProcRoot);
        Containers = new ContainerTable(options.Containers, new CgroupTree(options.Containers), procfs, ContainerTable.ClientsOf(options.Containers), TimeProvider.System, log.Warning);
        Binaries = options.Binaries.Enabled ? new BinaryInspector(options.Binaries, TimeProvider.System, log.Warning) : null;
        Managed = options.Managed.Enabled ? new ManagedWatch(options.Managed, options.Containers.ProcRoot, Clock.NowBootNs, TimeProvider.System, log) : null;
        Processes = new ProcessTable(options.Processes, Containers, Redaction.WithRandomSalt(), procfs, TimeProvider.System);
    }

    public BpfEventSource Source { get; }
    public ContainerTable Containers { get; }
    public ProcessTable Processes { get; }

    /// <summary>Null when it is switched off.</summary>
    public BinaryInspector? Binaries { get; }
    public LiveClock Clock { get; } = new();

    /// <summary>What is seen inside .NET processes; null when that is switched off.</summary>
    public ManagedWatch? Managed { get; }

    /// <summary>Attaches the kernel's programs; events gather from here on.</summary>
    /// <exception cref="Interop.BpfException">No program can run here.</exception>
    /// <exception cref="DllNotFoundException">libbpf is not installed.</exception>
    public static LiveNode Start(AgentOptions options, AgentLog log, IRawRecordSink? tee = null) => Start(options, BpfEventSource.Start(options.Capture, tee), log);

    /// <param name="source">Disposed with the node.</param>
    public static LiveNode Start(AgentOptions options, BpfEventSource source, AgentLog log)
    {
        try
        {
            foreach (var hook in source.Hooks.Where(h => !h.Attached && h.Loses.Length > 0))
                log.Warning($"hook {hook.Name} is not attached ({hook.Reason}): not seen are {hook.Loses}");
            return new(options, source, log);
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
