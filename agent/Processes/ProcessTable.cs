using Runtime.Agent.Capture;

namespace Runtime.Agent.Processes;

/// <summary>The living processes of the node, with their lineage. All of it on the capture thread, without locks.</summary>
/// <remarks>
/// Every record that it answers is a snapshot of that moment: <see cref="ProcessRecord.Flags"/> (network facing) and
/// <see cref="ProcessRecord.Phase"/> are up to date in the answer and do not change in it later. Who makes a fact takes the
/// record from <see cref="OnExec"/>, <see cref="OnExit"/> or <see cref="Resolve"/> of the same event and keeps it.
/// The records above it in the chain are as they were at the fork.
/// <para>
/// Lineage is the fork's: reparenting does not change it. A process on the host is network facing by itself or an ancestor
/// below pid 1, because pid 1 listens for others.
/// </para>
/// </remarks>
/// <param name="procfs">Null when the events do not come from this kernel (a recording): nothing is read or repaired.</param>
internal sealed partial class ProcessTable(ProcessOptions options, IContainerLookup containers, Redaction redaction, ProcfsReader? procfs, TimeProvider time)
{
    /// <summary>Longest chain of parents; beyond it the chain is cut to <see cref="KeptDepth"/>, so that a process that forks itself onwards for ever holds no memory.</summary>
    public const int MaxDepth = 64;
    public const int KeptDepth = 16;

    private const ulong TickNs = 10_000_000;
    private const int MaxRepairDepth = 16;

    // Bounded by MaxProcesses together with the generations of a pid (Older). Removed: grace over, or evicted.
    private readonly Dictionary<uint, ProcessEntry> _byPid = [];

    // Longest without an event first. The same entries as _byPid holds.
    private readonly LinkedList<ProcessEntry> _byUse = new();

    // Bounded by MaxExited; the oldest leaves early when full.
    private readonly Queue<ProcessEntry> _exited = new();

    // Bounded by the processes: removed with the last member.
    private readonly Dictionary<string, ContainerLife> _lives = new(StringComparer.Ordinal);

    private readonly PathInterner _text = new();
    private uint _hostFacingVersion;
    private ulong _nowBootNs;
    private ulong _idleBootNs;
    private long _idleStamp = time.GetTimestamp();

    /// <summary>Alive and in grace.</summary>
    public int Count => _byUse.Count;

    /// <returns>The child, with its parent's image.</returns>
    public ProcessRecord OnFork(in ForkEvent e)
    {
        Advance(e.Origin.TimeBootNs);
        _forks++;
        var parent = FindEntry(e.ParentPid, e.ParentStartBootNs) ?? Repair(e.ParentPid, e.ParentStartBootNs, null, 0);
        if (FindEntry(e.Origin.Pid, e.Origin.StartBootNs) is { } known)
        {
            // Read from /proc before its fork came out of the ring, or repaired by another event.
            _lateForks++;
            if (known.Parent is null && parent != known)
                Adopt(known, parent);
            Place(known, e.Origin.Cgroup, e.Origin.Pid);
            return Current(known);
        }
        return Current(AddChild(parent, new(e.Origin.Pid, e.Origin.StartBootNs), e.Origin.Cgroup));
    }

