using Runtime.Agent.Processes;

namespace Runtime.Agent.Managed;

/// <summary>Same numbers as ManagedOperation in ingest.proto.</summary>
internal enum ManagedOperation : byte
{
    Unknown = 0,
    AssemblyFile = 1,
    AssemblyMemory = 2,
    AssemblyEmitted = 3,
    StartupHook = 4,
    Profiler = 5,
    DiagnosticsClient = 6,
    PortClosed = 7,
}

/// <summary>Same bits as ManagedFlag in ingest.proto.</summary>
[Flags]
internal enum ManagedFlags : byte
{
    None = 0,

    /// <summary>Was there when the agent came to the process: state, not novelty.</summary>
    AtStart = 1,

    /// <summary>Read from /proc/PID/maps: the runtime's own word is not to be had.</summary>
    FromMaps = 2,
}

/// <summary>Something that happened inside a .NET process.</summary>
/// <param name="Process">As it was when the watch came to it.</param>
/// <param name="Name">Simple name of the assembly, or of the variable; UTF-8, at most 1024 bytes; empty when there is none.</param>
/// <param name="Path">In the process's mount namespace; at most 4096 bytes; empty when there is none.</param>
/// <param name="TimeBootNs">CLOCK_BOOTTIME, when the agent took it in: up to some 150 ms after it happened.</param>
/// <param name="Count">At least 1.</param>
internal sealed record ManagedEvent(
    ProcessRecord Process, ManagedOperation Operation, byte[] Name, byte[] Path, ManagedFlags Flags, ulong TimeBootNs, uint Count = 1);

/// <summary>What happened inside a .NET process and is not known, or a process that is not watched at all.</summary>
/// <param name="Reason">"runtime_dropped", "undecodable", "processes_full", "share_full", "session_ended", "queue_full".</param>
internal sealed record ManagedLoss(ProcessRecord Process, string Reason, ulong Count, ulong TimeBootNs);

/// <summary>Takes what the watch saw. Called on the capture thread.</summary>
internal interface IManagedSink
{
    void OnManaged(ManagedEvent e);
    void OnManagedLoss(ManagedLoss loss);
}
