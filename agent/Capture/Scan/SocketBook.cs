using Runtime.Agent.Interop;

namespace Runtime.Agent.Capture.Scan;

/// <summary>The sockets of one network namespace, and the events between two looks. Capture thread only.</summary>
/// <param name="isState">True: what the first look meets was there before the agent and is told to nobody.</param>
/// <param name="flowInterval">A connection that lives so long is told what it moved, so often; zero: only at its end.</param>
internal sealed class SocketBook(ProcessSightings processes, SocketOwners owners, bool isState, TimeSpan flowInterval = default)
{
    /// <summary>Beyond it sockets are not followed, and counted.</summary>
    private const int MaxSockets = 262_144;

    private sealed class Held(SocketSighting socket, Sighting? owner, NetworkOperation operation, ulong sinceBootNs)
    {
        /// <summary>As last seen.</summary>
        public SocketSighting Socket { get; set; } = socket;
        public ulong SinceBootNs { get; } = sinceBootNs;
        public uint Look { get; set; }

        public ulong ToldBootNs { get; private set; } = sinceBootNs;
        private ulong _toldSent, _toldReceived;

        public bool IsAccepted => operation == NetworkOperation.Accept;

        /// <summary>Whose bytes are told; null where nobody's are.</summary>
        public Sighting? FlowOwner { get; } =
            operation is NetworkOperation.Connect or NetworkOperation.Accept && socket.Protocol == SocketSighting.Tcp ? owner : null;

        /// <summary>What it moved since the last call.</summary>
        public SocketSighting Take(SocketSighting now, ulong nowBootNs)
        {
            var moved = now with { BytesSent = Math.Max(now.BytesSent, _toldSent) - _toldSent, BytesReceived = Math.Max(now.BytesReceived, _toldReceived) - _toldReceived };
            (ToldBootNs, _toldSent, _toldReceived) = (nowBootNs, Math.Max(now.BytesSent, _toldSent), Math.Max(now.BytesReceived, _toldReceived));
            return moved;
        }
    }

    // Bounded by MaxSockets; removed by their end, or by the look that does not meet them.
    private readonly Dictionary<ulong, Held> _held = [];

    // Met once with a process that no look at processes knows yet: it began between the two looks. Asked for again by the next
    // look, then counted. Cgroup and look of the meeting by socket; bounded as _held, emptied by the next look but one.
    private readonly Dictionary<ulong, (ulong Cgroup, uint Look)> _unowned = [];

    private readonly ulong _flowIntervalNs = (ulong)flowInterval.TotalNanoseconds;
    private uint _look;

    // By the v2 cgroup that they were made in. Bounded by the cgroups; emptied by TakeLosses.
    private readonly Dictionary<ulong, ulong> _ownerless = [];

    public ulong NotFollowed { get; private set; }

    /// <summary>Takes one look's sockets and tells what is new and what ended.</summary>
    public void Look(IReadOnlyList<SocketSighting> sockets, uint networkNamespace, IKernelEventSink sink)
    {
        _look++;
        var now = Clock.BootNs();
        var listening = new HashSet<ushort>();
        var fresh = new List<SocketSighting>();
        foreach (var socket in sockets)
        {
            if (socket is { Protocol: SocketSighting.Tcp, State: SocketState.Listen })
                listening.Add(socket.LocalPort);
            if (_held.TryGetValue(socket.Id, out var held) && held.Socket.RemotePort == socket.RemotePort)
                Meet(held, socket, now, sink);
            else if (_held.Count + fresh.Count < MaxSockets)
                fresh.Add(socket);
            else
                NotFollowed++;
        }
        Begin(fresh, listening, networkNamespace, sink);
        foreach (var ended in _held.Values.Where(h => h.Look != _look).ToArray())
            End(ended.Socket.Id, ended.Socket.BytesSent, ended.Socket.BytesReceived, sink);
        foreach (var (id, (cgroup, _)) in _unowned.Where(u => u.Value.Look != _look).ToArray())
        {
            _unowned.Remove(id);
            MissOwner(cgroup);
        }
    }

    /// <returns>False when no look had met the socket with its process: it is not known.</returns>
    public bool End(ulong id, ulong sent, ulong received, IKernelEventSink sink)
    {
        _unowned.Remove(id);
        if (!_held.Remove(id, out var held))
            return false;
        if (held.FlowOwner is { } owner)
        {
            var now = Clock.BootNs();
            Tell(sink, held.Take(held.Socket with { BytesSent = sent, BytesReceived = received }, now), owner, NetworkOperation.Close, now - held.SinceBootNs, held.IsAccepted);
        }
        return true;
    }