    /// <returns>The process with its new image.</returns>
    public ProcessRecord OnExec(in ExecEvent e)
    {
        Advance(e.Origin.TimeBootNs);
        _execs++;
        var entry = FindEntry(e.Origin.Pid, e.Origin.StartBootNs);
        if (entry is null)
        {
            _execsWithoutFork++;
            var parent = e.ParentPid == 0 ? null : FindEntry(e.ParentPid, e.ParentStartBootNs) ?? Repair(e.ParentPid, e.ParentStartBootNs, null, 0);
            var key = new ProcessKey(e.Origin.Pid, e.Origin.StartBootNs);
            entry = parent is null ? AddOrphan(key, e.Origin.Cgroup) : AddChild(parent, key, e.Origin.Cgroup);
        }
        else
        {
            Place(entry, e.Origin.Cgroup, e.Origin.Pid);
        }

        var arguments = redaction.Redact(e.Arguments, out var truncated);
        var flags = (ProcessFlags)(e.Flags & (ExecFlags)0x71FF) | (entry.Record.Flags & ProcessFlags.ParentUnknown);
        if (truncated)
            flags |= ProcessFlags.ArgumentsTruncated;
        var variables = LoaderVariables.Of(e.Variables, redaction, ref flags);
        entry.Record = new ProcessRecord
        {
            Key = entry.Record.Key,
            Parent = entry.Record.Parent,
            Cgroup = e.Origin.Cgroup,
            Binary = _text.Intern(e.Binary),
            Arguments = _text.Intern(arguments),
            Cwd = _text.Intern(e.Cwd),
            Script = e.IsScript ? _text.Intern(e.Filename) : [],
            Flags = flags,
            Uid = e.Uid,
            Euid = e.Euid,
            Gid = e.Gid,
            LoginUid = e.LoginUid,
            Inode = e.Inode,
            Device = e.Device,
            Links = e.Links,
            Size = e.Size,
            ModifiedUnixSeconds = e.ModifiedUnixSeconds,
            ChangedUnixSeconds = e.ChangedUnixSeconds,
            EffectiveCapabilities = e.EffectiveCapabilities,
            MountNamespace = e.MountNamespace,
            PidNamespace = e.PidNamespace,
            NetworkNamespace = e.NetworkNamespace,
            UserNamespace = e.UserNamespace,
            ExecBootNs = e.Origin.TimeBootNs,
            FileSystem = e.FileSystem,
            LoaderVariables = _text.Intern(variables),
            Payload = _text.Intern(DynamicLoader.PayloadOf(e.Binary, e.Arguments, e.Cwd)),
        };
        if (entry.Lineage == Lineage.Pending)
            Launch(entry, e.Origin.TimeBootNs);
        var record = Current(entry);
        if (entry.Lineage == Lineage.Main)
            entry.Life!.Execute(e.Origin.TimeBootNs);
        return record;
    }

    /// <returns>Null when the process was never seen.</returns>
    public ProcessRecord? OnExit(in ExitEvent e)
    {
        Advance(e.Origin.TimeBootNs);
        _exits++;
        if (FindEntry(e.Origin.Pid, e.Origin.StartBootNs) is not { } entry)
        {
            _exitsUnknown++;
            return null;
        }
        var record = Current(entry);
        End(entry);
        return record;
    }

    /// <param name="startBootNs">Exact, or of /proc's 10 ms; 0 for the newest of that pid.</param>
    /// <returns>Null when the table does not hold it.</returns>
    public ProcessRecord? Find(uint pid, ulong startBootNs) => FindEntry(pid, startBootNs) is { } entry ? Current(entry) : null;

    /// <summary>The process of an event. One that is unknown is repaired from /proc, and counted; what cannot be told stays empty.</summary>
    public ProcessRecord Resolve(in EventOrigin origin)
    {
        Advance(origin.TimeBootNs);
        var entry = FindEntry(origin.Pid, origin.StartBootNs);
        if (entry is null)
        {
            entry = Repair(origin.Pid, origin.StartBootNs, origin.Cgroup, 0);
        }
        else
        {
            Place(entry, origin.Cgroup, origin.Pid);
            Touch(entry);
        }
        return Current(entry);
    }

    /// <summary>The process is alive and runs this program.</summary>
    public bool IsRunning(ProcessKey key, ReadOnlySpan<byte> binary) =>
        FindEntry(key.Pid, key.StartBootNs) is { Exited: false } entry && binary.SequenceEqual(entry.Record.Binary);
    /// <summary>It is held, and its exit was not seen.</summary>
    public bool IsAlive(ProcessKey key) => FindEntry(key.Pid, key.StartBootNs) is { Exited: false };

    /// <summary>The process was put into its container from outside, and has not yet executed the container's own program.</summary>
    public bool IsBeingLaunched(ProcessKey key) => FindEntry(key.Pid, key.StartBootNs) is { Lineage: Lineage.Pending };

    /// <summary>The process listens or accepted a connection. Call before the fact of that event is made. Unknown keys are ignored.</summary>
    public void MarkNetworkFacing(ProcessKey key)
    {
        if (FindEntry(key.Pid, key.StartBootNs) is not { } entry)
            return;
        if (entry.Lineage == Lineage.Main)
            entry.Life!.Serve();
        if (entry.Facing)
            return;
        entry.Facing = true;
        if (entry.Life is null)
            _hostFacingVersion++;
        else
            entry.Life.FacingVersion++;
    }

