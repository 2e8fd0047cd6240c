using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Health;
using Runtime.Agent.Processes;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Standing;

/// <summary>
/// What listens, is connected and is mounted when the agent starts, read once from /proc after the hooks are attached, so that nothing falls between
/// the two. What starts later needs no scan: its own calls are seen.
/// </summary>
/// <remarks>
/// On a thread of its own that ends with the scan: /proc/net/tcp walks the whole table of connections for each namespace, milliseconds each, for which
/// the ring cannot wait. The capture thread takes the finds at its idle moments.
/// <para>/proc/PID/net shows the namespace of that process: nothing is entered.</para>
/// </remarks>
internal sealed class StartScan(string procRoot, AgentLog log)
{
    private const int MaxSocketsOfNamespace = 4096;
    private const int MaxDescriptors = 262_144;
    private const int MaxMounts = 1024;
    private const int MaxFound = 65_536;

    /// <summary>A socket that is bound, without a peer, from here on is a client's that was given any port (ip_local_port_range).</summary>
    private const ushort FirstEphemeralPort = 32_768;
    private static readonly (string Name, byte Protocol)[] SocketFiles = [("tcp", SocketText.Tcp), ("tcp6", SocketText.Tcp), ("udp", SocketText.Udp), ("udp6", SocketText.Udp)];

    // Bounded by MaxFound over the whole scan.
    private readonly ConcurrentQueue<Found> _found = new();
    private readonly byte[] _link = new byte[64];
    private int _descriptorsLeft = MaxDescriptors;
    private ulong _sockets, _mounts, _unowned, _left;
    private int _isDone;

    /// <summary>The scan is over and everything was taken.</summary>
    public bool IsDone => Volatile.Read(ref _isDone) == 1 && _found.IsEmpty;

    /// <param name="running">Parents first: of several processes that share a socket the first is told.</param>
    public void Start(IReadOnlyList<ProcessRecord> running) =>
        new Thread(() => Run(running)) { IsBackground = true, Name = "start scan", Priority = ThreadPriority.BelowNormal }.Start();

    /// <summary>Capture thread.</summary>
    public bool TryTake(out Found found) => _found.TryDequeue(out found!);

    /// <summary>By name. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>
    {
        ["start_scan.sockets"] = Volatile.Read(ref _sockets),
        ["start_scan.mounts"] = Volatile.Read(ref _mounts),
        ["start_scan.sockets_without_process"] = Volatile.Read(ref _unowned),
        ["start_scan.left_out"] = Volatile.Read(ref _left),
    };

    internal void Run(IReadOnlyList<ProcessRecord> running)
    {
        try
        {
            foreach (var processes in running.Where(p => p.NetworkNamespace != 0).GroupBy(p => p.NetworkNamespace))
                ScanSockets([.. processes]);
            ScanMounts(running);
        }
        // The border of the thread: without the scan, what stood before is not known; what happens from now on is.
        catch (Exception e)
        {
            log.Error($"what listened and was connected before the agent is not told: {e}");
        }
        finally
        {
            Volatile.Write(ref _isDone, 1);
        }
    }

    private void ScanSockets(List<ProcessRecord> processes)
    {
        var sockets = new List<Socket>();
        foreach (var (name, protocol) in SocketFiles)
            SocketText.Parse(ReadOfAny(processes, $"net/{name}"), protocol, sockets, MaxSocketsOfNamespace, ref _left);
        var listened = sockets.Where(s => s.State == SocketState.Listening).Select(s => s.LocalPort).ToHashSet();
        // By inode. Bounded by MaxSocketsOfNamespace.
        var wanted = new Dictionary<ulong, (NetworkOperation Operation, Socket Socket)>();
        foreach (var socket in sockets)
        {
            if (socket.Inode != 0 && OperationOf(socket, listened) is { } operation)
                wanted[socket.Inode] = (operation, socket);
        }
        foreach (var process in processes)
        {
            if (wanted.Count == 0)
                return;
            foreach (var inode in SocketsOf(process.Key.Pid))
            {
                if (!wanted.Remove(inode, out var found))
                    continue;
                _sockets++;
                Put(new StandingSocket(process.Key, found.Operation, found.Socket));
            }
        }
        _unowned += (ulong)wanted.Count;
    }

    /// <returns>Null for what says nothing: a client's socket that talks to nobody now.</returns>
    private static NetworkOperation? OperationOf(Socket socket, HashSet<ushort> listened) => (socket.Protocol, socket.State) switch
    {
        (_, SocketState.Listening) => NetworkOperation.Listen,
        (SocketText.Tcp, _) => listened.Contains(socket.LocalPort) ? NetworkOperation.Accept : NetworkOperation.Connect,
        (_, SocketState.Established) => NetworkOperation.UdpPeer,
        _ => socket.LocalPort is > 0 and < FirstEphemeralPort ? NetworkOperation.Listen : null,
    };

    /// <summary>Inodes of a process's sockets.</summary>
    // /proc/PID/fd/7 -> socket:[12345]
    private IEnumerable<ulong> SocketsOf(uint pid)
    {
        IEnumerable<string> descriptors;
        try
        {
            descriptors = Directory.GetFileSystemEntries(Of(pid, "fd"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or not to be looked at.
            yield break;
        }
        foreach (var path in descriptors)
        {
            if (_descriptorsLeft-- <= 0)
            {
                _left++;
                yield break;
            }
            if (SocketOf(path) is var inode and not 0)
                yield return inode;
        }
    }

    private unsafe ulong SocketOf(string path)
    {
        fixed (byte* p = Encoding.UTF8.GetBytes(path + "\0"))
        fixed (byte* b = _link)
        {
            var n = (long)readlink(p, b, (size_t)(ulong)_link.Length);
            var link = n > 0 ? _link.AsSpan(0, (int)n) : default;
            return link.StartsWith("socket:"u8) && global::System.Buffers.Text.Utf8Parser.TryParse(link[8..], out ulong inode, out _) ? inode : 0;
        }
    }

    private void ScanMounts(IReadOnlyList<ProcessRecord> running)
    {
        var host = MountText.Parse(Read(Of(1, "mountinfo")), MaxMounts);
        if (host.Count == 0)
            host = MountText.Parse(Read("/proc/self/mountinfo"), MaxMounts);
        var seen = new HashSet<uint>();
        foreach (var process in running)
        {
            // Parents first: the container's first process stands for its mounts.
            if (process.ContainerId.Length == 0 || process.MountNamespace == 0 || !seen.Add(process.MountNamespace))
                continue;
            foreach (var mount in MountText.ThatReachTheHost(MountText.Parse(Read(Of(process.Key.Pid, "mountinfo")), MaxMounts), host))
            {
                _mounts++;
                Put(new StandingMount(process.Key, mount));
            }
        }
    }

    private void Put(Found found)
    {
        if (_sockets + _mounts <= MaxFound)
            _found.Enqueue(found);
        else
            _left++;
    }

    private byte[] ReadOfAny(List<ProcessRecord> processes, string name)
    {
        // The first may have ended; a few tries tell whether the namespace is still there.
        foreach (var process in processes.Take(8))
        {
            if (Read(Of(process.Key.Pid, name)) is { Length: > 0 } text)
                return text;
        }
        return [];
    }

    private string Of(uint pid, string name) => string.Create(CultureInfo.InvariantCulture, $"{procRoot}/{pid}/{name}");

    /// <returns>Empty when it cannot be read.</returns>
    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