    private void Meet(Held held, in SocketSighting socket, ulong now, IKernelEventSink sink)
    {
        held.Look = _look;
        held.Socket = socket;
        if (_flowIntervalNs == 0 || held.FlowOwner is not { } owner || now - held.ToldBootNs < _flowIntervalNs)
            return;
        var moved = held.Take(socket, now);
        if (moved is not { BytesSent: 0, BytesReceived: 0 })
            Tell(sink, moved, owner, NetworkOperation.Progress, now - held.SinceBootNs, held.IsAccepted);
    }

    /// <summary>A socket whose process is not known; told as a loss of its cgroup (0: of nobody that could be named).</summary>
    public void MissOwner(ulong cgroup) => _ownerless[cgroup] = _ownerless.GetValueOrDefault(cgroup) + 1;

    /// <summary>The last look, at a namespace that nobody lives in any more: everything ended.</summary>
    public void Leave(uint networkNamespace, IKernelEventSink sink, List<CaptureLoss> losses)
    {
        Look([], networkNamespace, sink);
        TakeLosses(losses);
    }

    public void TakeLosses(List<CaptureLoss> losses)
    {
        foreach (var (cgroup, count) in _ownerless)
            losses.Add(new(cgroup == 0 ? null : new CgroupKey(cgroup, 2), EventKind.Network, "no_process", count));
        _ownerless.Clear();
    }

    private void Begin(List<SocketSighting> fresh, HashSet<ushort> listening, uint networkNamespace, IKernelEventSink sink)
    {
        var now = Clock.BootNs();
        var wanted = fresh.Where(s => s.Inode != 0).Select(s => s.Inode).ToHashSet();
        var found = new Dictionary<uint, uint>();
        if (wanted.Count > 0)
            owners.Find(wanted, processes.All.Where(p => p.Image?.NetworkNamespace == networkNamespace), found);
        foreach (var socket in fresh)
        {
            var operation = OperationOf(socket, listening);
            var owner = found.TryGetValue(socket.Inode, out var pid) ? processes.Resolve(pid, now) : null;
            var isFirst = !_unowned.Remove(socket.Id);
            var isTold = !(isState && _look == 1) && operation != NetworkOperation.Unknown && pid != Environment.ProcessId;
            // A connection that waits in a listener's queue has no process yet.
            if (isTold && owner is null && socket.Inode == 0 && operation == NetworkOperation.Accept)
                continue;
            if (isTold && owner is null && socket.Inode != 0 && isFirst)
            {
                _unowned[socket.Id] = (socket.Cgroup, _look);
                continue;
            }
            _held[socket.Id] = new(socket, owner, operation, now) { Look = _look };
            if (isTold && owner is not null)
                Tell(sink, socket with { BytesSent = 0, BytesReceived = 0 }, owner, operation);
            else if (isTold && socket.Inode != 0)
                MissOwner(socket.Cgroup);
        }
    }

    private static NetworkOperation OperationOf(SocketSighting socket, HashSet<ushort> listening) => socket switch
    {
        { Protocol: SocketSighting.Udp, RemotePort: not 0 } => NetworkOperation.UdpPeer,
        { Protocol: SocketSighting.Udp } => NetworkOperation.Unknown,
        { State: SocketState.Listen } => NetworkOperation.Listen,
        { RemotePort: 0 } => NetworkOperation.Unknown,
        { State: SocketState.SynSent } => NetworkOperation.Connect,
        _ => listening.Contains(socket.LocalPort) ? NetworkOperation.Accept : NetworkOperation.Connect,
    };

    private static void Tell(IKernelEventSink sink, in SocketSighting socket, Sighting owner, NetworkOperation operation, ulong durationNs = 0, bool isAccepted = false) =>
        sink.OnNetwork(new NetworkEvent
        {
            Origin = owner.At(Clock.BootNs()),
            Operation = operation,
            Protocol = socket.Protocol,
            LocalAddress = socket.Local,
            LocalPort = socket.LocalPort,
            RemoteAddress = socket.Remote,
            RemotePort = socket.RemotePort,
            BytesSent = socket.BytesSent,
            BytesReceived = socket.BytesReceived,
            DurationNs = durationNs,
            IsAccepted = isAccepted,
        });
}