    /// <summary>Forgets what left, and looks whether the process longest without an event is still there (its exit may have been lost).</summary>
    public void OnIdle()
    {
        var stamp = time.GetTimestamp();
        _nowBootNs = Math.Max(_nowBootNs, _idleBootNs + (ulong)time.GetElapsedTime(_idleStamp, stamp).Ticks * 100);
        (_idleBootNs, _idleStamp) = (_nowBootNs, stamp);
        ForgetExited();
        if (procfs is null || _byUse.First?.Value is not { } idle)
            return;
        Touch(idle);
        if (!idle.Exited && !IsSame(procfs.ReadStat(idle.Record.Key.Pid), idle.Record.Key.StartBootNs))
        {
            _exitsLost++;
            End(idle);
        }
    }

    private void Advance(ulong bootNs)
    {
        if (bootNs <= _nowBootNs)
            return;
        _nowBootNs = bootNs;
        ForgetExited();
    }

    private ProcessEntry? FindEntry(uint pid, ulong startBootNs)
    {
        _byPid.TryGetValue(pid, out var entry);
        if (startBootNs == 0)
            return entry;
        for (; entry is not null; entry = entry.Older)
        {
            var start = entry.Record.Key.StartBootNs;
            if (start == startBootNs)
                return entry;
            if (entry.Approximate && start / TickNs == startBootNs / TickNs)
            {
                entry.Approximate = false;
                entry.Record = new(entry.Record) { Key = new(pid, startBootNs) };
                return entry;
            }
        }
        return null;
    }

    private static bool IsSame(ProcStat? stat, ulong startBootNs) => stat is { } s && s.StartTicks == startBootNs / TickNs;

    /// <summary>The entry's record with its flags and phase of now.</summary>
    private ProcessRecord Current(ProcessEntry entry)
    {
        // A cgroup that looked like a container's may have turned out to be the host's, or the other way round.
        Place(entry, entry.Record.Cgroup, entry.Exited ? 0 : entry.Record.Key.Pid);
        var record = entry.Record;
        var flags = IsFacing(entry) ? record.Flags | ProcessFlags.NetworkFacing : record.Flags;
        var life = IsOfRuntime(entry) ? null : entry.Life;
        var phase = life?.PhaseOf(entry.Lineage, _nowBootNs, options) ?? Phase.Host;
        var containerId = life?.Id ?? "";
        if (flags != record.Flags || phase != record.Phase || containerId != record.ContainerId)
            entry.Record = record = new(record) { Flags = flags, Phase = phase, ContainerId = containerId };
        return record;
    }

    private bool IsFacing(ProcessEntry entry)
    {
        var version = entry.Life?.FacingVersion ?? _hostFacingVersion;
        if (entry.Facing || entry.FacingVersion == version)
            return entry.Facing;
        for (var above = entry.Parent; above is not null && above.Life == entry.Life; above = above.Parent)
        {
            if (entry.Life is null && above.Record.Key.Pid == 1)
                break;
            if (above.Facing)
            {
                entry.Facing = true;
                break;
            }
        }
        entry.FacingVersion = version;
        return entry.Facing;
    }

    /// <summary>The runtime's program gives way to the container's: the first one, or a session's.</summary>
    private static void Launch(ProcessEntry entry, ulong bootNs)
    {
        if (IsOfRuntime(entry))
            return;
        var life = entry.Life!;
        if (life.HasLivingFirst)
        {
            entry.Lineage = Lineage.Session;
            return;
        }
        entry.Lineage = Lineage.Main;
        life.Begin(entry, bootNs);
    }

    /// <summary>
    /// Put into the container's cgroup, and still the runtime's own program: what it does is the host's. It was executed in the mount
    /// namespace that it came from; a program of the container that bears such a name was not.
    /// </summary>
    private static bool IsOfRuntime(ProcessEntry entry)
    {
        if (entry.Lineage != Lineage.Pending || entry.Parent is null || !RuntimePrograms.Contains(entry.Record.Binary))
            return false;
        var outside = entry.Parent;
        while (outside.Life == entry.Life && outside.Parent is not null)
            outside = outside.Parent;
        var (inside, from) = (entry.Record.MountNamespace, outside.Record.MountNamespace);
        return inside == 0 || from == 0 || inside == from;
    }
}
