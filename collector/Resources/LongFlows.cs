namespace Runtime.Collector.Resources;

/// <summary>A connection that lives long, to a peer that is not the deployment's own.</summary>
/// <param name="Peer">"203.0.113.7:443".</param>
/// <param name="First">UTC ticks of the first and the last time that the agent told of it.</param>
/// <param name="Duration">Ticks since it began.</param>
/// <param name="Bytes">Both ways, between first and last.</param>
internal readonly record struct LongFlow(string Peer, uint Pid, long First, long Last, long Duration, double Bytes)
{
    /// <summary>Bytes a second; a rate needs a few tellings.</summary>
    public double Rate => Last > First ? Bytes / ((double)(Last - First) / TimeSpan.TicksPerSecond) : double.PositiveInfinity;
}

/// <summary>The long connections of one container to peers that are not its deployment's own.</summary>
internal sealed class LongFlows
{
    public const int Capacity = 8;

    // At most Capacity: the one that was not told of for longest leaves.
    private readonly List<LongFlow> _flows = [];

    /// <param name="duration">Ticks since it began.</param>
    /// <param name="bytes">Both ways, since it was last told of.</param>
    public void Note(string peer, uint pid, long now, long duration, double bytes)
    {
        var at = IndexOf(peer, pid);
        if (at >= 0)
        {
            var known = _flows[at];

            // One that is younger than before is another one: the earlier has ended.
            _flows[at] = duration < known.Duration
                ? new(peer, pid, now, now, duration, 0)
                : known with { Last = Math.Max(known.Last, now), Duration = duration, Bytes = known.Bytes + bytes };
            return;
        }

        if (_flows.Count == Capacity)
        {
            _flows.Remove(_flows.MinBy(flow => flow.Last));
        }

        _flows.Add(new(peer, pid, now, now, duration, 0));
    }

    /// <summary>Its peer became the deployment's own.</summary>
    public void Forget(string peer, uint pid)
    {
        if (IndexOf(peer, pid) is var at and >= 0)
        {
            _flows.RemoveAt(at);
        }
    }

    /// <summary>Long, going on at <paramref name="now"/>, and below <paramref name="mostRate"/> bytes a second.</summary>
    public LongFlow? Find(long now, double mostRate, ResourceTimes times)
    {
        foreach (var flow in _flows)
        {
            if (flow.Duration >= times.LongFlow && now - flow.Last <= times.FlowGoesOn && flow.Last - flow.First >= times.FlowGoesOn && flow.Rate < mostRate)
            {
                return flow;
            }
        }

        return null;
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write((byte)_flows.Count);
        foreach (var flow in _flows)
        {
            writer.Write(flow.Peer);
            writer.Write(flow.Pid);
            writer.Write(flow.First);
            writer.Write(flow.Last);
            writer.Write(flow.Duration);
            writer.Write(flow.Bytes);
        }
    }

    /// <exception cref="FormatException">More than are ever kept.</exception>
    public static LongFlows Read(BinaryReader reader)
    {
        var flows = new LongFlows();
        var count = reader.ReadByte();
        if (count > Capacity)
        {
            throw new FormatException($"{count} long connections of a container; at most {Capacity} are kept");
        }

        for (var i = 0; i < count; i++)
        {
            flows._flows.Add(new(reader.ReadString(), reader.ReadUInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadDouble()));
        }

        return flows;
    }

    private int IndexOf(string peer, uint pid)
    {
        for (var i = 0; i < _flows.Count; i++)
        {
            if (_flows[i].Pid == pid && _flows[i].Peer == peer)
            {
                return i;
            }
        }

        return -1;
    }
}
