using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Sight;

namespace Runtime.Bpf.Tests;

/// <summary>From the kernel to facts, as the agent has it; at work for one test.</summary>
internal sealed class ReducedCapture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IKernelEventSource _source;
    private readonly Thread _thread;

    /// <param name="source">Ours from here on.</param>
    /// <param name="filter">What stands between the source and the reducer.</param>
    /// <param name="idle">Called on the capture thread.</param>
    public ReducedCapture(IKernelEventSource source, SightProbes? sight = null, Func<IKernelEventSink, IKernelEventSink>? filter = null, Action? idle = null)
    {
        _source = source;
        var host = new HostOnly();
        var processes = new ProcessTable(new ProcessOptions(), host, Redaction.WithRandomSalt(), new ProcfsReader("/proc"), TimeProvider.System);
        var reducer = new Reducer(new ReductionOptions(), processes, host, new LiveClock(), source.TakeLosses, Facts) { Sight = sight, Idle = idle };
        processes.Scan();
        _thread = new Thread(() => source.Run(filter?.Invoke(reducer) ?? reducer, _stop.Token)) { IsBackground = true };
        _thread.Start();
    }

    public FactList Facts { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _thread.Join(TimeSpan.FromSeconds(5));
        _source.Dispose();
        _stop.Dispose();
    }
}
