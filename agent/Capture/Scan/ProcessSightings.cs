using Runtime.Agent.Interop;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Capture.Scan;

/// <summary>The living processes, as /proc shows them, and the events between two looks. Capture thread only.</summary>
/// <remarks>
/// A process that came and went between two looks is not seen. What a look meets is told with the time of the look.
/// A start is known by the start of its stack, which every exec draws anew (unless address randomisation is off) and a fork
/// keeps: one read of /proc/PID/stat a process and look.
/// </remarks>
/// <param name="keyOf">As the container table names the cgroup of a process.</param>
internal sealed class ProcessSightings(ProcfsReader procfs, Func<ProcCgroup, CgroupKey> keyOf, UpperLayers layers)
{
    public const ulong TickNs = 10_000_000;

    /// <summary>A process may have been moved to another cgroup; so old may the answer be.</summary>
    private const ulong PlaceNs = 1_000_000_000;

    /// <summary>How long after its end a process is still named, as the process table holds it.</summary>
    private const ulong GraceNs = 2_000_000_000;
    private const int MaxEnded = 8192;

    private static readonly uint Own = (uint)Environment.ProcessId;

    // Bounded by the kernel's pid_max: removed by the exit, or by the next look that does not meet them.
    private readonly Dictionary<uint, Sighting> _byPid = [];

    // Ended a short while ago: notices of files come after the end of who did it. Bounded by MaxEnded; the oldest goes.
    private readonly Dictionary<uint, (Sighting Sighting, ulong EndBootNs)> _ended = [];
    private readonly Queue<(uint Pid, ulong EndBootNs)> _endedOrder = new();

    private uint _look;

    public int Count => _byPid.Count;
    public IEnumerable<Sighting> All => _byPid.Values;
    public ulong Looks { get; private set; }
    public ulong Forks { get; private set; }
    public ulong Execs { get; private set; }
    public ulong Exits { get; private set; }

    /// <summary>What is there already, told to nobody: the process table reads it by itself.</summary>
    public void TakeIn()
    {
        foreach (var pid in procfs.Pids())
        {
            if (procfs.ReadProcess(pid) is { } process)
                Keep(process, Clock.BootNs());
        }
    }

    /// <summary>Tells what began, changed its image or ended since the last look.</summary>
    public void Look(IKernelEventSink sink)
    {
        Looks++;
        _look++;
        // Bounded as the processes are; dropped at the end of the look.
        var begun = new List<(uint Pid, ProcStat Stat)>();
        foreach (var pid in procfs.Pids())
        {
            if (procfs.ReadStat(pid) is not { } stat)
                continue;
            var known = _byPid.GetValueOrDefault(pid);
            if (known?.StartBootNs != stat.StartTicks * TickNs)
            {
                begun.Add((pid, stat));
                continue;
            }
            known.Look = _look;
            if (!stat.IsKernelThread && IsOtherImage(stat.StackStart, known.StackStart) && procfs.ReadProcess(pid) is { Binary.Length: > 0 } process)
                TellExec(sink, process, Clock.BootNs());
        }
        foreach (var gone in _byPid.Values.Where(s => s.Look != _look).ToArray())
            TellExit(sink, gone.Pid, 0, 0, Clock.BootNs());
        // Parents before their children, as far as the steps of /proc's clock can tell.
        foreach (var (pid, stat) in begun.OrderBy(b => b.Stat.StartTicks).ThenBy(b => b.Pid))
        {
            Begin(sink, pid, stat);
        }
    }

    public Sighting? Find(uint pid) => _byPid.GetValueOrDefault(pid);

    /// <summary>Whose doing it is. Reads /proc for a process not yet seen, and again for the cgroup of one not looked at for a second.</summary>
    /// <returns>Null when the process is gone and was never seen, or is the agent itself.</returns>
    public Sighting? Resolve(uint pid, ulong nowBootNs)
    {
        if (pid == Own || pid == 0)
            return null;
        if (_byPid.GetValueOrDefault(pid) is not { } known)
        {
            if (_ended.TryGetValue(pid, out var ended) && nowBootNs < ended.EndBootNs + GraceNs)
                return ended.Sighting;
            return procfs.ReadProcess(pid) is { } process ? Keep(process, nowBootNs) : null;
        }
        if (nowBootNs > known.PlacedBootNs + PlaceNs)
        {
            known.PlacedBootNs = nowBootNs;
            if (procfs.ReadCgroup(pid) is { } cgroup && keyOf(cgroup) is { Id: not 0 } key)
                known.Cgroup = key;
        }
        return known;
    }

    /// <param name="startBootNs">As /proc tells it, or as near as the event does.</param>
    /// <param name="stackStart">0 when not known: then as the parent's.</param>
    public void TellFork(IKernelEventSink sink, uint pid, uint parentPid, ulong startBootNs, ulong stackStart, ulong timeBootNs)
    {
        var parent = Resolve(parentPid, timeBootNs) ?? _byPid.GetValueOrDefault(parentPid);
        var child = new Sighting(pid, startBootNs)
        {
            ParentPid = parentPid,
            Cgroup = parent?.Cgroup ?? default,
            PlacedBootNs = parent?.PlacedBootNs ?? 0,
            StackStart = stackStart == 0 ? parent?.StackStart ?? 0 : stackStart,
            Image = parent?.Image,
            Look = _look,
        };
        _byPid[pid] = child;
        Forks++;
        sink.OnFork(new ForkEvent { Origin = child.At(timeBootNs), ParentPid = parentPid, ParentStartBootNs = StartOf(parentPid, parent) });
    }

