namespace Runtime.Collector.Nodes;

/// <summary>One act of an agent's probe, from a committed batch.</summary>
/// <param name="Kind">One of <see cref="AgentSight.Kinds"/>.</param>
/// <param name="Reason">Empty when it was seen.</param>
internal sealed record SeenProbe(string Kind, bool IsSeen, string Reason);

/// <summary>Sight of one kind was lost or came back.</summary>
/// <param name="Kind">One of <see cref="AgentSight.Kinds"/>, or <see cref="AgentSight.Everything"/>.</param>
/// <param name="Since">The last proof, the collector's clock.</param>
internal sealed record SightChange(string Kind, bool IsBlind, DateTimeOffset Since, string Reason);

/// <summary>What is known of one kind's sight.</summary>
internal sealed record SightView(string Kind, DateTimeOffset LastSeen, bool IsBlind, string Reason);

/// <summary>Whether one agent sees, by what its probes showed. Pure: no clock but the one given. Not thread-safe.</summary>
/// <remarks>
/// A probe that fails once may be a busy moment. Blind is a kind that was not proven for two intervals and a margin, which at the default
/// interval of 10 s is 25 s; the whole agent when no word of any probe came for so long, whether its stream is open (a stopped process) or not (a
/// killed one). An agent that ended its stream in order was stopped by who runs it, as in every rollout: that is shown, and no alarm.
/// </remarks>
internal sealed class AgentSight
{
    public const string Everything = "agent";
    public static readonly IReadOnlyList<string> Kinds = ["exec", "write", "connect"];
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Held> _kinds = Kinds.Append(Everything).ToDictionary(kind => kind, _ => new Held(), StringComparer.Ordinal);
    private TimeSpan _interval;
    private bool _isConnected;

    public AgentSight(TimeSpan interval, DateTimeOffset now) => Open(interval, now, proven: true);

    /// <summary>Ended its stream in order and has not come back.</summary>
    public bool IsStopped { get; private set; }

    private TimeSpan Limit => 2 * _interval + Margin;

    /// <summary>Its stream is open. One that comes back has not proven anything by that.</summary>
    /// <param name="interval">Of its probes; zero: it makes none.</param>
    public void Open(TimeSpan interval, DateTimeOffset now) => Open(interval, now, proven: IsStopped || _interval == TimeSpan.Zero);

    public void Close(bool inOrder)
    {
        _isConnected = false;
        IsStopped = inOrder;
    }

    public void Take(IEnumerable<SeenProbe> probes, DateTimeOffset now)
    {
        foreach (var probe in probes)
        {
            _kinds[Everything].LastSeen = now;
            var held = _kinds[probe.Kind];
            held.IsProbed = true;
            held.Reason = probe.Reason;
            if (probe.IsSeen)
            {
                held.LastSeen = now;
            }
        }
    }

    /// <summary>What changed since the last call.</summary>
    public IReadOnlyList<SightChange> Judge(DateTimeOffset now)
    {
        if (_interval == TimeSpan.Zero || IsStopped)
        {
            return [];
        }

        var changes = new List<SightChange>();
        var silent = Change(Everything, now, _isConnected ? "it says nothing, though its connection is open: stopped, or it does not get on" : "its connection broke, and it has not come back");

        // While nothing is heard the kinds are not known; the one word says it.
        foreach (var kind in silent ? [] : Kinds.Where(kind => _kinds[kind].IsProbed))
        {
            Change(kind, now, _kinds[kind].Reason);
        }

        return changes;

        bool Change(string kind, DateTimeOffset at, string reason)
        {
            var held = _kinds[kind];
            var blind = at - held.LastSeen > Limit;
            if (blind != held.IsBlind)
            {
                held.IsBlind = blind;
                changes.Add(new SightChange(kind, blind, blind ? held.LastSeen : held.BlindSince, blind ? reason : ""));
                held.BlindSince = held.LastSeen;
            }

            return blind;
        }
    }

    public IReadOnlyList<SightView> View() =>
        _interval == TimeSpan.Zero ? [] : [.. Kinds.Where(kind => _kinds[kind].IsProbed).Select(kind => new SightView(kind, _kinds[kind].LastSeen, _kinds[kind].IsBlind || _kinds[Everything].IsBlind, _kinds[kind].Reason))];

    private void Open(TimeSpan interval, DateTimeOffset now, bool proven)
    {
        (_interval, _isConnected, IsStopped) = (interval, true, false);
        foreach (var held in _kinds.Values.Where(_ => proven))
        {
            held.LastSeen = now;
        }
    }

    private sealed class Held
    {
        /// <summary>The agent probes it: not each way of watching sees each kind of act.</summary>
        public bool IsProbed { get; set; }
        public DateTimeOffset LastSeen { get; set; }
        public DateTimeOffset BlindSince { get; set; }
        public bool IsBlind { get; set; }
        public string Reason { get; set; } = "";
    }
}
