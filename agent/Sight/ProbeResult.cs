namespace Runtime.Agent.Sight;

/// <summary>What a probe does, in the order in which it does it.</summary>
internal enum ProbeKind : byte
{
    Exec = 0,
    Write = 1,
    Connect = 2,
}

/// <summary>One act of a probe, and whether the kernel's event of it came back through the whole road.</summary>
/// <param name="DoneUnixNs">Wall clock, when the probe was started.</param>
/// <param name="SeenUnixNs">0: it did not come in time.</param>
/// <param name="Reason">Why not, as far as the agent can tell; empty when it came.</param>
internal sealed record ProbeResult(ProbeKind Kind, long DoneUnixNs, long SeenUnixNs, string Reason)
{
    public bool IsSeen => SeenUnixNs != 0;
}
