using Runtime.Agent.Managed;

namespace Runtime.Agent.Reduction;

/// <summary>Something that happened inside a .NET process; name and path as <see cref="ManagedEvent"/>.</summary>
internal sealed record ManagedFact : Fact
{
    public required ManagedOperation Operation { get; init; }
    public byte[] Name { get; init; } = [];
    public byte[] Path { get; init; } = [];
    public ManagedFlags Flags { get; init; }
}
