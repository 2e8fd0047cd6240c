using Runtime.Agent.Capture;
using Runtime.Agent.Containers;

namespace Runtime.Agent.Reduction;

/// <summary>Which behaviours were reported, for each container, and how often they came again. Capture thread only.</summary>
/// <remarks>
/// Novelty is never held back: a key that is not here is new, whatever came before. A key that left for want of room is
/// simply new again; what it had counted goes out as it leaves.
/// </remarks>
/// <param name="report">Takes the repeats.</param>
internal sealed class BehaviourKeys(ReductionOptions options, Action<Fact> report)
{
    /// <summary>Repeats of a change of files that are reported at once, one time for each behaviour. One less than what the collector calls many.</summary>
    private const int Flock = 24;

    // Bounded by MaxKeysTotal: a container without behaviours has no entry.
    private readonly Dictionary<string, ContainerBehaviours> _containers = new(StringComparer.Ordinal);

    // The same behaviours as the containers hold, the one seen longest ago first.
    private readonly LinkedList<Behaviour> _byUse = new();

    // Those with something to report, the first due first: each is due one interval after its first unreported repeat.
    private readonly LinkedList<Behaviour> _due = new();

    private readonly ulong _intervalNs = (ulong)options.ReportInterval.Ticks * 100;
    private ulong _full, _reports;

    public int Count => _byUse.Count;

    /// <summary>By name since start. Any thread: single words, each right by itself.</summary>
    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>
    {
        ["reduction.keys_held"] = (ulong)_byUse.Count,
        ["reduction.keys_full"] = _full,
        ["reduction.reports"] = _reports,
    };

    /// <returns>Null for a behaviour that is new. A known one counts as seen just now.</returns>
    public Behaviour? Find(ContainerRecord? container, UInt128 key)
    {
        if (!_containers.TryGetValue(container?.Id ?? "", out var owner) || !owner.ByKey.TryGetValue(key, out var behaviour))
            return null;
        owner.Container = container;
        Touch(owner.ByUse, behaviour.UseNode);
        Touch(_byUse, behaviour.GlobalUseNode);
        return behaviour;
    }

    /// <summary>Remembers a behaviour that <see cref="Find"/> did not know.</summary>
    public Behaviour Add(UInt128 key, Fact exemplar)
    {
        var id = exemplar.Container?.Id ?? "";
        if (_containers.TryGetValue(id, out var owner) && owner.ByKey.Count >= options.MaxKeys)
            Forget(owner.ByUse.First!.Value);
        else if (_byUse.Count >= options.MaxKeysTotal)
            Forget(_byUse.First!.Value);
        if (!_containers.TryGetValue(id, out owner))
            _containers[id] = owner = new(id);
        owner.Container = exemplar.Container;
        var behaviour = new Behaviour(owner, key, exemplar);
        owner.ByKey.Add(key, behaviour);
        owner.ByUse.AddLast(behaviour.UseNode);
        _byUse.AddLast(behaviour.GlobalUseNode);
        return behaviour;
    }

    public void Repeat(Behaviour behaviour, long unixNs, ulong bootNs, uint count = 1)
    {
        behaviour.Repeat(unixNs, count);
        // A loop over all files of a folder is over before an interval is.
        if (behaviour.Repeats >= Flock && behaviour.TryHurry())
            Report(behaviour);
        else
            Schedule(behaviour, bootNs);
    }

    /// <summary>A connection of that behaviour ended, or goes on.</summary>
    public void Flow(Behaviour behaviour, long unixNs, in NetworkEvent e)
    {
        behaviour.Flow(unixNs, e);
        Schedule(behaviour, e.Origin.TimeBootNs);
    }

    /// <summary>The metadata of a container became known, or changed.</summary>
    public void Update(ContainerRecord container)
    {
        if (_containers.TryGetValue(container.Id, out var owner))
            owner.Container = container;
    }

    /// <summary>Reports what is due.</summary>
    public void ReportDue(ulong nowBootNs)
    {
        while (_due.First?.Value is { } behaviour && behaviour.DueBootNs <= nowBootNs)
            Report(behaviour);
    }

    /// <summary>Reports everything that is not reported yet: the end of the road.</summary>
    public void ReportAll() => ReportDue(ulong.MaxValue);

    private void Schedule(Behaviour behaviour, ulong bootNs)
    {
        if (behaviour.DueNode.List is not null)
            return;
        // Not before the last in line: the order of the list is what makes looking at its head enough.
        behaviour.DueBootNs = Math.Max(bootNs + _intervalNs, _due.Last?.Value.DueBootNs ?? 0);
        _due.AddLast(behaviour.DueNode);
    }

    private void Report(Behaviour behaviour)
    {
        if (behaviour.DueNode.List is not null)
            _due.Remove(behaviour.DueNode);
        foreach (var fact in behaviour.Take())
            Send(fact);
    }

    private void Send(Fact fact)
    {
        _reports++;
        report(fact);
    }

    private void Forget(Behaviour behaviour)
    {
        _full++;
        Report(behaviour);
        var owner = behaviour.Owner;
        owner.ByKey.Remove(behaviour.Key);
        owner.ByUse.Remove(behaviour.UseNode);
        _byUse.Remove(behaviour.GlobalUseNode);
        if (owner.ByKey.Count == 0)
            _containers.Remove(owner.Id);
    }

    private static void Touch(LinkedList<Behaviour> list, LinkedListNode<Behaviour> node)
    {
        if (list.Last == node)
            return;
        list.Remove(node);
        list.AddLast(node);
    }
}
