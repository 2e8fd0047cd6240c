namespace Runtime.Agent.Binaries;

/// <summary>What a file holds.</summary>
/// <param name="Sha256">32 bytes; empty when it was not read, and the traits say why.</param>
internal sealed record BinaryContent(FileIdentity Identity, byte[] Sha256, BinaryTraits Traits)
{
    /// <summary>With <see cref="BinaryTraits.Disagrees"/> what the other node read, 32 bytes; else empty.</summary>
    public byte[] ElsewhereSha256 { get; init; } = [];

    /// <summary>The next process that runs the file may show what this one could not.</summary>
    public bool IsWorthAnotherTry => (Traits & (BinaryTraits.Gone | BinaryTraits.Changed)) != 0;
}
