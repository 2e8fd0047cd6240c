using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Capture;

// The mirror of agent/bpf/events.h, name by name; WireLayoutTests compares the two through the object's BTF.

[StructLayout(LayoutKind.Sequential)]
internal struct EventHeader
{
    public const byte CurrentLayout = 2;

    public ushort Kind;
    public byte Layout;
    public byte CgroupVersion;
    public uint Length;
    public ulong TimeBootNs;
    public ulong CgroupId;
    public uint Pid;
    public uint Tid;
    public ulong StartBootNs;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ForkLayout
{
    public EventHeader Header;
    public ulong ParentStartBootNs;
    public uint ParentPid;
    public uint Pad;
}

[InlineArray(16)]
internal struct SixteenBytes
{
    private byte _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ExecLayout
{
    /// <summary>Wire flags without a place in <see cref="ExecFlags"/>.</summary>
    public const uint Script = 1 << 16, CwdTruncated = 1 << 17;

    public EventHeader Header;
    public ulong ParentStartBootNs;
    public ulong Inode;
    public ulong Size;
    public long ModifiedUnixSeconds;
    public long ChangedUnixSeconds;
    public ulong EffectiveCapabilities;
    public uint ParentPid;
    public uint Flags;
    public uint Uid;
    public uint Euid;
    public uint Gid;
    public uint LoginUid;
    public uint Device;
    public uint Links;
    public uint MountNamespace;
    public uint PidNamespace;
    public uint NetworkNamespace;
    public uint UserNamespace;
    public SixteenBytes Comm;
    public ushort BinaryLength;
    public ushort FilenameLength;
    public ushort ArgumentLength;
    public ushort CwdLength;
    public uint FileSystem;
    public ushort VariablesLength;
    public ushort Pad;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ExitLayout
{
    public EventHeader Header;
    public ulong RunTimeNs;
    public uint WaitStatus;
    public uint Pad;
}

[InlineArray(5)]
internal struct FiveBytes
{
    private byte _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct CgroupLayout
{
    public EventHeader Header;
    public byte Removed;
    public FiveBytes Pad;
    public ushort PathLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FileLayout
{
    public EventHeader Header;
    public byte Operation;
    public byte Flags;
    public ushort Mode;
    public uint Device;
    public ulong Inode;
    public ushort WalkLength;
    public ushort ArgumentLength;
    public ushort OtherWalkLength;
    public ushort OtherArgumentLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NetworkLayout
{
    public EventHeader Header;
    public byte Operation;
    public byte Protocol;
    public byte AddressLength;
    public byte Answer;
    public ushort LocalPort;
    public ushort RemotePort;
    public ushort Error;
    public ushort PayloadLength;
    public uint Socket;
    public SixteenBytes Local;
    public SixteenBytes Remote;
    public ulong BytesSent;
    public ulong BytesReceived;
    public ulong DurationNs;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ProgramCounters
{
    public ulong Seen;
    public ulong Sent;
    public ulong Filtered;
    public ulong NoSpace;
    public ulong ReadFailed;
    public ulong NoEntry;
    public ulong Repeated;
}

[StructLayout(LayoutKind.Sequential)]
internal struct OpenKey
{
    public ulong StartBootNs;
    public ulong CgroupId;
    public ulong Executions;
    public ulong Identity;
    public ulong Inode;
    public uint Pid;
    public uint Device;
    public ushort Mode;
    public byte Operation;
    public byte CgroupVersion;
    public uint Pad;
}

[StructLayout(LayoutKind.Sequential)]
internal struct OpenRepeats
{
    public ulong FirstBootNs;
    public ulong LastBootNs;
    public uint Tid;
    public uint Count;
}

/// <summary>Made by the agent when it empties a table of <see cref="OpenKey"/>; the kernel side never writes it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RepeatsLayout
{
    /// <summary>Its time is the last one's; process, thread and group are those of the open that was told.</summary>
    public EventHeader Header;
    public ulong FirstBootNs;
    public uint Count;
    public uint Pad;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LossKey
{
    public ulong CgroupId;
    public byte CgroupVersion;
    public byte Kind;
    public byte Reason;
    public FiveBytes Pad;
}

[InlineArray(32)]
internal struct ThirtyTwoNumbers
{
    private uint _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct Settings
{
    public uint SelfPid;
    public uint WakeBytes;
    public uint BulkLimitBytes;
    public byte WakeOnExec;
    public byte SensitiveDirectories;
    public byte CgroupByPids;
    public byte CountRepeats;
    public uint ShareBytes;
    public uint ShareFromBytes;
    public ThirtyTwoNumbers SensitiveFirsts;

    /// <summary>From an inode of overlayfs to its upper dentry, bytes; 0: not known.</summary>
    public long OverlayUpper;

    /// <summary>A connection that lives so long is told before it ends, ns.</summary>
    public ulong FlowAgeNs;
}
