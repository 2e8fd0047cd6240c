using System.Diagnostics;
using System.Globalization;
using Runtime.Agent.Containers;
using Runtime.Agent.Health;
using Runtime.Agent.Resources;
using Runtime.Agent.Tests.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Resources;

/// <summary>Real cgroups of this machine, with real processes in them.</summary>
public sealed class ResourceSamplerTests : IDisposable
{
    private static readonly string[] Controllers = ["cpu", "cpuacct", "memory", "pids", "blkio"];
    private readonly string _cgroup = $"/runtime-resources-{Environment.ProcessId}-{Guid.NewGuid():N}";
    private readonly List<Process> _children = [];
    private readonly List<string> _folders = [];
    private readonly List<ContainerRecord> _containers = [];

    [Fact]
    public async Task Round_OfABusyContainer_TellsUserTimeThreadsAndTheProcess()
    {
        Assert.SkipUnless(TryMake(_cgroup), "no cgroup may be made here");
        var busy = Start(_cgroup, "while :; do :; done");
        var idle = Start(_cgroup, "exec sleep 60");
        var log = new StringWriter();
        var sampler = new ResourceSampler(new(), new(), () => _containers, TimeProvider.System, new AgentLog(log, LogLevel.Information, TimeProvider.System));
        _containers.Add(FakeContainers.Record("busy") with { CgroupPath = _cgroup });

        // Enough rounds for the first, short window and a whole one.
        var windows = new List<ResourceWindow>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (windows.Count(w => w.Container is not null) < 2)
        {
            sampler.Round();
            while (sampler.TryTake(out var window))
                windows.Add(window);
            await Task.Delay(60, limit.Token);
        }

        var whole = windows.Last(w => w.Container?.Id == "busy");
        Assert.Equal(ContainerMeter.WindowSamples, whole.Samples.Count);
        var user = whole.Samples.Sum(s => (double)s.CpuUserNs);
        var system = whole.Samples.Sum(s => (double)s.CpuSystemNs);
        var span = whole.Samples.Sum(s => (double)s.IntervalNs);
        Assert.All(whole.Samples, s => Assert.True(s.Has.HasFlag(ResourceCounters.Cpu)));
        Assert.InRange((user + system) / span, 0.05, 1.2);
        Assert.True(user > system, $"user {user} ns, system {system} ns");
        Assert.Equal((uint)busy.Id, whole.TopPid);
        Assert.NotEqual((uint)idle.Id, whole.TopPid);
        Assert.InRange(whole.Samples.Sum(s => (double)s.TopCpuNs), 1, user + system + 100_000_000);
        var slow = Assert.Single(whole.Samples, s => s.Has.HasFlag(ResourceCounters.Memory) && s == whole.Samples[^1]);
        Assert.True(slow.MemoryBytes > 0);
        Assert.Equal((2u, 2u), (slow.Processes, slow.Threads));
        // On the host's network: its packets are not the container's.
        Assert.False(slow.Has.HasFlag(ResourceCounters.Network));
        Assert.Empty(log.ToString());
    }

    [Fact]
    public async Task Round_OfAContainerWithAQuotaAndItsOwnNetwork_TellsThrottlingAndPackets()
    {
        Assert.SkipUnless(TryMake(_cgroup), "no cgroup may be made here");
        Assert.SkipUnless(TryLimit("20000", "100000"), "no quota can be set here");
        Start(_cgroup, "exec unshare -n /bin/sh -c 'while :; do :; done'");
        var sampler = new ResourceSampler(new(), new(), () => _containers, TimeProvider.System, new AgentLog(TextWriter.Null, LogLevel.Information, TimeProvider.System));
        _containers.Add(FakeContainers.Record("limited") with { CgroupPath = _cgroup });
        ResourceWindow? window = null;
        var all = new List<ResourceSample>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (window is not { Samples.Count: ContainerMeter.WindowSamples })
        {
            sampler.Round();
            while (sampler.TryTake(out var next))
            {
                if (next.Container is null)
                    continue;
                window = next;
                all.AddRange(next.Samples);
            }
            await Task.Delay(60, limit.Token);
        }

        // From the very first on, which lies in a window of one to twelve.
        Assert.All(all, s => Assert.True(s.Has.HasFlag(ResourceCounters.Throttling)));
        Assert.True(window.Samples.Sum(s => s.ThrottledPeriods) > 0);
        Assert.True(window.Samples.Sum(s => s.Periods) >= window.Samples.Sum(s => s.ThrottledPeriods));
        Assert.True(window.Samples.Sum(s => (double)s.ThrottledNs) > 0);
        Assert.All(all, s => Assert.InRange((double)s.CpuLimitNs / s.IntervalNs, 0.199, 0.201));
        var slow = window.Samples[^1];
        Assert.True(slow.Has.HasFlag(ResourceCounters.Network));
        // Only loopback is in there.
        Assert.Equal((0ul, 0ul), (slow.ReceivedPackets, slow.SentPackets));
    }

