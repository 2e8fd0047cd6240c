using Runtime.Agent.Capture;

namespace Runtime.Agent.Health;

/// <summary>How the agent itself does, at one moment.</summary>
/// <param name="ResidentBytes">RSS.</param>
/// <param name="CpuNs">User and system time since start.</param>
internal sealed record AgentState(
    IReadOnlyList<HookState> Hooks,
    IReadOnlyDictionary<string, ulong> Counters,
    int QueueLength,
    int QueueCapacity,
    long ResidentBytes,
    long CpuNs,
    int Containers,
    int ContainersIncomplete)
{
    /// <summary>Kind of act ("exec", "write", "connect") → since when it is not seen, Unix nanoseconds; empty when all is seen.</summary>
    public IReadOnlyDictionary<string, ulong> BlindSince { get; init; } = new Dictionary<string, ulong>();

    /// <summary>Null in a replay, which has no kernel.</summary>
    public Rung? Rung { get; init; }

    /// <summary>Share of the acts of known life time that arrived, by kind; empty while not measured.</summary>
    public IReadOnlyDictionary<string, double> Coverage { get; init; } = new Dictionary<string, double>();
}
