using Runtime.Agent.Capture;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Containers;

/// <summary>Whose a cgroup is: on a live node asked from the runtimes, in a replay told by the recording. Capture thread.</summary>
internal interface IContainers : IContainerLookup
{
    /// <summary>A container's record was replaced, after it had been answered once.</summary>
    event Action<ContainerRecord>? Changed;

    /// <param name="pid">A process in that cgroup, to repair from when the cgroup is unknown; 0 for none.</param>
    /// <returns>Null for the host.</returns>
    ContainerRecord? Lookup(CgroupKey cgroup, uint pid = 0);

    void OnCgroup(in CgroupEvent e);

    void OnIdle();
}
