using Runtime.Agent.Capture;
using Runtime.Agent.Capture.Connector;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Containers;

namespace Runtime.Bpf.Tests;

/// <summary>One rung, running for one test.</summary>
internal sealed class RungCapture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private RungCapture(IKernelEventSource source, Func<IKernelEventSink, IKernelEventSink> entry)
    {
        Source = source;
        Entry = entry(Sink);
        _running = Task.Factory.StartNew(() => source.Run(Entry, _stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public IKernelEventSource Source { get; }

    public CapturingSink Sink { get; } = new();

    /// <summary>What the source delivers to: the sink, or what was put before it.</summary>
    public IKernelEventSink Entry { get; }

    /// <summary>Watching, its first looks done.</summary>
    public static async Task<RungCapture> StartAsync(int rung, CaptureOptions options, Func<IKernelEventSink, IKernelEventSink>? entry = null)
    {
        var places = new ContainerOptions();
        options = options with { Rung = rung, ScanInterval = TimeSpan.FromMilliseconds(100) };
        var (source, stands) = Ladder.Start(options, places, new CgroupTree(places), null);
        Assert.Equal(rung, stands.Number);
        var capture = new RungCapture(source, entry ?? (sink => sink));
        await capture.Sink.NextIdleAsync();
        return capture;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(10));
        Source.Dispose();
        _stop.Dispose();
    }
}
