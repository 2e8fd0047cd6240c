using Runtime.Agent.Capture;

namespace Runtime.Agent.Processes;

/// <summary>What the process table asks about containers. Called on the capture thread for every event; must not block.</summary>
internal interface IContainerLookup
{
    /// <param name="pid">A process in that cgroup, to repair from when the cgroup is unknown; 0 for none.</param>
    /// <returns>Null for the host. The same string object for the same container.</returns>
    string? ContainerIdOf(CgroupKey cgroup, uint pid);

    /// <returns>The key under which the kernel's events will name the process's cgroup; default when it cannot be told.</returns>
    CgroupKey KeyOf(ProcCgroup cgroup);
}
