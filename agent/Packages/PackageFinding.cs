namespace Runtime.Agent.Packages;

/// <summary>Same numbers as PackageVerdict in ingest.proto.</summary>
internal enum PackageVerdict : uint
{
    /// <summary>There is no database that we read, or the file was not read here.</summary>
    Unknown = 0,
    Unowned = 1,

    /// <summary>A package has it, and nothing to compare it with.</summary>
    OwnedWithoutSum = 2,
    Matches = 3,
    Mismatch = 4,
}

/// <summary>Same bits as PackageFlag in ingest.proto.</summary>
[Flags]
internal enum PackageFlags : uint
{
    None = 0,

    /// <summary>The container has written nothing to the database: what it says, the image says.</summary>
    DatabaseOfImage = 1,

    /// <summary>The file is proven to be the image's, as it was unpacked.</summary>
    FileOfImage = 2,

    /// <summary>The container has a file of its own there. With neither flag it is not known whose the file is.</summary>
    FileOfContainer = 4,
}

/// <summary>As the database writes them; at most <see cref="MaxName"/> bytes each, none of them a control character.</summary>
internal sealed record PackageName(byte[] Name, byte[] Version, byte[] Architecture)
{
    public const int MaxName = 128;

    public static readonly PackageName None = new([], [], []);
}

/// <summary>What a container's package database says of a file.</summary>
/// <param name="Package">Of several that have the file the one that decided; <see cref="PackageName.None"/> when none has it.</param>
/// <param name="Distribution">Id and version of os-release(5), "debian 12"; empty when it does not say.</param>
internal sealed record PackageFinding(PackageVerdict Verdict, PackageFlags Flags, PackageName Package, byte[] Distribution)
{
    public static readonly PackageFinding None = new(PackageVerdict.Unknown, PackageFlags.None, PackageName.None, []);
}
