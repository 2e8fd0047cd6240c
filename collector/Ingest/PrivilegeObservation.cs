namespace Runtime.Collector.Ingest;

/// <summary>Same numbers as PrivilegeOperation in ingest.proto.</summary>
internal enum PrivilegeOperation
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
internal enum PrivilegeFlags
{
    None = 0,

    /// <summary>Was there when the agent started: state, not novelty.</summary>
    AtStart = 1,
}

/// <summary>A call that takes, uses or shows more power than an application needs: done, or refused.</summary>
internal sealed record PrivilegeObservation : Observation
{
    public required PrivilegeOperation Operation { get; init; }

    /// <summary>As ingest.proto says for each operation; 0 when none.</summary>
    public ulong Value { get; init; }
    public string Subject { get; init; } = "";
    public string Detail { get; init; } = "";

    /// <summary>errno when the kernel refused; 0 else.</summary>
    public int Error { get; init; }
    public PrivilegeFlags Flags { get; init; }
}
