using System.Diagnostics.CodeAnalysis;
using Runtime.Agent.Capture;

namespace Runtime.Agent.Processes;

/// <summary>Identity of a process on one boot: pids come back, so the start is part of it.</summary>
/// <param name="Pid">Thread group id in the host's pid namespace.</param>
/// <param name="StartBootNs">CLOCK_BOOTTIME; exact from the kernel's events, to 10 ms when read from /proc/PID/stat.</param>
internal readonly record struct ProcessKey(uint Pid, ulong StartBootNs);

/// <summary>Where in a container's life a process belongs, by lineage. Same numbers as Phase in ingest.proto.</summary>
internal enum Phase : byte
{
    Unknown = 0,
    Init = 1,
    Steady = 2,
    Session = 3,
    Host = 4,
}

/// <summary>Same bits as ProcessFlag in ingest.proto; those of <see cref="ExecFlags"/> are the same.</summary>
[Flags]
internal enum ProcessFlags : uint
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

/// <summary>One program image that a process ran. Immutable: the next exec of the same process makes a new record.</summary>
/// <remarks>Text is raw bytes: a container chose it.</remarks>
internal sealed class ProcessRecord
{
    /// <summary>No process: of a fact about a container as a whole.</summary>
    public static readonly ProcessRecord None = new() { Key = default, Cgroup = default, Binary = [] };

    public ProcessRecord()
    {
    }

    /// <summary>A copy, for an initializer to change.</summary>
    [SetsRequiredMembers]
    public ProcessRecord(ProcessRecord other)
    {
        Key = other.Key;
        Parent = other.Parent;
        Cgroup = other.Cgroup;
        ContainerId = other.ContainerId;
        Binary = other.Binary;
        Arguments = other.Arguments;
        Cwd = other.Cwd;
        Script = other.Script;
        Flags = other.Flags;
        Phase = other.Phase;
        Uid = other.Uid;
        Euid = other.Euid;
        Gid = other.Gid;
        LoginUid = other.LoginUid;
        Inode = other.Inode;
        Device = other.Device;
        FileSystem = other.FileSystem;
        Links = other.Links;
        Size = other.Size;
        ModifiedUnixSeconds = other.ModifiedUnixSeconds;
        ChangedUnixSeconds = other.ChangedUnixSeconds;
        EffectiveCapabilities = other.EffectiveCapabilities;
        MountNamespace = other.MountNamespace;
        PidNamespace = other.PidNamespace;
        NetworkNamespace = other.NetworkNamespace;
        UserNamespace = other.UserNamespace;
        ExecBootNs = other.ExecBootNs;
        LoaderVariables = other.LoaderVariables;
        Payload = other.Payload;
    }

    public required ProcessKey Key { get; init; }

    /// <summary>The process that forked this one, as it was at the fork; null for pid 1, kernel threads, and when unknown.</summary>
    public ProcessRecord? Parent { get; init; }
    public required CgroupKey Cgroup { get; init; }

    /// <summary>The container that it was in, as far as that was known then; empty on the host, and for the runtime's own program in a container's cgroup.</summary>
    public string ContainerId { get; init; } = "";

    /// <summary>Absolute path as the kernel resolved it; empty for a kernel thread.</summary>
    public required byte[] Binary { get; init; }

    /// <summary>argv joined by NUL without the closing one, secrets redacted.</summary>
    public byte[] Arguments { get; init; } = [];
    public byte[] Cwd { get; init; } = [];

    /// <summary>The script behind an interpreter; empty when none.</summary>
    public byte[] Script { get; init; } = [];
    public ProcessFlags Flags { get; init; }
    public Phase Phase { get; init; }
    public uint Uid { get; init; }
    public uint Euid { get; init; }
    public uint Gid { get; init; }
    public uint LoginUid { get; init; } = uint.MaxValue;
    public ulong Inode { get; init; }
    public uint Device { get; init; }

    /// <summary>Magic number of the binary's file system (linux/magic.h); 0 where /proc told of the process.</summary>
    public uint FileSystem { get; init; }
    public uint Links { get; init; }
    public ulong Size { get; init; }
    public long ModifiedUnixSeconds { get; init; }
    public long ChangedUnixSeconds { get; init; }
    public ulong EffectiveCapabilities { get; init; }
    public uint MountNamespace { get; init; }
    public uint PidNamespace { get; init; }
    public uint NetworkNamespace { get; init; }
    public uint UserNamespace { get; init; }

    /// <summary>When this image was executed, CLOCK_BOOTTIME ns; the process's start where no exec was seen.</summary>
    public ulong ExecBootNs { get; init; }

    /// <summary>Environment variables that change what is loaded, NAME=VALUE joined by NUL, values redacted; empty when none.</summary>
    public byte[] LoaderVariables { get; init; } = [];

    /// <summary>The file that a dynamic loader was told to run (ld-linux … ./payload); empty when none.</summary>
    public byte[] Payload { get; init; } = [];
}
