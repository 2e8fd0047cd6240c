using Runtime.Agent.Binaries;
using Runtime.Agent.Packages;

namespace Runtime.Agent.Reduction;

/// <summary>What is in a file that was executed or mapped as code.</summary>
internal sealed record BinaryFact : Fact
{
    public required byte[] Path { get; init; }
    public required FileIdentity File { get; init; }

    /// <summary>32 bytes; empty when it was not read, and <see cref="Traits"/> says why.</summary>
    public byte[] Sha256 { get; init; } = [];
    public BinaryTraits Traits { get; init; }

    /// <summary>With <see cref="BinaryTraits.Disagrees"/> what the other node read, 32 bytes; else empty.</summary>
    public byte[] ElsewhereSha256 { get; init; } = [];

    /// <summary>No part of the behaviour's key: it follows from the container's image and from what the key has.</summary>
    public PackageFinding Package { get; init; } = PackageFinding.None;
}
