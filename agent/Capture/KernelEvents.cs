namespace Runtime.Agent.Capture;

/// <summary>What takes kernel events in, one call an event, in the order in which the kernel wrote them.</summary>
/// <remarks>
/// Called on the one capture thread; must not block. Spans in the events point into the ring buffer (or the recording) and
/// are valid only inside the call.
/// </remarks>
internal interface IKernelEventSink
{
    void OnFork(in ForkEvent e);
    void OnExec(in ExecEvent e);
    void OnExit(in ExitEvent e);
    void OnFile(in FileEvent e);
    void OnRepeats(in RepeatsEvent e);
    void OnNetwork(in NetworkEvent e);
    void OnPrivilege(in PrivilegeEvent e);
    void OnCgroup(in CgroupEvent e);

    /// <summary>The source has no event waiting: at least every 50 ms. The place for work by the clock.</summary>
    void OnIdle();
}

/// <summary>Kernel event families, for counters and losses.</summary>
internal enum EventKind : byte
{
    Unknown = 0,
    Fork = 1,
    Exec = 2,
    Exit = 3,
    Cgroup = 10,
    File = 20,
    Repeats = 21,
    Network = 40,
    Privilege = 60,
}

/// <summary>A cgroup directory: kernfs id (the inode number of the directory) in one hierarchy.</summary>
/// <param name="Id">bpf_get_current_cgroup_id for v2; the memory (else pids) controller's css for v1.</param>
/// <param name="Version">2, or 1 where the process sits only in v1 hierarchies: ids of two hierarchies may be equal.</param>
internal readonly record struct CgroupKey(ulong Id, byte Version);

/// <summary>Who did it and when, of every event.</summary>
/// <param name="TimeBootNs">CLOCK_BOOTTIME, nanoseconds (bpf_ktime_get_boot_ns).</param>
/// <param name="Pid">Thread group id in the host's pid namespace.</param>
/// <param name="Tid">Thread that made the call, host's pid namespace.</param>
/// <param name="StartBootNs">group_leader->start_boottime: with <paramref name="Pid"/> the process's identity on this boot.</param>
internal readonly record struct EventOrigin(ulong TimeBootNs, CgroupKey Cgroup, uint Pid, uint Tid, ulong StartBootNs);

/// <summary>A new process (not a new thread).</summary>
internal readonly ref struct ForkEvent
{
    /// <summary>Of the child: its pid, its start, its cgroup.</summary>
    public required EventOrigin Origin { get; init; }
    public uint ParentPid { get; init; }
    public ulong ParentStartBootNs { get; init; }
}

[Flags]
internal enum ExecFlags : uint
{
    None = 0,
    ArgumentsTruncated = 1,
    PathTruncated = 2,
    Memfd = 4,
    /// <summary>The binary had no link (nlink 0) when it was executed; a memfd has this flag too.</summary>
    Deleted = 8,
    UpperLayer = 16,
    NonLeaderThread = 32,
    StdinSocket = 64,
    StdoutSocket = 128,
    StderrSocket = 256,
    StdinPipe = 4096,
    StdoutPipe = 8192,
    LoaderVariablesTruncated = 16384,
}