    public void TellExec(IKernelEventSink sink, ProcfsProcess process, ulong timeBootNs, ReadOnlySpan<byte> script = default)
    {
        var sighting = Keep(process, timeBootNs);
        Execs++;
        if (process.Pid == Own)
            return;
        sink.OnExec(new ExecEvent
        {
            Origin = sighting.At(timeBootNs),
            ParentPid = process.Stat.ParentPid,
            ParentStartBootNs = StartOf(process.Stat.ParentPid, _byPid.GetValueOrDefault(process.Stat.ParentPid)),
            Binary = process.Binary,
            Filename = script,
            IsScript = !script.IsEmpty,
            Arguments = process.Arguments,
            Cwd = process.Cwd,
            // Both enumerations have the same low bits; those of the contract go no further.
            Flags = layers.Of(process) | ((ExecFlags)process.Flags & (ExecFlags)0x1FF),
            Uid = process.Status.Uid,
            Euid = process.Status.Euid,
            Gid = process.Status.Gid,
            LoginUid = process.LoginUid,
            Inode = process.Inode,
            Device = process.Device,
            Links = process.Links,
            Size = process.Size,
            ModifiedUnixSeconds = process.ModifiedUnixSeconds,
            ChangedUnixSeconds = process.ChangedUnixSeconds,
            EffectiveCapabilities = process.Status.EffectiveCapabilities,
            MountNamespace = process.MountNamespace,
            PidNamespace = process.PidNamespace,
            NetworkNamespace = process.NetworkNamespace,
            UserNamespace = process.UserNamespace,
        });
    }

    public void TellExit(IKernelEventSink sink, uint pid, byte code, byte signal, ulong timeBootNs)
    {
        if (!_byPid.Remove(pid, out var ended))
            return;
        Exits++;
        _ended[pid] = (ended, timeBootNs);
        _endedOrder.Enqueue((pid, timeBootNs));
        while (_endedOrder.TryPeek(out var oldest) && (_endedOrder.Count > MaxEnded || oldest.EndBootNs + GraceNs < timeBootNs))
        {
            _endedOrder.Dequeue();
            if (_ended.TryGetValue(oldest.Pid, out var left) && left.EndBootNs == oldest.EndBootNs)
                _ended.Remove(oldest.Pid);
        }
        sink.OnExit(new ExitEvent { Origin = ended.At(timeBootNs), Code = code, Signal = signal, RunTimeNs = timeBootNs > ended.StartBootNs ? timeBootNs - ended.StartBootNs : 0 });
    }

    private void Begin(IKernelEventSink sink, uint pid, ProcStat stat)
    {
        if (stat.IsKernelThread)
        {
            _byPid[pid] = new Sighting(pid, stat.StartTicks * TickNs) { ParentPid = stat.ParentPid, Look = _look };
            return;
        }
        var now = Clock.BootNs();
        var image = _byPid.GetValueOrDefault(stat.ParentPid)?.StackStart ?? 0;
        TellFork(sink, pid, stat.ParentPid, stat.StartTicks * TickNs, 0, now);
        var process = procfs.ReadProcess(pid);
        if (process is null || process.Stat.StartTicks != stat.StartTicks || process.Binary.Length == 0)
            return;
        if (IsOtherImage(process.Stat.StackStart, image) || !IsSameFile(process, _byPid[pid].Image))
            TellExec(sink, process, now);
        else
            Keep(process, now);
    }

    private Sighting Keep(ProcfsProcess process, ulong nowBootNs)
    {
        var start = process.Stat.StartTicks * TickNs;
        if (_byPid.GetValueOrDefault(process.Pid) is not { } sighting || sighting.StartBootNs != start)
            _byPid[process.Pid] = sighting = new Sighting(process.Pid, start);
        sighting.ParentPid = process.Stat.ParentPid;
        sighting.StackStart = process.Stat.StackStart;
        if (keyOf(process.Cgroup) is { Id: not 0 } key)
            sighting.Cgroup = key;
        sighting.PlacedBootNs = nowBootNs;
        sighting.Image = process.Stat.IsKernelThread ? null : process with { Arguments = [] };
        sighting.Look = _look;
        return sighting;
    }

    private ulong StartOf(uint pid, Sighting? sighting) => sighting?.StartBootNs ?? (procfs.ReadStat(pid)?.StartTicks ?? 0) * TickNs;

    private static bool IsOtherImage(ulong stack, ulong before) => stack > 1 && stack != before;

    private static bool IsSameFile(ProcfsProcess process, ProcfsProcess? image) => image is not null && (process.Inode, process.Device) == (image.Inode, image.Device);
}
