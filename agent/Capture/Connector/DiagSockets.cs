using System.ComponentModel;
using System.Text;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Interop;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Capture.Connector;

/// <summary>Sockets by sock_diag: a dump each look in every network namespace that a process lives in, and the kernel's word of each TCP socket's end. Capture thread only.</summary>
/// <remarks>
/// The diagnosis socket of a namespace keeps that namespace alive; it is closed with the last process in it.
/// A connection that began and ended between two dumps is told by its end, which names no process: a loss of the cgroup that made it.
/// </remarks>
internal sealed class DiagSockets(string procRoot, ProcessSightings processes, SocketOwners owners, TimeSpan flowInterval) : IDisposable
{
    /// <summary>Namespaces followed; beyond it they are counted.</summary>
    private const int MaxNamespaces = 1024;

    private const int ReceiveBytes = 1024 * 1024;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMilliseconds(500);

    // net:[4026531833]
    private static readonly uint Own = ProcfsText.ParseNamespaceLink(Encoding.ASCII.GetBytes(new FileInfo("/proc/self/ns/net").LinkTarget ?? ""));

    private sealed class Followed(NetlinkSocket socket, SocketBook book) : IDisposable
    {
        public NetlinkSocket Socket => socket;
        public SocketBook Book => book;
        public uint Sequence { get; set; }

        public void Dispose() => socket.Dispose();
    }

    // By the namespace's inode. Bounded by MaxNamespaces; removed with the last process in it.
    private readonly Dictionary<uint, Followed> _namespaces = [];
    private readonly byte[] _buffer = new byte[64 * 1024];

    // Of namespaces that ended since the last TakeLosses, which empties it: a few lines each.
    private readonly List<CaptureLoss> _left = [];

    private bool _started;
    private ulong _overflows, _overflowsTold;

    public int Namespaces => _namespaces.Count;
    public ulong Dumps { get; private set; }
    public ulong Destroyed { get; private set; }
    public ulong NotFollowed { get; private set; }
    public ulong Refused { get; private set; }

    /// <summary>Asks once in the host's own namespace.</summary>
    /// <exception cref="Win32Exception">The kernel has no sock_diag, or refuses us.</exception>
    public void Try()
    {
        using var socket = NetlinkSocket.OpenIn($"{procRoot}/1/ns/net", NetlinkSocket.SocketDiagnosis, DiagMessage.DestroyGroups, ReceiveBytes, orOwn: true);
        socket.Send(DiagMessage.Request(six: false, SocketSighting.Tcp, 1));
    }

    public void Look(IKernelEventSink sink)
    {
        var there = processes.All.Where(p => p.Image is { NetworkNamespace: not 0 })
            .GroupBy(p => p.Image!.NetworkNamespace).ToDictionary(n => n.Key, n => n.First().Pid);
        foreach (var gone in _namespaces.Keys.Except(there.Keys).ToArray())
            Leave(gone, sink);
        foreach (var (inode, pid) in there)
        {
            if (!_namespaces.TryGetValue(inode, out var followed) && (followed = Follow(inode, pid)) is null)
                continue;
            if (Dump(followed, sink) is { } sockets)
                followed.Book.Look(sockets, inode, sink);
        }
        _started = true;
    }

    public void TakeLosses(List<CaptureLoss> losses)
    {
        foreach (var followed in _namespaces.Values)
            followed.Book.TakeLosses(losses);
        losses.AddRange(_left);
        _left.Clear();
        if (_overflows == _overflowsTold)
            return;
        // How many ends were in it the kernel does not tell: at least one each time.
        losses.Add(new(null, EventKind.Network, "sock_diag_overflow", _overflows - _overflowsTold));
        _overflowsTold = _overflows;
    }

    public void Dispose()
    {
        foreach (var followed in _namespaces.Values)
            followed.Dispose();
        _namespaces.Clear();
    }

    private Followed? Follow(uint inode, uint pid)
    {
        if (_namespaces.Count >= MaxNamespaces)
        {
            NotFollowed++;
            return null;
        }
        try
        {
            // Our own needs no leave to enter.
            var socket = inode == Own
                ? NetlinkSocket.Open(NetlinkSocket.SocketDiagnosis, DiagMessage.DestroyGroups, ReceiveBytes)
                : NetlinkSocket.OpenIn($"{procRoot}/{pid}/ns/net", NetlinkSocket.SocketDiagnosis, DiagMessage.DestroyGroups, ReceiveBytes);
            socket.WaitAtMost(AnswerLimit);
            return _namespaces[inode] = new(socket, new SocketBook(processes, owners, isState: !_started, flowInterval));
        }
        catch (Win32Exception)
        {
            // The process is gone, and the next look asks another one of that namespace; or it is refused: the counter shows it.
            Refused++;
            return null;
        }
    }

    /// <summary>The last ends of a namespace that nobody lives in any more.</summary>
    private void Leave(uint inode, IKernelEventSink sink)
    {
        _namespaces.Remove(inode, out var followed);
        followed!.Book.Leave(inode, sink, _left);
        followed.Dispose();
    }

    /// <returns>Null when the dump is not whole: judged by it, living sockets would end.</returns>
    private List<SocketSighting>? Dump(Followed followed, IKernelEventSink sink)
    {
        var sockets = new List<SocketSighting>();
        foreach (var (six, protocol) in new[] { (false, SocketSighting.Tcp), (true, SocketSighting.Tcp), (false, SocketSighting.Udp), (true, SocketSighting.Udp) })
        {
            try
            {
                followed.Socket.Send(DiagMessage.Request(six, protocol, ++followed.Sequence));
            }
            catch (Win32Exception)
            {
                Refused++;
                return null;
            }
            if (!Receive(followed, protocol, sockets, sink))
                return null;
        }
        Dumps++;
        return sockets;
    }

    /// <summary>Until the dump ends; ends of sockets that come between are told at once.</summary>
    private bool Receive(Followed followed, byte protocol, List<SocketSighting> sockets, IKernelEventSink sink)
    {
        while (true)
        {
            var length = followed.Socket.Receive(_buffer, wait: true);
            if (length < 0)
            {
                _overflows++;
                continue;
            }
            if (length == 0)
                return false;
            var rest = new ReadOnlySpan<byte>(_buffer, 0, length);
            while (DiagMessage.TryTake(ref rest, protocol, out var kind, out var sequence, out var socket))
            {
                if (kind == DiagKind.Socket && sequence == 0)
                    End(followed.Book, socket, sink);
                else if (sequence != followed.Sequence)
                    continue;
                else if (kind is DiagKind.Done or DiagKind.Refused)
                    return true;
                else if (kind == DiagKind.Socket)
                    sockets.Add(socket);
            }
        }
    }

    private void End(SocketBook book, in SocketSighting socket, IKernelEventSink sink)
    {
        Destroyed++;
        // One that never had a peer was none.
        if (!book.End(socket.Id, socket.BytesSent, socket.BytesReceived, sink) && socket.RemotePort != 0)
            book.MissOwner(socket.Cgroup);
    }
}