    [Fact]
    public void Round_OfAContainerThatEnds_GivesItsSamples()
    {
        Assert.SkipUnless(TryMake(_cgroup), "no cgroup may be made here");
        var sampler = new ResourceSampler(new(), new(), () => _containers, TimeProvider.System, new AgentLog(TextWriter.Null, LogLevel.Information, TimeProvider.System));
        _containers.Add(FakeContainers.Record("short") with { CgroupPath = _cgroup });
        sampler.Round();
        sampler.Round();
        _containers.Clear();
        sampler.Round();
        Assert.True(sampler.TryTake(out var window));
        Assert.Equal("short", window.Container!.Id);
        Assert.Equal(0u, window.TopPid);
        Assert.NotEmpty(window.Samples);
    }

    /// <summary>What 1,000 containers cost: an agent that reads must not be what is read.</summary>
    [Fact]
    public void Round_Of1000Containers_IsCheap()
    {
        Assert.SkipUnless(TryMake(_cgroup), "no cgroup may be made here");
        for (var i = 0; i < 1000; i++)
        {
            var path = $"{_cgroup}/{i.ToString(CultureInfo.InvariantCulture)}";
            Assert.True(TryMake(path));
            _containers.Add(FakeContainers.Record($"c{i}") with { CgroupPath = path });
        }
        var sampler = new ResourceSampler(new(), new(), () => _containers, TimeProvider.System, new AgentLog(TextWriter.Null, LogLevel.Information, TimeProvider.System));
        sampler.Round();
        var before = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        const int Rounds = 24;
        for (var round = 0; round < Rounds; round++)
        {
            sampler.Round();
            while (sampler.TryTake(out _))
            {
            }
        }
        var used = (Environment.CpuUsage.TotalTime - before) / Rounds;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"one round of 1,000 containers: {used.TotalMilliseconds:0.0} ms of processor, {(GC.GetAllocatedBytesForCurrentThread() - allocated) / Rounds / 1024} KiB allocated; {used.TotalSeconds / 10:0.00 %} of a core at 10 s");
        // Other tests run in this process: a wide bound, an order of magnitude over the figure in DECISIONS.md.
        Assert.True(used < TimeSpan.FromMilliseconds(500), $"{used.TotalMilliseconds} ms");
    }

    [Fact]
    public void Counters_NameWhatWasRead()
    {
        var sampler = new ResourceSampler(new(), new(), () => _containers, TimeProvider.System, new AgentLog(TextWriter.Null, LogLevel.Information, TimeProvider.System));
        for (var i = 0; i <= ContainerMeter.WindowSamples; i++)
            sampler.Round();
        Assert.True(sampler.TryTake(out var node));
        Assert.Null(node.Container);
        Assert.Equal(ContainerMeter.WindowSamples, node.Samples.Count);
        Assert.True(node.Samples[^1].Has.HasFlag(ResourceCounters.Memory | ResourceCounters.Io | ResourceCounters.Network | ResourceCounters.Threads));
        Assert.True(node.Samples[^1].Processes > 0);
        Assert.Equal(13ul, sampler.Counters()["resources.rounds"]);
    }

    public void Dispose()
    {
        foreach (var child in _children)
        {
            child.Kill();
            child.WaitForExit();
            child.Dispose();
        }
        foreach (var folder in Enumerable.Reverse(_folders))
            Directory.Delete(folder);
    }

    private bool TryLimit(string quota, string period)
    {
        try
        {
            if (File.Exists("/sys/fs/cgroup/cgroup.controllers"))
                File.WriteAllText($"/sys/fs/cgroup{_cgroup}/cpu.max", $"{quota} {period}");
            else
                File.WriteAllText($"/sys/fs/cgroup/cpu{_cgroup}/cpu.cfs_quota_us", quota);
            return true;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }

    /// <summary>In each hierarchy of v1, or once in v2.</summary>
    private bool TryMake(string cgroup)
    {
        try
        {
            foreach (var root in Roots())
            {
                Directory.CreateDirectory(root + cgroup);
                _folders.Add(root + cgroup);
            }
            return true;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }

    private Process Start(string cgroup, string script)
    {
        // It joins before it does anything.
        var join = string.Concat(Roots().Select(root => $"echo $$ > {root}{cgroup}/cgroup.procs; "));
        var child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", join + script]))!;
        _children.Add(child);
        return child;
    }

    private static IEnumerable<string> Roots() => File.Exists("/sys/fs/cgroup/cgroup.controllers")
        ? ["/sys/fs/cgroup"]
        : Controllers.Select(c => $"/sys/fs/cgroup/{c}").Where(Directory.Exists);
}
