using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.ExceptionServices;
using Runtime.Agent.Interop;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Capture.Connector;

/// <summary>A notice of the proc connector with what /proc told in the same moment.</summary>
/// <param name="Stat">Fork: the child's; null when it was gone.</param>
/// <param name="Process">Exec: null when it was gone.</param>
/// <param name="Files">Exec: what it opened to execute, the given file first; empty when not known.</param>
internal sealed record ProcessNotice(ProcNotice Notice, ulong TimeBootNs, ProcStat? Stat, ProcfsProcess? Process, IReadOnlyList<OpenedFile> Files);

/// <summary>Reads the proc connector on a thread of its own, because /proc must be read before a short-lived process is gone.</summary>
internal sealed class ProcessWatch : IDisposable
{
    /// <summary>Notices that wait for the capture thread; a new one is dropped and counted when they are so many.</summary>
    private const int MaxWaiting = 16_384;

    private const int ReceiveBytes = 4 * 1024 * 1024;
    private const uint ProcessGroup = 1, Listen = 1; // CN_IDX_PROC, PROC_CN_MCAST_LISTEN
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(100);

    private readonly NetlinkSocket _socket;
    private readonly ProcfsReader _procfs;
    private readonly ExecTrail? _trail;
    private readonly Thread _thread;
    private readonly byte[] _buffer = new byte[8192];

    // Bounded by MaxWaiting.
    private readonly ConcurrentQueue<ProcessNotice> _waiting = new();

    // The newest number of each processor's count; bounded by the processors.
    private readonly Dictionary<uint, uint> _sequences = [];

    private volatile bool _stopping;
    private volatile ExceptionDispatchInfo? _failure;
    private int _waitingCount;
    private long _received, _lostInKernel, _dropped, _overflows;

    private ProcessWatch(NetlinkSocket socket, ProcfsReader procfs, ExecTrail? trail)
    {
        (_socket, _procfs, _trail) = (socket, procfs, trail);
        _thread = new Thread(Watch) { IsBackground = true, Name = "connector", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>Set when a notice is there.</summary>
    public AutoResetEvent Arrived { get; } = new(false);

    public ulong Received => (ulong)Interlocked.Read(ref _received);

    /// <summary>Notices that the kernel made and we did not get, by their numbers.</summary>
    public ulong LostInKernel => (ulong)Interlocked.Read(ref _lostInKernel);

    /// <summary>Notices that found the queue full.</summary>
    public ulong Dropped => (ulong)Interlocked.Read(ref _dropped);

    /// <summary>How often notices were lost in either way: a look at all processes mends the table.</summary>
    public ulong Overflows => (ulong)Interlocked.Read(ref _overflows);

    /// <summary>Subscribes; the kernel's answer is awaited.</summary>
    /// <param name="trail">Null where the kernel does not tell what is opened to be executed.</param>
    /// <exception cref="ConnectorException">The kernel has no proc connector, or refuses us.</exception>
    public static ProcessWatch Start(string procRoot, ExecTrail? trail)
    {
        NetlinkSocket socket;
        try
        {
            // The connector lives in the first network namespace only.
            socket = NetlinkSocket.OpenIn($"{procRoot}/1/ns/net", NetlinkSocket.Connector, 1u << (int)(ProcessGroup - 1), ReceiveBytes, orOwn: true);
        }
        catch (Win32Exception e)
        {
            throw new ConnectorException($"proc connector: {e.Message} (errno {e.NativeErrorCode}): needs CAP_NET_ADMIN and CAP_SYS_ADMIN in the host's namespaces, and a kernel with CONFIG_PROC_EVENTS");
        }
        try
        {
            Subscribe(socket);
            return new(socket, new ProcfsReader(procRoot), trail);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public bool TryTake(out ProcessNotice notice)
    {
        _failure?.Throw();
        if (!_waiting.TryDequeue(out notice!))
            return false;
        Interlocked.Decrement(ref _waitingCount);
        return true;
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _socket.Dispose();
        _trail?.Dispose();
        Arrived.Dispose();
    }

    private static void Subscribe(NetlinkSocket socket)
    {
        var buffer = new byte[8192];
        try
        {
            socket.WaitAtMost(Wait);
            socket.Send(ProcNotice.Request(Listen));
            // A busy machine's own notices come before and after the answer.
            for (var end = Environment.TickCount64 + 2000; Environment.TickCount64 < end;)
            {
                var length = socket.Receive(buffer, wait: true);
                if (length <= 0 || !ProcNotice.TryParse(buffer.AsSpan(0, length), out var notice) || notice.Kind != ProcNoticeKind.Acknowledged)
                    continue;
                if (notice.Value != 0)
                    throw new ConnectorException($"proc connector: {new Win32Exception((int)notice.Value).Message} (errno {notice.Value}): needs CAP_NET_ADMIN");
                return;
            }
        }
        catch (Win32Exception e)
        {
            throw new ConnectorException($"proc connector: {e.Message} (errno {e.NativeErrorCode})");
        }
        throw new ConnectorException("proc connector: the kernel does not answer: it was built without CONFIG_PROC_EVENTS, or this is not the host's pid namespace");
    }

    private void Watch()
    {
        try
        {
            while (!_stopping)
                Receive();
        }
        // The border of the thread: the capture thread rethrows it at its next look.
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            Arrived.Set();
        }
    }

    private void Receive()
    {
        var length = _socket.Receive(_buffer, wait: true);
        if (length < 0)
            Interlocked.Increment(ref _overflows);
        if (length <= 0)
        {
            _trail?.Drain();
            return;
        }
        if (!ProcNotice.TryParse(_buffer.AsSpan(0, length), out var notice))
            return;
        // First of all: the process may not live much longer.
        var process = notice is { Kind: ProcNoticeKind.Exec } ? _procfs.ReadProcess(notice.ProcessId) : null;
        Count(notice);
        var timeBootNs = Clock.MonotonicToBootNs(notice.TimeMonotonicNs);
        switch (notice.Kind)
        {
            // A thread is no process, and its end is not the process's.
            case ProcNoticeKind.Fork when notice.Pid == notice.ProcessId:
                Post(new(notice, timeBootNs, _procfs.ReadStat(notice.ProcessId), null, []));
                break;
            case ProcNoticeKind.Exec:
                Post(new(notice, timeBootNs, null, process, _trail?.Take(notice.ProcessId) ?? []));
                break;
            case ProcNoticeKind.Exit when notice.Pid == notice.ProcessId:
                Post(new(notice, timeBootNs, null, null, []));
                break;
        }
    }

    private void Count(in ProcNotice notice)
    {
        Interlocked.Increment(ref _received);
        if (notice.Kind == ProcNoticeKind.Acknowledged)
            return;
        if (_sequences.TryGetValue(notice.Processor, out var before) && notice.Sequence - before is > 1 and < int.MaxValue and var step)
        {
            Interlocked.Add(ref _lostInKernel, step - 1);
            Interlocked.Increment(ref _overflows);
        }
        _sequences[notice.Processor] = notice.Sequence;
    }

    private void Post(ProcessNotice notice)
    {
        if (Interlocked.Increment(ref _waitingCount) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waitingCount);
            Interlocked.Increment(ref _dropped);
            Interlocked.Increment(ref _overflows);
            return;
        }
        _waiting.Enqueue(notice);
        Arrived.Set();
    }
}
