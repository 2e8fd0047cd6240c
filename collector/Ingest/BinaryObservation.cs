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

/// <summary>Same numbers as PackageVerdict in ingest.proto.</summary>
internal enum PackageVerdict
{
    Unknown = 0,
    Unowned = 1,
    OwnedWithoutSum = 2,
    Matches = 3,
    Mismatch = 4,
}

/// <summary>Same bits as PackageFlag in ingest.proto.</summary>
[Flags]
internal enum PackageFlags
{
    None = 0,
    DatabaseOfImage = 1,
    FileOfImage = 2,
    FileOfContainer = 4,
}

/// <summary>What the container's package database says of a file.</summary>
/// <param name="Name">Empty, as the next two, when no package has it.</param>
/// <param name="Distribution">"debian 12"; empty when the image does not say.</param>
internal sealed record PackageFinding(PackageVerdict Verdict, PackageFlags Flags, string Name, string Version, string Architecture, string Distribution)
{
    public static readonly PackageFinding Unknown = new(PackageVerdict.Unknown, PackageFlags.None, "", "", "", "");

    public bool FileOfImage => (Flags & PackageFlags.FileOfImage) != 0;
    public bool FileOfContainer => (Flags & PackageFlags.FileOfContainer) != 0;

    /// <summary>File and database are the image's own.</summary>
    public bool IsOfImage => (Flags & (PackageFlags.DatabaseOfImage | PackageFlags.FileOfImage)) == (PackageFlags.DatabaseOfImage | PackageFlags.FileOfImage);

    /// <summary>The image's own file is what the image's own database says: a database that the container wrote to clears nothing.</summary>
    public bool Clears => Verdict == PackageVerdict.Matches && IsOfImage;
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

    public PackageFinding Package { get; init; } = PackageFinding.Unknown;

    /// <summary>It is what its process runs, and no library of it.</summary>
    public bool IsProgram => Path == Process.Binary || Path == Process.Payload;
}
