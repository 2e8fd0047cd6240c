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
    int ContainersIncomplete);
