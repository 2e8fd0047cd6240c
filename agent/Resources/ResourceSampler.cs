using System.Threading.Channels;
using Runtime.Agent.Containers;
using Runtime.Agent.Health;
using Runtime.Agent.Interop;

namespace Runtime.Agent.Resources;

/// <summary>Reads what each container and the node use, once an interval, and keeps full windows for the capture thread.</summary>
/// <remarks>A loop of its own. Windows come back through a queue that the capture thread empties at its idle moments.</remarks>
/// <param name="containers">Every container held; any thread.</param>
internal sealed class ResourceSampler(ResourceOptions options, ContainerOptions containerOptions, Func<IReadOnlyList<ContainerRecord>> containers, TimeProvider time, AgentLog log)
{
    /// <summary>Windows between the sampler and the capture thread; beyond it new ones are dropped and counted.</summary>
    private const int Capacity = 4096;

    /// <summary>Containers read; those beyond it are counted.</summary>
    private const int MaxContainers = 4096;

    private readonly ResourceReader _reader = new(containerOptions);
    private readonly NodeMeter _node = new(containerOptions.ProcRoot);
    private readonly Channel<ResourceWindow> _windows = Channel.CreateBounded<ResourceWindow>(new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    // By container id. Bounded by MaxContainers; removed when the container is not held any more.
    private readonly Dictionary<string, ContainerMeter> _meters = new(StringComparer.Ordinal);
    private long _round;
    private ulong _samples, _dropped, _droppedTold, _notRead, _roundTicks;

    /// <summary>Until cancelled; ends at once when switched off.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        if (options.Interval == TimeSpan.Zero)
            return;
        using var timer = new PeriodicTimer(options.Interval, time);
        try
        {
            do
            {
                Round();
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // In order. What the windows hold is of the last two minutes of an agent that goes away.
        }
        // The border of the loop: without resources the rest of the agent works on.
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.Error($"resources are not read any more until the agent is started again: {e}");
        }
    }

    /// <summary>One look at every container.</summary>
    internal void Round()
    {
        var started = time.GetTimestamp();
        _round++;
        _reader.Begin();
        foreach (var container in containers())
        {
            // Until its runtime has told who it is nothing would name it; a pod's own container does nothing.
            if (!container.Complete || container.IsSandbox || container.CgroupPath.Length == 0)
                continue;
            if (!_meters.TryGetValue(container.Id, out var meter))
            {
                if (_meters.Count >= MaxContainers)
                {
                    _notRead++;
                    continue;
                }
                _meters[container.Id] = meter = new(_reader.Mounts, container);
            }
            meter.Container = container;
            meter.Round = _round;
            _samples++;
            Put(meter.Sample(_reader, Clock.BootNs()));
        }
        foreach (var (id, meter) in _meters)
        {
            if (meter.Round == _round)
                continue;
            _meters.Remove(id);
            Put(meter.Flush());
        }
        Put(_node.Sample(_reader.File, Clock.BootNs()));
        _roundTicks += (ulong)time.GetElapsedTime(started).Ticks;
    }

    /// <summary>Capture thread.</summary>
    public bool TryTake(out ResourceWindow window) => _windows.Reader.TryRead(out window!);

    /// <summary>Windows that found no room since the last call. Capture thread.</summary>
    public ulong TakeDropped()
    {
        var dropped = Volatile.Read(ref _dropped);
        var news = dropped - _droppedTold;
        _droppedTold = dropped;
        return news;
    }

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>
    {
        ["resources.samples"] = Volatile.Read(ref _samples),
        ["resources.rounds"] = (ulong)Volatile.Read(ref _round),
        ["resources.round_time_us"] = Volatile.Read(ref _roundTicks) / 10,
        ["resources.windows_dropped"] = Volatile.Read(ref _dropped),
        ["resources.containers_not_read"] = Volatile.Read(ref _notRead),
    };

    private void Put(ResourceWindow? window)
    {
        if (window is not null && !_windows.Writer.TryWrite(window))
            Interlocked.Increment(ref _dropped);
    }
}
