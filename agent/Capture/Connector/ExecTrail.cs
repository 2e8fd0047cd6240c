using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture.Connector;

/// <summary>Files that processes opened to execute them: what is left of a program that ended before /proc could be read. One thread.</summary>
internal sealed class ExecTrail(FanotifyGroup group) : IDisposable
{
    /// <summary>Processes remembered; beyond it the oldest is forgotten.</summary>
    private const int MaxProcesses = 4096;

    /// <summary>A script, its interpreter and the loader; an interpreter that is a script itself adds one.</summary>
    private const int MaxFiles = 4;

    // Bounded by MaxProcesses and MaxFiles; removed by Take.
    private readonly Dictionary<uint, List<OpenedFile>> _byPid = [];
    private readonly Queue<uint> _order = new();
    private readonly byte[] _buffer = new byte[4096];

    public ulong Notices { get; private set; }
    public ulong Overflows { get; private set; }

    /// <summary>The files that the process's newest exec opened, the given one first; empty when nothing is known. Forgets them.</summary>
    public IReadOnlyList<OpenedFile> Take(uint pid)
    {
        Drain();
        return _byPid.Remove(pid, out var files) ? files : [];
    }

    /// <summary>Reads what is there, so that the kernel's queue stays short.</summary>
    public void Drain()
    {
        for (var n = group.Read(_buffer); n > 0; n = group.Read(_buffer))
        {
            var rest = new ReadOnlySpan<byte>(_buffer, 0, n);
            while (FanotifyNotice.TryTake(ref rest, out var notice))
            {
                if ((notice.Mask & FanotifyMask.Overflow) != 0)
                    Overflows++;
                if (notice.Descriptor < 0)
                    continue;
                Notices++;
                var file = notice.Pid == 0 ? null : OpenedFile.Of(notice.Descriptor);
                _ = close(notice.Descriptor);
                if (file is not null)
                    Keep(notice.Pid, file);
            }
        }
    }

    public void Dispose() => group.Dispose();

    private void Keep(uint pid, OpenedFile file)
    {
        if (!_byPid.TryGetValue(pid, out var files))
        {
            _byPid[pid] = files = [];
            _order.Enqueue(pid);
            while (_byPid.Count > MaxProcesses && _order.TryDequeue(out var oldest))
                _byPid.Remove(oldest);
            // Those that Take removed leave their places in the order.
            while (_order.Count > 2 * MaxProcesses)
                _byPid.Remove(_order.Dequeue());
        }
        if (files.Count < MaxFiles)
            files.Add(file);
    }
}
