using Runtime.Agent.Packages;

namespace Runtime.Agent.Binaries;

/// <summary>What a file holds.</summary>
/// <param name="Sha256">32 bytes; empty when it was not read, and the traits say why.</param>
internal sealed record BinaryContent(FileIdentity Identity, byte[] Sha256, BinaryTraits Traits)
{
    /// <summary>With <see cref="BinaryTraits.Disagrees"/> what the other node read, 32 bytes; else empty.</summary>
    public byte[] ElsewhereSha256 { get; init; } = [];

    /// <summary>By what a package database names it, read with <see cref="Sha256"/>; <see cref="SumKind.None"/> when none was asked for.</summary>
    public SumKind SumKind { get; init; }

    /// <summary>Of that kind; empty when not read.</summary>
    public byte[] Sum { get; init; } = [];

    /// <returns>Empty when it is not known.</returns>
    public byte[] SumOf(SumKind kind) => kind == SumKind.Sha256 ? Sha256 : kind == SumKind ? Sum : [];

    /// <summary>Other nodes told the hash, and the file was not read here.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>What the container's package database says of it.</summary>
    public PackageFinding Package { get; init; } = PackageFinding.None;

    /// <summary>The next process that runs the file may show what this one could not.</summary>
    public bool IsWorthAnotherTry => (Traits & (BinaryTraits.Gone | BinaryTraits.Changed)) != 0;
}
