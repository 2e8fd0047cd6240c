namespace Runtime.Collector.Ingest;

/// <summary>Same numbers as ManagedOperation in ingest.proto.</summary>
internal enum ManagedOperation
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
internal enum ManagedFlags
{
    None = 0,

    /// <summary>Was there when the agent came to the process: state, not novelty.</summary>
    AtStart = 1,

    /// <summary>Read from /proc/PID/maps: the runtime's own word is not to be had.</summary>
    FromMaps = 2,
}

/// <summary>Something that happened inside a .NET process.</summary>
internal sealed record ManagedObservation : Observation
{
    public required ManagedOperation Operation { get; init; }

    /// <summary>Simple name of the assembly, or of the variable; empty when there is none.</summary>
    public string Name { get; init; } = "";

    /// <summary>File of it; empty when it has none.</summary>
    public string Path { get; init; } = "";
    public ManagedFlags Flags { get; init; }
}
