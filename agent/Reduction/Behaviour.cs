using Runtime.Agent.Capture;
using Runtime.Agent.Containers;

namespace Runtime.Agent.Reduction;

/// <summary>One behaviour of one container that was reported once, and what repeated since.</summary>
internal sealed class Behaviour
{
    /// <summary>Argument sets of one exec key that go out as new; later ones are only counted.</summary>
    public const int MaxArgumentSets = 16;

    // Of connections that ended, and of those that go on, since the last report; null when none.
    private FlowTotals? _closed, _going;
    private ulong[]? _argumentSets;
    private int _argumentCount;
    private bool _hasHurried;

    public Behaviour(ContainerBehaviours owner, UInt128 key, Fact exemplar)
    {
        (Owner, Key, Exemplar) = (owner, key, exemplar);
        UseNode = new(this);
        GlobalUseNode = new(this);
        DueNode = new(this);
    }

    public ContainerBehaviours Owner { get; }
    public UInt128 Key { get; }

    /// <summary>The first sight: its process, path and peer stand for all repeats.</summary>
    public Fact Exemplar { get; }

    /// <summary>Not reported yet.</summary>
    public ulong Repeats { get; private set; }
    public long FirstUnixNs { get; private set; }
    public long LastUnixNs { get; private set; }

    /// <summary>When its repeats are to be reported, CLOCK_BOOTTIME ns; meaningless while <see cref="DueNode"/> is in no list.</summary>
    public ulong DueBootNs { get; set; }

    public LinkedListNode<Behaviour> UseNode { get; }
    public LinkedListNode<Behaviour> GlobalUseNode { get; }
    public LinkedListNode<Behaviour> DueNode { get; }

    public void Repeat(long unixNs, uint count)
    {
        if (Repeats == 0)
            FirstUnixNs = LastUnixNs = unixNs;
        Repeats += count;
        // Processors deliver out of order.
        FirstUnixNs = Math.Min(FirstUnixNs, unixNs);
        LastUnixNs = Math.Max(LastUnixNs, unixNs);
    }

    /// <returns>True once, for what removes, renames or makes files.</returns>
    public bool TryHurry()
    {
        if (_hasHurried || Exemplar is not FileFact { Operation: FileOperation.Unlink or FileOperation.Rename or FileOperation.Create })
            return false;
        return _hasHurried = true;
    }

    /// <returns>True for an argument set that was not seen before, as long as there is room to remember it.</returns>
    public bool TryTakeArguments(ulong hash)
    {
        _argumentSets ??= new ulong[MaxArgumentSets];
        if (_argumentSets.AsSpan(0, _argumentCount).Contains(hash) || _argumentCount == MaxArgumentSets)
            return false;
        _argumentSets[_argumentCount++] = hash;
        return true;
    }

    public bool HasArguments(ulong hash) => _argumentSets.AsSpan(0, _argumentCount).Contains(hash);

    /// <summary>A connection of this peer ended, or goes on.</summary>
    public void Flow(long unixNs, in NetworkEvent e)
    {
        ref var totals = ref (e.Operation == NetworkOperation.Close ? ref _closed : ref _going);
        (totals ??= new()).Add(unixNs, e.BytesSent, e.BytesReceived, e.DurationNs);
    }

    /// <summary>What is to be reported: at most three facts; the counts begin anew.</summary>
    public IReadOnlyList<Fact> Take()
    {
        var facts = new List<Fact>(3);
        if (Repeats > 0)
            facts.Add(Exemplar with { Container = Owner.Container ?? Exemplar.Container, Count = Repeats, FirstUnixNs = FirstUnixNs, LastUnixNs = LastUnixNs, IsNew = false });
        if (Exemplar is NetworkFact peer)
        {
            if (_going is { } going)
                facts.Add(FactOf(peer, NetworkOperation.Progress, going, going.LongestNs));
            if (_closed is { } closed)
                facts.Add(FactOf(peer, NetworkOperation.Close, closed, closed.DurationNs));
        }
        Repeats = 0;
        _closed = _going = null;
        return facts;
    }

    private NetworkFact FactOf(NetworkFact peer, NetworkOperation operation, FlowTotals flows, ulong durationNs) => peer with
    {
        Container = Owner.Container ?? peer.Container,
        Operation = operation,
        Count = flows.Count,
        FirstUnixNs = flows.FirstUnixNs,
        LastUnixNs = flows.LastUnixNs,
        BytesSent = flows.BytesSent,
        BytesReceived = flows.BytesReceived,
        DurationNs = durationNs,
        IsNew = false,
    };
}

/// <summary>Sums over connections of one behaviour.</summary>
internal sealed class FlowTotals
{
    /// <summary>How often one was told.</summary>
    public ulong Count { get; private set; }
    public long FirstUnixNs { get; private set; } = long.MaxValue;
    public long LastUnixNs { get; private set; }
    public ulong BytesSent { get; private set; }
    public ulong BytesReceived { get; private set; }

    /// <summary>Of all together.</summary>
    public ulong DurationNs { get; private set; }
    public ulong LongestNs { get; private set; }

    public void Add(long unixNs, ulong sent, ulong received, ulong durationNs)
    {
        Count++;
        FirstUnixNs = Math.Min(FirstUnixNs, unixNs);
        LastUnixNs = Math.Max(LastUnixNs, unixNs);
        BytesSent += sent;
        BytesReceived += received;
        DurationNs += durationNs;
        LongestNs = Math.Max(LongestNs, durationNs);
    }
}

/// <summary>The behaviours of one container, or of the host.</summary>
/// <param name="id">Empty for the host.</param>
internal sealed class ContainerBehaviours(string id)
{
    public string Id { get; } = id;

    /// <summary>As last seen; null for the host.</summary>
    public ContainerRecord? Container { get; set; }

    // Both bounded by ReductionOptions.MaxKeys; the one seen longest ago, ByUse's first, leaves when full.
    public Dictionary<UInt128, Behaviour> ByKey { get; } = [];
    public LinkedList<Behaviour> ByUse { get; } = new();
}
