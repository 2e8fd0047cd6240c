using System.Threading.Channels;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Managed;

/// <summary>What the watch saw, on its way to the capture thread. Posted on any thread, taken on one.</summary>
internal sealed class ManagedEvents(Func<ulong> nowBootNs)
{
    private const int Capacity = 16_384, MaxDelivered = 1024, MaxLosers = 1024;

    // Bounded by Capacity: what does not fit is a loss of its process.
    private readonly Channel<ManagedEvent> _events = Channel.CreateBounded<ManagedEvent>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    // Bounded by MaxLosers: beyond it only the counter tells.
    private readonly Dictionary<(ProcessKey, string), ManagedLoss> _losses = [];
    private readonly Lock _lock = new();
    private ulong _posted, _lost, _delivered, _unfinished;

    public ulong NowBootNs() => nowBootNs();

    public void Post(ManagedProcess process, ManagedEvent e)
    {
        Interlocked.Increment(ref _posted);
        if (!_events.Writer.TryWrite(e))
            Lose(process.Record, "queue_full", e.Count);
    }

    public void Lose(ProcessRecord process, string reason, ulong count)
    {
        lock (_lock)
        {
            _lost += count;
            var key = (process.Key, reason);
            if (_losses.TryGetValue(key, out var loss))
                _losses[key] = loss with { Count = loss.Count + count };
            else if (_losses.Count < MaxLosers)
                _losses[key] = new(process, reason, count, nowBootNs());
        }
    }

    /// <summary>Capture thread, at idle moments: hands over what waits, at most about a thousand.</summary>
    public void Deliver(IManagedSink sink)
    {
        for (var i = 0; i < MaxDelivered && _events.Reader.TryRead(out var e); i++)
        {
            _delivered++;
            sink.OnManaged(e);
        }
        ManagedLoss[] losses;
        lock (_lock)
        {
            if (_losses.Count == 0)
                return;
            losses = [.. _losses.Values];
            _losses.Clear();
        }
        foreach (var loss in losses)
            sink.OnManagedLoss(loss);
    }

    public void CountUnfinished() => Interlocked.Increment(ref _unfinished);

    /// <summary>Any thread.</summary>
    public IEnumerable<KeyValuePair<string, ulong>> Counters() =>
    [
        new("managed.posted", Volatile.Read(ref _posted)), new("managed.delivered", Volatile.Read(ref _delivered)),
        new("managed.lost", Volatile.Read(ref _lost)), new("managed.sessions_not_ended", Volatile.Read(ref _unfinished)),
    ];
}
