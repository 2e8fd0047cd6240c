using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Tests.Reduction;

/// <summary>Containers as a test says; what is not named is the host's.</summary>
internal sealed class FakeContainers : IContainers
{
    private readonly Dictionary<CgroupKey, ContainerRecord> _records = [];

    public event Action<ContainerRecord>? Changed;

    public void Set(ulong cgroup, ContainerRecord record)
    {
        _records[new(cgroup, 2)] = record;
        Changed?.Invoke(record);
    }

    public void RuleOut(ulong cgroup) => _records.Remove(new(cgroup, 2));

    public ContainerRecord? Lookup(CgroupKey cgroup, uint pid = 0) => _records.GetValueOrDefault(cgroup);

    public string? ContainerIdOf(CgroupKey cgroup, uint pid) => Lookup(cgroup)?.Id;

    public CgroupKey KeyOf(ProcCgroup cgroup) => default;

    public void OnCgroup(in CgroupEvent e)
    {
    }

    public void OnIdle()
    {
    }

    public static ContainerRecord Record(string id, bool complete = true) =>
        new(id, "containerd", complete ? "web" : "", complete ? "web-1" : "", complete ? "shop" : "", "uid", new Dictionary<string, string> { ["app"] = "web" }, "nginx:1", "sha256:aa", 1, "/kubepods/" + id, "10.0.0.1", complete);
}

/// <summary>Keeps what is posted.</summary>
internal sealed class FactList : Agent.Reduction.IFactSink
{
    public List<Agent.Reduction.Fact> Facts { get; } = [];
    public List<Agent.Reduction.LossFact> Losses { get; } = [];
    public List<ContainerRecord> Repairs { get; } = [];

    public void Post(Agent.Reduction.Fact fact) => Facts.Add(fact);

    public void Post(Agent.Reduction.LossFact loss) => Losses.Add(loss);

    public void Post(ContainerRecord container) => Repairs.Add(container);
}
