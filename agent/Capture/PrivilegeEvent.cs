using System.Runtime.InteropServices;

namespace Runtime.Agent.Capture;

/// <summary>Same numbers as PrivilegeOperation in ingest.proto, which says what value, subject and detail are.</summary>
internal enum PrivilegeOperation : byte
{
    Unknown = 0,
    SetUid = 1,
    SetGid = 2,
    SetCapabilities = 3,
    CapabilityUsed = 4,
    Ptrace = 5,
    MemoryWrite = 6,
    Mount = 7,
    Unshare = 8,
    SetNamespace = 9,
    PivotRoot = 10,
    Bpf = 11,
    PerfEvent = 12,
    LoadModule = 13,
    Keyctl = 14,
    Userfaultfd = 15,
    IoUring = 16,
    Kill = 17,
    SetName = 18,
    TakeDescriptor = 19,
    OpenByHandle = 20,
    MemoryRead = 21,
    Rounding = 22,
}

/// <summary>Same bits as PrivilegeFlag in ingest.proto.</summary>
[Flags]
internal enum PrivilegeFlags : byte
{
    None = 0,

    /// <summary>Was there when the agent started: state, not novelty.</summary>
    AtStart = 1,
}

/// <summary>A call that takes, uses or shows more power than an application needs: done, or refused.</summary>
internal readonly ref struct PrivilegeEvent
{
    public required EventOrigin Origin { get; init; }
    public PrivilegeOperation Operation { get; init; }
    public ulong Value { get; init; }

    /// <summary>A path (then absolute, normalised, in the process's mount namespace) or a text; raw bytes, empty when there is none.</summary>
    public ReadOnlySpan<byte> Subject { get; init; }

    /// <summary><see cref="Subject"/> is a path that the kernel or a call named.</summary>
    public bool SubjectIsPath { get; init; }

    /// <summary>At most 513 bytes.</summary>
    public ReadOnlySpan<byte> Detail { get; init; }

    /// <summary>Positive errno of a refused call; 0 else.</summary>
    public ushort Error { get; init; }

    /// <summary>At least 1; for <see cref="PrivilegeOperation.Kill"/> the processes.</summary>
    public uint Count { get; init; }
}

/// <summary>The mirror of privilege_event.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PrivilegeLayout
{
    public const byte SubjectIsPath = 1, Truncated = 2;

    public EventHeader Header;
    public byte Operation;
    public byte Flags;
    public ushort Error;
    public uint Count;
    public ulong Value;
    public ushort WalkLength;
    public ushort SubjectLength;
    public ushort DetailLength;
    public ushort Pad;
}
