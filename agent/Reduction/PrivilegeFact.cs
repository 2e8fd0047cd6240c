using Runtime.Agent.Capture;

namespace Runtime.Agent.Reduction;

/// <summary>A call that takes, uses or shows more power than an application needs; value, subject and detail as <see cref="PrivilegeOperation"/>.</summary>
internal sealed record PrivilegeFact : Fact
{
    public required PrivilegeOperation Operation { get; init; }
    public ulong Value { get; init; }
    public byte[] Subject { get; init; } = [];
    public byte[] Detail { get; init; } = [];

    /// <summary>Positive errno of a refused call; 0 else.</summary>
    public ushort Error { get; init; }
    public PrivilegeFlags Flags { get; init; }
}
