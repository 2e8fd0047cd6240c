using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;

namespace Runtime.Bpf.Tests;

/// <summary>A node without containers.</summary>
internal sealed class HostOnly : IContainers
{
    public event Action<ContainerRecord>? Changed
    {
        add { }
        remove { }
    }

    public ContainerRecord? Lookup(CgroupKey cgroup, uint pid = 0) => null;

    public string? ContainerIdOf(CgroupKey cgroup, uint pid) => null;

    public CgroupKey KeyOf(ProcCgroup cgroup) => default;

    public void OnCgroup(in CgroupEvent e)
    {
    }

    public void OnIdle()
    {
    }
}

/// <summary>Keeps the facts that leave.</summary>
internal sealed class FactList : IFactSink
{
    private readonly Lock _lock = new();
    private readonly List<Fact> _facts = [];
    private TaskCompletionSource _posted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Fact[] Taken()
    {
        lock (_lock)
            return [.. _facts];
    }

    public void Post(Fact fact)
    {
        lock (_lock)
        {
            _facts.Add(fact);
            _posted.SetResult();
            _posted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <exception cref="TimeoutException">It did not leave within 20 s.</exception>
    public async Task<T> WaitAsync<T>(Func<T, bool> fits)
        where T : Fact
    {
        while (true)
        {
            Task posted;
            lock (_lock)
            {
                if (_facts.OfType<T>().FirstOrDefault(fits) is { } fact)
                    return fact;
                posted = _posted.Task;
            }
            await posted.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    public void Post(LossFact loss)
    {
    }

    public void Post(ContainerRecord container)
    {
    }
}
