namespace Runtime.Collector.Ingest;

/// <summary>Same bits as BinaryTrait in ingest.proto.</summary>
[Flags]
internal enum BinaryTraits
{
    None = 0,
    NotElf = 1,
    Static = 2,
    NoSections = 4,
    Packed = 8,
    TooLarge = 16,
    Gone = 32,
    Changed = 64,
    Unreadable = 128,
    Disagrees = 256,
}

/// <summary>What is in a file that was executed or mapped as code.</summary>
internal sealed record BinaryObservation : Observation
{
    public required string Path { get; init; }
    public ulong Inode { get; init; }
    public uint Device { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; init; }

    /// <summary>64 lower-case hex digits; empty when the file was not read, and the traits say why.</summary>
    public string Sha256 { get; init; } = "";
    public BinaryTraits Traits { get; init; }

    /// <summary>With <see cref="BinaryTraits.Disagrees"/> what another node read, 64 lower-case hex digits; else empty.</summary>
    public string ElsewhereSha256 { get; init; } = "";

    /// <summary>It is what its process runs, and no library of it.</summary>
    public bool IsProgram => Path == Process.Binary || Path == Process.Payload;
}
