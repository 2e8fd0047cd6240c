using Runtime.Agent.Processes;

namespace Runtime.Agent.Capture.Scan;

/// <summary>Sockets of every network namespace that a process lives in, read from /proc/PID/net. Capture thread only.</summary>
internal sealed class ProcSockets(string procRoot, ProcessSightings processes, SocketOwners owners)
{
    /// <summary>Namespaces followed; beyond it they are counted.</summary>
    private const int MaxNamespaces = 1024;

    private static readonly (string File, byte Protocol)[] Files =
        [("tcp", SocketSighting.Tcp), ("tcp6", SocketSighting.Tcp), ("udp", SocketSighting.Udp), ("udp6", SocketSighting.Udp)];

    // By the namespace's inode. Bounded by MaxNamespaces; removed with the last process in it.
    private readonly Dictionary<uint, SocketBook> _books = [];

    // Of namespaces that ended since the last TakeLosses, which empties it: a few lines each.
    private readonly List<CaptureLoss> _left = [];

    private bool _started;

    public int Namespaces => _books.Count;
    public ulong Malformed { get; private set; }
    public ulong NotFollowed { get; private set; }

    public void Look(IKernelEventSink sink)
    {
        var there = processes.All.Where(p => p.Image is { NetworkNamespace: not 0 }).GroupBy(p => p.Image!.NetworkNamespace).ToArray();
        foreach (var gone in _books.Keys.Except(there.Select(n => n.Key)).ToArray())
        {
            _books.Remove(gone, out var book);
            book!.Leave(gone, sink, _left);
        }
        foreach (var members in there)
        {
            if (!_books.TryGetValue(members.Key, out var book))
            {
                if (_books.Count >= MaxNamespaces)
                {
                    NotFollowed++;
                    continue;
                }
                _books[members.Key] = book = new SocketBook(processes, owners, isState: !_started);
            }
            if (Read(members) is { } sockets)
                book.Look(sockets, members.Key, sink);
        }
        _started = true;
    }

    /// <summary>Adds losses of new sockets without a process.</summary>
    public void TakeLosses(List<CaptureLoss> losses)
    {
        foreach (var book in _books.Values)
            book.TakeLosses(losses);
        losses.AddRange(_left);
        _left.Clear();
    }

    /// <returns>Null when nobody in the namespace could be asked any more.</returns>
    private List<SocketSighting>? Read(IEnumerable<Sighting> members)
    {
        foreach (var process in members)
        {
            try
            {
                var sockets = new List<SocketSighting>();
                foreach (var (file, protocol) in Files)
                {
                    var path = $"{procRoot}/{process.Pid}/net/{file}";
                    // Without IPv6 there is no tcp6.
                    if (file.EndsWith('6') && !File.Exists(path))
                        continue;
                    Malformed += (ulong)NetworkText.Parse(File.ReadAllBytes(path), protocol, sockets);
                }
                return sockets;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // This one is gone; the next may live.
            }
        }
        return null;
    }
}
