using Runtime.Collector.Inventory;

namespace Runtime.Collector.Ingest;

/// <summary>Where in a container's life a process belongs, by lineage. Same numbers as Phase in ingest.proto.</summary>
internal enum Phase
{
    Unknown = 0,
    Init = 1,
    Steady = 2,
    Session = 3,
    Host = 4,
}

/// <summary>Same bits as ProcessFlag in ingest.proto.</summary>
[Flags]
internal enum ProcessFlags
{
    None = 0,
    ArgumentsTruncated = 1,
    PathTruncated = 2,
    Memfd = 4,
    Deleted = 8,
    UpperLayer = 16,
    NonLeaderExec = 32,
    StdinSocket = 64,
    StdoutSocket = 128,
    StderrSocket = 256,
    NetworkFacing = 512,
    AtStart = 1024,
    ParentUnknown = 2048,
    StdinPipe = 4096,
    StdoutPipe = 8192,
    LoaderVariablesTruncated = 16384,
}

/// <summary>One program image that a process ran. Text was decoded as UTF-8 with U+FFFD for what is not; control characters are kept.</summary>
/// <param name="StartBootNs">CLOCK_BOOTTIME of the node; with <paramref name="Pid"/> the identity on one boot.</param>
/// <param name="Binary">As the kernel resolved it, in the container's mount namespace.</param>
/// <param name="Arguments">argv, secrets redacted by the agent.</param>
/// <param name="Script">Behind an interpreter, by "#!" or as its argument (<see cref="ScriptArgument"/>); empty when none.</param>
internal sealed record ProcessInfo(
    uint Pid,
    ulong StartBootNs,
    string Binary,
    IReadOnlyList<string> Arguments,
    string Cwd,
    string Script,
    uint Uid,
    uint Euid,
    uint Gid,
    uint LoginUid,
    ProcessFlags Flags,
    Phase Phase,
    DateTimeOffset Executed)
{
    public ulong Inode { get; init; }
    public uint Device { get; init; }
    public ulong Size { get; init; }
    public ulong EffectiveCapabilities { get; init; }
    public DateTimeOffset? BinaryModified { get; init; }

    /// <summary>Environment variables that change what is loaded, each NAME=VALUE; values redacted by the agent.</summary>
    public IReadOnlyList<string> LoaderVariables { get; init; } = [];

    /// <summary>The file that a dynamic loader was told to run (ld-linux … ./payload); empty when none.</summary>
    public string Payload { get; init; } = "";
}

/// <summary>What is known of the container when the observation was made.</summary>
/// <param name="ImageDigest">"sha256:…"; empty while unknown.</param>
/// <param name="Started">Null while unknown.</param>
internal sealed record ContainerInfo(
    string Id,
    string Runtime,
    string Name,
    string PodName,
    string PodNamespace,
    string PodUid,
    string Image,
    string ImageDigest,
    string PodIp,
    DateTimeOffset? Started,
    bool Complete)
{
    public IReadOnlyDictionary<string, string> PodLabels { get; init; } = new Dictionary<string, string>();
    public string CgroupPath { get; init; } = "";

    /// <summary>When the image was built, as it says itself; null while unknown.</summary>
    public DateTimeOffset? ImageCreated { get; init; }
}

/// <summary>One behaviour of one container as an agent reported it: its first sight, or the repeats since the last report.</summary>
internal abstract record Observation
{
    /// <summary>Position in the store's log; grows with every commit. 0 before it is stored.</summary>
    public long Id { get; init; }
    public required Scope Scope { get; init; }
    public required string AgentId { get; init; }
    public required string Node { get; init; }

    /// <summary>Null for the host.</summary>
    public required ContainerInfo? Container { get; init; }

    /// <summary>The agent's wall clock.</summary>
    public required DateTimeOffset First { get; init; }
    public required DateTimeOffset Last { get; init; }
    public ulong Count { get; init; } = 1;

