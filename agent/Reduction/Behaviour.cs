using Runtime.Agent.Containers;

namespace Runtime.Agent.Reduction;

/// <summary>One behaviour of one container that was reported once, and what repeated since.</summary>
internal sealed class Behaviour
{
    /// <summary>Argument sets of one exec key that go out as new; later ones are only counted.</summary>
    public const int MaxArgumentSets = 16;

    private ulong[]? _argumentSets;
    private int _argumentCount;

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

    /// <summary>Connections of this peer that ended since the last report; null when none.</summary>
    public FlowTotals? Closed { get; set; }

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

    /// <summary>What is to be reported; the counts begin anew.</summary>
    public (Fact? Repeats, Fact? Closed) Take()
    {
        Fact? repeats = null, closed = null;
        if (Repeats > 0)
            repeats = Exemplar with { Container = Owner.Container ?? Exemplar.Container, Count = Repeats, FirstUnixNs = FirstUnixNs, LastUnixNs = LastUnixNs, IsNew = false };
        if (Closed is { } flows && Exemplar is NetworkFact exemplar)
        {
            closed = exemplar with
            {
                Container = Owner.Container ?? Exemplar.Container,
                Operation = Capture.NetworkOperation.Close,
                Count = flows.Count,
                FirstUnixNs = flows.FirstUnixNs,
                LastUnixNs = flows.LastUnixNs,
                BytesSent = flows.BytesSent,
                BytesReceived = flows.BytesReceived,
                DurationNs = flows.DurationNs,
                IsNew = false,
            };
        }
        Repeats = 0;
        Closed = null;
        return (repeats, closed);
    }
}

/// <summary>Sums over ended connections of one behaviour.</summary>
internal sealed class FlowTotals
{
    public ulong Count { get; private set; }
    public long FirstUnixNs { get; private set; } = long.MaxValue;
    public long LastUnixNs { get; private set; }
    public ulong BytesSent { get; private set; }
    public ulong BytesReceived { get; private set; }
    public ulong DurationNs { get; private set; }

    public void Add(long unixNs, ulong sent, ulong received, ulong durationNs)
    {
        Count++;
        FirstUnixNs = Math.Min(FirstUnixNs, unixNs);
        LastUnixNs = Math.Max(LastUnixNs, unixNs);
        BytesSent += sent;
        BytesReceived += received;
        DurationNs += durationNs;
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