/// <summary>A program image replaced, read from kernel objects after the call (sched_process_exec).</summary>
internal readonly ref struct ExecEvent
{
    public required EventOrigin Origin { get; init; }
    public uint ParentPid { get; init; }
    public ulong ParentStartBootNs { get; init; }

    /// <summary>Absolute path of mm->exe_file in the process's mount namespace; raw bytes, no NUL.</summary>
    public ReadOnlySpan<byte> Binary { get; init; }

    /// <summary>What was given to execve when it differs from the binary: the script behind an interpreter, a link; empty else.</summary>
    public ReadOnlySpan<byte> Filename { get; init; }

    /// <summary>argv, each with its closing NUL, at most 4096 bytes (then <see cref="ExecFlags.ArgumentsTruncated"/>).</summary>
    public ReadOnlySpan<byte> Arguments { get; init; }
    public ReadOnlySpan<byte> Cwd { get; init; }
    public ReadOnlySpan<byte> Comm { get; init; }
    public ExecFlags Flags { get; init; }

    /// <summary>True when an interpreter runs <see cref="Filename"/> (bprm->interp differs from bprm->filename).</summary>
    public bool IsScript { get; init; }
    public uint Uid { get; init; }
    public uint Euid { get; init; }
    public uint Gid { get; init; }

    /// <summary>uint.MaxValue when not set.</summary>
    public uint LoginUid { get; init; }
    public ulong Inode { get; init; }

    /// <summary>Kernel encoding: major &lt;&lt; 20 | minor.</summary>
    public uint Device { get; init; }
    public uint Links { get; init; }
    public ulong Size { get; init; }
    public long ModifiedUnixSeconds { get; init; }
    public long ChangedUnixSeconds { get; init; }
    public ulong EffectiveCapabilities { get; init; }
    public uint MountNamespace { get; init; }
    public uint PidNamespace { get; init; }
    public uint NetworkNamespace { get; init; }
    public uint UserNamespace { get; init; }

    /// <summary>Magic number of the binary's file system (linux/magic.h).</summary>
    public uint FileSystem { get; init; }

    /// <summary>NAME=VALUE, each with its closing NUL: environment variables that change what is loaded, by the first bytes of their names.</summary>
    public ReadOnlySpan<byte> Variables { get; init; }
}

/// <summary>The last thread of a process ended.</summary>
internal readonly ref struct ExitEvent
{
    public required EventOrigin Origin { get; init; }

    /// <summary>0 to 255.</summary>
    public byte Code { get; init; }

    /// <summary>Signal that ended it; 0 when none.</summary>
    public byte Signal { get; init; }
    public ulong RunTimeNs { get; init; }
}

/// <summary>Same numbers as FileOperation in ingest.proto.</summary>
internal enum FileOperation : byte
{
    Unknown = 0,
    Write = 1,
    Create = 2,
    Rename = 3,
    Unlink = 4,
    Link = 5,
    Symlink = 6,
    ChmodExecutable = 7,
    SensitiveRead = 8,
    Truncate = 9,
    MapExecutable = 10,
    MapWritable = 11,
    Xattr = 12,
    Attribute = 13,
    MakeNode = 14,
    ChmodSpecial = 15,
    Times = 16,
    SensitiveWrite = 17,
}

[Flags]
internal enum FileFlags : byte
{
    None = 0,
    /// <summary>The path came from user memory, not from a kernel object: a racing thread may have changed it.</summary>
    PathFromArgument = 1,
    PathTruncated = 2,
    UpperLayer = 4,
    Executable = 8,

    /// <summary>A disk, or memory as a device.</summary>
    Device = 16,

    /// <summary>Between kernel side and decoder only: see <see cref="FileEvent.IsCounted"/>.</summary>
    Counted = 32,

    /// <summary>Removed, renamed or replaced while a process runs it; told by the reducer, never by the kernel side.</summary>
    RunningProgram = 64,

    /// <summary>The call was refused for want of a right: an attempt. Of <see cref="FileOperation.Attribute"/> only.</summary>
    Refused = 128,
}

/// <summary>A call that succeeded and changed a file system, or read a sensitive file.</summary>
internal readonly ref struct FileEvent
{
    public required EventOrigin Origin { get; init; }
    public FileOperation Operation { get; init; }

    /// <summary>Absolute, normalised, in the process's mount namespace. Rename and link: the new name.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    /// <summary>Rename and link: the old name. Symlink: the target as given. Empty else.</summary>
    public ReadOnlySpan<byte> OtherPath { get; init; }
    public FileFlags Flags { get; init; }

    /// <summary>Permission bits; 0 when not known.</summary>
    public ushort Mode { get; init; }
    public ulong Inode { get; init; }
    public uint Device { get; init; }

    /// <summary>More of the same come as one <see cref="RepeatsEvent"/> with this one's time and thread.</summary>
    public bool IsCounted { get; init; }
}

/// <summary>An open that was told before came again.</summary>
internal readonly ref struct RepeatsEvent
{
    /// <summary>Of the open that was told, with the time of the last repeat.</summary>
    public required EventOrigin Origin { get; init; }

    /// <summary>With <see cref="EventOrigin.Tid"/>: which open.</summary>
    public ulong FirstBootNs { get; init; }
    public uint Count { get; init; }
}

