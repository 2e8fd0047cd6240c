using Runtime.Agent.Health;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>What the agent says about itself, as messages.</summary>
internal static class StateMessages
{
    public static Hello HelloOf(AgentIdentity identity, string epoch, TimeSpan probeInterval) => new()
    {
        AgentId = identity.AgentId,
        Epoch = epoch,
        Cluster = identity.Cluster,
        Node = identity.Node,
        AgentVersion = identity.Version,
        BootId = identity.BootId,
        KernelRelease = identity.KernelRelease,
        ProbeIntervalMs = (uint)probeInterval.TotalMilliseconds,
    };

    public static AgentStatus StatusOf(AgentState state)
    {
        var status = new AgentStatus
        {
            QueueLength = (ulong)state.QueueLength,
            QueueCapacity = (ulong)state.QueueCapacity,
            ResidentBytes = (ulong)state.ResidentBytes,
            CpuNs = (ulong)state.CpuNs,
            Containers = (uint)state.Containers,
            ContainersIncomplete = (uint)state.ContainersIncomplete,
            Rung = (uint)(state.Rung?.Number ?? 0),
            RungReason = state.Rung?.Reason ?? "",
        };
        foreach (var (kind, share) in state.Coverage)
            status.Coverage[kind] = share;
        foreach (var hook in state.Hooks)
            status.Hooks.Add(new Hook { Name = hook.Name, Attached = hook.Attached, Reason = hook.Reason, Loses = hook.Loses });
        foreach (var (kind, sinceUnixNs) in state.BlindSince)
            status.BlindSinceUnixNs[kind] = sinceUnixNs;
        foreach (var (name, value) in state.Counters)
            status.Counters[name] = value;
        return status;
    }
}
