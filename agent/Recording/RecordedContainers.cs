using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Recording;

/// <summary>Containers as the recording knew them at its end. Nothing changes during a replay.</summary>
internal sealed class RecordedContainers(RecordingReader recording) : IContainers
{
    public event Action<ContainerRecord>? Changed
    {
        add { }
        remove { }
    }

    public ContainerRecord? Lookup(CgroupKey cgroup, uint pid = 0) => recording.Containers.GetValueOrDefault(cgroup);

    public string? ContainerIdOf(CgroupKey cgroup, uint pid) => Lookup(cgroup)?.Id;

    public CgroupKey KeyOf(ProcCgroup cgroup) => default;

    public void OnCgroup(in CgroupEvent e)
    {
    }

    public void OnIdle()
    {
    }
}