/// <summary>Same numbers as NetworkOperation in ingest.proto.</summary>
internal enum NetworkOperation : byte
{
    Unknown = 0,
    Connect = 1,
    Listen = 2,
    Accept = 3,
    Close = 4,
    UdpPeer = 5,
    FirstBytes = 6,
    NameQuery = 7,
    Progress = 8,
    RawSocket = 9,
    UnixConnect = 10,

    /// <summary>Many peers and ports tried in vain; made by the reducer, never by the kernel side.</summary>
    Scan = 11,
}

/// <summary>Same bits as NetworkFlag in ingest.proto.</summary>
[Flags]
internal enum NetworkFlags : byte
{
    None = 0,

    /// <summary>Was there when the agent started: state, not novelty.</summary>
    AtStart = 1,

    /// <summary>The name is what the client called the server, not what it looked up.</summary>
    NameFromSni = 2,
}

/// <summary>A 4- or 16-byte address in network order; IPv4-mapped IPv6 is given as 4 bytes. Length 0: not known.</summary>
internal readonly ref struct NetworkEvent
{
    public required EventOrigin Origin { get; init; }
    public NetworkOperation Operation { get; init; }

    /// <summary>IPPROTO_TCP 6 or IPPROTO_UDP 17.</summary>
    public byte Protocol { get; init; }
    public ReadOnlySpan<byte> LocalAddress { get; init; }
    public ReadOnlySpan<byte> RemoteAddress { get; init; }
    public ushort LocalPort { get; init; }
    public ushort RemotePort { get; init; }

    /// <summary>Positive errno of a connect that failed; 0 else.</summary>
    public ushort Error { get; init; }
    public ulong BytesSent { get; init; }
    public ulong BytesReceived { get; init; }
    public ulong DurationNs { get; init; }

    /// <summary>
    /// <see cref="NetworkOperation.FirstBytes"/>: at most 512 bytes of the first send on a new outbound flow.
    /// <see cref="NetworkOperation.UnixConnect"/>: the path of the other end's file, or '@' and its name where it has none.
    /// </summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>NameQuery: the message in <see cref="Payload"/> was received, not sent.</summary>
    public bool IsAnswer { get; init; }

    /// <summary>Close and Progress: the process accepted the connection, it did not make it.</summary>
    public bool IsAccepted { get; init; }

    /// <summary>NameQuery: inode of the socket. RawSocket: AF_* &lt;&lt; 24 | SOCK_* &lt;&lt; 16 | protocol. 0 for other operations.</summary>
    public uint Socket { get; init; }
}

/// <summary>A cgroup directory was made or removed.</summary>
internal readonly ref struct CgroupEvent
{
    public required CgroupKey Cgroup { get; init; }
    public ulong TimeBootNs { get; init; }
    public bool Removed { get; init; }

    /// <summary>From the root of its hierarchy, e.g. /kubepods/burstable/pod…/…</summary>
    public ReadOnlySpan<byte> Path { get; init; }
}

/// <summary>Facts that the kernel saw and that never reached user space.</summary>
/// <param name="Cgroup">Whose; null when the program could not tell.</param>
/// <param name="Reason">"ring_full", "recursion", "undecodable".</param>
internal readonly record struct CaptureLoss(CgroupKey? Cgroup, EventKind Kind, string Reason, ulong Count);

/// <summary>One hook of the kernel side, as it stands on this node.</summary>
/// <param name="Reason">Why it is not attached, in words; empty when it is.</param>
/// <param name="Loses">What this node does not see without it; empty when it is not attached because the kernel has no such call.</param>
internal sealed record HookState(string Name, bool Attached, string Reason, string Loses);

/// <summary>Where kernel events come from: BPF, or a recording.</summary>
internal interface IKernelEventSource : IDisposable
{
    IReadOnlyList<HookState> Hooks { get; }

    /// <summary>Delivers events to <paramref name="sink"/> on the calling thread until cancelled or the recording ends.</summary>
    void Run(IKernelEventSink sink, CancellationToken cancellationToken);

    /// <summary>Losses since the last call. Called on the capture thread.</summary>
    IReadOnlyList<CaptureLoss> TakeLosses();

    /// <summary>Counters by name since start, e.g. "capture.exec.delivered". Any thread.</summary>
    IReadOnlyDictionary<string, ulong> Counters();
}