    /// <summary>The process first, then its ancestors up to the container's first process, at most 16. Empty only for a loss.</summary>
    public required IReadOnlyList<ProcessInfo> Lineage { get; init; }

    public ProcessInfo Process => Lineage[0];
}

internal sealed record ExecObservation : Observation;

internal sealed record ExitObservation : Observation
{
    public byte Code { get; init; }
    public byte Signal { get; init; }
    public TimeSpan RunTime { get; init; }
}

/// <summary>Same numbers as FileOperation in ingest.proto.</summary>
internal enum FileOperation
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

/// <summary>Same bits as FileFlag in ingest.proto.</summary>
[Flags]
internal enum FileFlags
{
    None = 0,
    PathFromArgument = 1,
    PathTruncated = 2,
    UpperLayer = 4,
    Executable = 8,

    /// <summary>A disk, or memory as a device.</summary>
    Device = 16,
    RunningProgram = 64,

    /// <summary>The kernel refused it for want of a right: an attempt.</summary>
    Refused = 128,
}

internal sealed record FileObservation : Observation
{
    public required FileOperation Operation { get; init; }

    /// <summary>What was changed, or the new name.</summary>
    public required string Path { get; init; }

    /// <summary><see cref="Path"/> with its varying parts typed by the agent, e.g. /tmp/&lt;rand&gt;.log.</summary>
    public required string Template { get; init; }

    /// <summary>Rename and link: the old name; symlink: its target. Empty else.</summary>
    public string OtherPath { get; init; } = "";
    public FileFlags Flags { get; init; }
    public int Mode { get; init; }
    public bool RemovedAttribute => Operation == FileOperation.Xattr && Mode != 0;
    public ulong Inode { get; init; }
    public uint Device { get; init; }
}

/// <summary>Same numbers as NetworkOperation in ingest.proto.</summary>
internal enum NetworkOperation
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
    Scan = 11,
}

/// <summary>Same bits as NetworkFlag in ingest.proto.</summary>
[Flags]
internal enum NetworkFlags
{
    None = 0,

    /// <summary>Was there when the agent started: state, not novelty.</summary>
    AtStart = 1,

    /// <summary>The name is what the client called the server, not what it looked up.</summary>
    NameFromSni = 2,
}

internal sealed record NetworkObservation : Observation
{
    public required NetworkOperation Operation { get; init; }

    /// <summary>IPPROTO_TCP 6, IPPROTO_UDP 17; of a raw socket as it was asked for; 0 for a unix socket.</summary>
    public required int Protocol { get; init; }

    /// <summary>Null when not known. Never an IPv4-mapped IPv6 address.</summary>
    public global::System.Net.IPAddress? LocalAddress { get; init; }
    public int LocalPort { get; init; }
    public global::System.Net.IPAddress? RemoteAddress { get; init; }
    public int RemotePort { get; init; }

    /// <summary>errno of a connect that failed; 0 else.</summary>
    public int Error { get; init; }

    /// <summary>Its owner closed a connect before there was an answer (ECANCELED).</summary>
    public bool IsAbandoned => Error == 125;
    public ulong BytesSent { get; init; }
    public ulong BytesReceived { get; init; }
    public TimeSpan Duration { get; init; }

    /// <summary>"stratum", "tls", "http", "ssh", "other" for FirstBytes; empty else.</summary>
    public string Payload { get; init; } = "";

    /// <summary>The question of a NameQuery, the path of a UnixConnect, else the name by which the peer was reached; empty when not known.</summary>
    public string Name { get; init; } = "";
    public NetworkFlags Flags { get; init; }
}

/// <summary>Facts that an agent saw and that are gone: the unit of the baseline that they fall into counts for nothing.</summary>
internal sealed record LossObservation : Observation
{
    /// <summary>"process", "file", "network", "privilege", "managed"; "agent" when no agent watched the node at all.</summary>
    public required string Kind { get; init; }

    /// <summary>"ring_full", "queue_full", "agent_away", …</summary>
    public required string Reason { get; init; }
}
