using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Runtime.Agent.Tests.Processes;
using Runtime.Tests;
using Xunit;

namespace Runtime.Agent.Tests.Containers;

public sealed class ContainerTableTests : IAsyncDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Uid = "1f2e3d4c-5b6a-7980-1a2b-3c4d5e6f7081";
    private static readonly CgroupKey Key = new(4242, 2);
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    private readonly string _root = Directory.CreateTempSubdirectory("cgroup-").FullName;
    private readonly SleepersClock _time = new();
    private readonly FakeRuntimeClient _runtime = new("fake");
    private readonly FakeRuntimeClient _other = new("other");
    private readonly ConcurrentQueue<string> _log = new();
    private readonly List<ContainerRecord> _changes = [];
    private readonly ContainerTable _table;

    public ContainerTableTests()
    {
        var options = new ContainerOptions { CgroupRoot = _root };
        _table = new(options, new CgroupTree(options), null, [_runtime, _other], _time, _log.Enqueue);
        _table.Changed += _changes.Add;
    }

    public async ValueTask DisposeAsync()
    {
        await _table.DisposeAsync();
        Assert.True(_runtime.Disposed);
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Lookup_FirstSight_AnswersAtOnceAndIsRepaired()
    {
        _table.Start();
        Made(Key, $"/kubepods/burstable/pod{Uid}/{Id}");
        var first = _table.Lookup(Key);
        Assert.NotNull(first);
        Assert.Equal((Id, Uid, false), (first.Id, first.PodUid, first.Complete));

        _runtime.Known[Id] = Details("web");
        await Until(() => _table.Lookup(Key)!.Complete);
        var record = _table.Lookup(Key)!;
        Assert.Equal(("web", "shop-1", "prod", Uid, "sha256:1"), (record.Name, record.PodName, record.PodNamespace, record.PodUid, record.ImageDigest));
        Assert.Same(record, Assert.Single(_changes));
        Assert.Same(record, Assert.Single(_table.Snapshot()));
    }

    [Fact]
    public void Record_WithNewsThatDoNotTellWhenTheImageWasBuilt_KeepsIt()
    {
        var record = Reduction.FakeContainers.Record("c1").With(Details("web") with { ImageCreatedUnixS = 5 });
        Assert.Equal(5, record.With(Details("web")).ImageCreatedUnixS);
        Assert.Equal(7, record.With(Details("web") with { ImageCreatedUnixS = 7 }).ImageCreatedUnixS);
        Assert.Equal(5, Agent.Streaming.ContainerMessages.Of(record).ImageCreatedUnixS);
    }

    [Fact]
    public async Task Lookup_PauseContainer_IsTheSandbox()
    {
        _table.Start();
        _runtime.Known[Id] = Details("") with { IsSandbox = true };
        Made(Key, $"/kubepods/burstable/pod{Uid}/{Id}");
        await Until(() => _table.Lookup(Key)!.Complete);
        Assert.True(_table.Lookup(Key)!.IsSandbox);
        Assert.Equal(ContainerRecord.SandboxName, _table.Lookup(Key)!.Name);
    }

    [Fact]
    public async Task Lookup_OneRuntimeHangs_TheOtherStillAnswers()
    {
        _other.Hang = new();
        _table.Start();
        _runtime.Known[Id] = Details("web");
        Made(Key, $"/kubepods/burstable/pod{Uid}/{Id}");
        await Until(() => _table.Lookup(Key)!.Complete);
    }

    [Fact]
    public async Task Lookup_RuntimeFailsThenAnswers_IsLoggedOnceAndRepaired()
    {
        _runtime.Fault = new RuntimeCallException("broken", new IOException());
        _table.Start();
        Made(Key, $"/docker/{Id}");
        await Until(() => _table.Counters()["containers.call_failures[fake]"] >= 3);
        Assert.Single(_log);
        // As long as one may still know it, nothing is assumed.
        _time.Advance(TimeSpan.FromSeconds(60));
        _table.OnIdle();
        Assert.False(_table.Lookup(Key)!.Complete);

        _runtime.Fault = null;
        _runtime.Known[Id] = Details("web");
        await Until(() => _table.Lookup(Key)!.Complete);
        Assert.Equal(2, _log.Count);
    }

    [Fact]
    public async Task Lookup_NoRuntimeKnowsIt_CompleteUnderItsIdAfterTheWaitAndStillRepairedLater()
    {
        _table.Start();
        Made(Key, $"/system.slice/docker-{Id}.scope");
        await Until(() => _table.Lookup(Key)!.Complete);
        var assumed = _table.Lookup(Key)!;
        Assert.Equal((Id, Id, "docker"), (assumed.Id, assumed.Name, assumed.Runtime));
        Assert.True(_time.GetUtcNow() - _time.Start >= TimeSpan.FromSeconds(10));

        _runtime.Known[Id] = Details("late");
        await Until(() => _table.Lookup(Key)!.Name == "late");
    }

    [Fact]
    public async Task Lookup_PodsContainerThatNobodyKnows_StaysIncomplete()
    {
        _table.Start();
        Made(Key, $"/kubepods/burstable/pod{Uid}/{Id}");
        await Until(() => _time.GetUtcNow() - _time.Start > TimeSpan.FromSeconds(30));
        Assert.False(_table.Lookup(Key)!.Complete);
    }

    [Fact]
    public async Task Lookup_UnknownShape_IsTheHostWhenAllRuntimesSaySo()
    {
        _table.Start();
        Made(Key, "/process_api/x");
        Assert.NotNull(_table.Lookup(Key));
        await Until(() => _table.Lookup(Key) is null);
        Assert.Equal(1ul, _table.Counters()["containers.ruled_out"]);
        Assert.Empty(_table.Snapshot());
    }

    [Fact]
    public async Task Lookup_UnknownShapeThatARuntimeKnowsAbove_IsThatContainer()
    {
        _table.Start();
        _runtime.Known["inner"] = new() { Id = "rt1", Name = "rt1", Runtime = "runc", Complete = true };
        Made(Key, "/rt1/inner");
        Assert.NotNull(_table.Lookup(Key));
        await Until(() => _table.Lookup(Key)!.Complete);
        Assert.Equal("rt1", _table.ContainerIdOf(Key, 0));
    }

    [Theory]
    [InlineData("/system.slice/ssh.service")]
    [InlineData("/kubepods/burstable/pod" + Uid)]
    public void Lookup_HostsCgroup_IsNull(string path)
    {
        Made(Key, path);
        Assert.Null(_table.Lookup(Key));
        Assert.Null(_table.Lookup(new(1, 2)));
    }

    [Fact]
    public void Lookup_SubCgroupOfAContainer_IsTheSameContainer()
    {
        Made(Key, $"/docker/{Id}");
        Made(new(4243, 2), $"/docker/{Id}/init.scope");
        Assert.Same(_table.Lookup(Key), _table.Lookup(new(4243, 2)));
        Assert.Same(_table.ContainerIdOf(Key, 0), _table.ContainerIdOf(new(4243, 2), 0));
    }

    [Fact]
    public void Lookup_SameIdInTheOtherHierarchy_IsAnotherCgroup()
    {
        Made(Key, $"/docker/{Id}");
        Made(Key with { Version = 1 }, "/system.slice/ssh.service");
        Assert.NotNull(_table.Lookup(Key));
        Assert.Null(_table.Lookup(Key with { Version = 1 }));
    }

    [Fact]
    public void Lookup_CgroupThatNothingKnows_IsNamedAfterItsKeyAndNotComplete()
    {
        var record = _table.Lookup(new(987_654_321, 2), 0);
        Assert.NotNull(record);
        Assert.False(record.Complete);
        Assert.Equal("cgroup-v2-987654321", record.Id);
        // Its directory's event comes late.
        Made(new(987_654_321, 2), $"/docker/{Id}");
        _time.Advance(TimeSpan.FromSeconds(1));
        _table.OnIdle();
        Assert.Equal(Id, _table.Lookup(new(987_654_321, 2))!.Id);
        Assert.Equal(Id, Assert.Single(_changes).Id);
    }

    [Fact]
    public async Task Removed_BeforeItsMetadataIsRead_IsStillAskedForAndThenForgotten()
    {
        _table.Start();
        Made(Key, $"/kubepods/burstable/pod{Uid}/{Id}");
        _table.OnCgroup(new CgroupEvent { Cgroup = Key, Removed = true, Path = ""u8 });
        Assert.Equal(Uid, _table.Lookup(Key)!.PodUid);
        _runtime.Known[Id] = Details("web");
        await Until(() => _table.Lookup(Key)!.Complete);
        _time.Advance(TimeSpan.FromMinutes(2));
        _table.OnIdle();
        Assert.Empty(_table.Snapshot());
        Assert.Equal(0ul, _table.Counters()["containers.held"]);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task PossibleContainer_ThatNoRuntimeKnows_IsOneByItsPidNamespace(bool bothAreInside, bool isContainer)
    {
        using var proc = new FakeProc();
        proc.Add(50, 1, 100, innermostPid: 1);
        proc.Add(51, 50, 100, innermostPid: bothAreInside ? 2u : 0u);
        Directory.CreateDirectory(_root + "/my/plain");
        await File.WriteAllTextAsync(_root + "/cgroup.controllers", "", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_root + "/my/plain/cgroup.procs", "50\n51\n", TestContext.Current.CancellationToken);
        var options = new ContainerOptions { CgroupRoot = _root };
        await using var table = new ContainerTable(options, new CgroupTree(options), new ProcfsReader(proc.Root), [new FakeRuntimeClient("none"), new FakeRuntimeClient("neither")], _time, _log.Enqueue);
        table.Start();
        table.OnCgroup(new CgroupEvent { Cgroup = Key, Path = "/my/plain"u8 });
        Assert.False(table.Lookup(Key)!.Complete);

        await Until(() =>
        {
            table.OnIdle();
            return table.Lookup(Key) is null or { Complete: true };
        });
        Assert.Equal(isContainer ? "plain" : null, table.Lookup(Key)?.Name);
        Assert.Equal(isContainer ? 1ul : 0ul, table.Counters()["containers.known_by_namespace"]);
    }

    [Fact]
    public void Options_Faulty_AllFaultsAtOnce()
    {
        Assert.Equal(4, new ContainerOptions { CallTimeout = TimeSpan.Zero, RetryMaximum = TimeSpan.Zero, MaxCgroups = 1, CriSockets = ["relative"] }.Faults().Count);
        Assert.Empty(new ContainerOptions().Faults());
    }

    private static ContainerDetails Details(string name) => new()
    {
        Id = Id, Name = name, Runtime = "containerd", PodName = "shop-1", PodNamespace = "prod", Image = "shop:1", ImageDigest = "sha256:1", Complete = true,
    };

    private void Made(CgroupKey key, string path) => _table.OnCgroup(new CgroupEvent { Cgroup = key, Path = Encoding.UTF8.GetBytes(path) });

    /// <summary>Lets the clock run and the table take the answers, until the condition holds; the clock moves only when all loops sleep.</summary>
    private async Task Until(Func<bool> condition)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(limit.Elapsed < TimeLimit, "the condition did not come to hold");
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await _time.SleepingAsync(_other.Hang is null ? 2 : 1, TimeLimit);
            _table.OnIdle();
        }
    }
}
