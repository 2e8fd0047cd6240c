using Runtime.Agent.Containers;

namespace Runtime.Agent.Reduction;

/// <summary>Facts of containers whose metadata is not known yet, held back for a moment so that they go out with it. Capture thread only.</summary>
/// <remarks>Nothing is dropped here: no room, or no answer in time, and they go out as they are.</remarks>
internal sealed class WaitingFacts(ReductionOptions options, IContainers containers, IFactSink sink)
{
    /// <summary>Containers waited for at the same time; beyond it facts of further ones go out at once.</summary>
    private const int MaxContainers = 1024;

    // Bounded by MaxContainers lists of MaxWaiting facts; a list leaves when its container is known, or after MetadataWait.
    private readonly Dictionary<string, Waiting> _waiting = new(StringComparer.Ordinal);

    // Containers of which facts went out without metadata, and that need a repair. Bounded by MaxContainers, the oldest leaves.
    private readonly HashSet<string> _incomplete = new(StringComparer.Ordinal);
    private readonly Queue<string> _incompleteOrder = new();

    private readonly ulong _waitNs = (ulong)options.MetadataWait.Ticks * 100;
    private ulong _held, _timedOut, _full, _repairs;

    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>
    {
        ["reduction.waited"] = _held,
        ["reduction.wait_timed_out"] = _timedOut,
        ["reduction.wait_full"] = _full,
        ["reduction.containers_repaired"] = _repairs,
    };

    public void Post(Fact fact, ulong nowBootNs)
    {
        if (fact.Container is not { Complete: false } container)
        {
            sink.Post(fact);
            return;
        }
        if (!_waiting.TryGetValue(container.Id, out var waiting))
        {
            // Who waited in vain once does not wait again: the rest of its facts follows at once.
            if (_waitNs == 0 || _incomplete.Contains(container.Id) || _waiting.Count >= MaxContainers)
            {
                SendIncomplete(fact);
                return;
            }
            _waiting[container.Id] = waiting = new(nowBootNs);
        }
        waiting.Facts.Add(fact);
        _held++;
        if (waiting.Facts.Count >= options.MaxWaiting)
        {
            _full++;
            _waiting.Remove(container.Id);
            Release(waiting);
        }
    }

    /// <summary>Lets go those whose container is known by now (or turned out to be the host), and those that waited long enough.</summary>
    public void ReleaseDue(ulong nowBootNs)
    {
        if (_waiting.Count == 0)
            return;
        foreach (var (id, waiting) in _waiting)
        {
            var isKnown = containers.Lookup(waiting.Facts[0].Process.Cgroup) is null or { Complete: true };
            if (!isKnown && nowBootNs < waiting.SinceBootNs + _waitNs)
                continue;
            _timedOut += isKnown ? 0u : 1;
            _waiting.Remove(id);
            Release(waiting);
        }
    }

    public void ReleaseAll() => ReleaseDue(ulong.MaxValue);

    /// <summary>A container's metadata changed. Facts that went out without it are repaired by its record alone.</summary>
    public void Update(ContainerRecord container)
    {
        if (!_incomplete.Contains(container.Id))
            return;
        _repairs++;
        if (container.Complete)
            _incomplete.Remove(container.Id);
        sink.Post(container);
    }

    private void Release(Waiting waiting)
    {
        foreach (var fact in waiting.Facts)
        {
            var known = fact with { Container = containers.Lookup(fact.Process.Cgroup) };
            if (known.Container is { Complete: false })
                SendIncomplete(known);
            else
                sink.Post(known);
        }
    }

    private void SendIncomplete(Fact fact)
    {
        if (_incomplete.Add(fact.Container!.Id))
        {
            _incompleteOrder.Enqueue(fact.Container.Id);
            while (_incompleteOrder.Count > MaxContainers)
                _incomplete.Remove(_incompleteOrder.Dequeue());
        }
        sink.Post(fact);
    }

    private sealed class Waiting(ulong sinceBootNs)
    {
        public ulong SinceBootNs { get; } = sinceBootNs;

        // Bounded by ReductionOptions.MaxWaiting.
        public List<Fact> Facts { get; } = [];
    }
}
