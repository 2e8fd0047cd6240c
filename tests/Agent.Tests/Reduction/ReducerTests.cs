using System.Text;
using Microsoft.Extensions.Time.Testing;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Reduction;

public sealed class ReducerTests
{
    private const ulong Second = 1_000_000_000;
    private readonly FakeContainers _containers = new();
    private readonly FactList _out = new();
    private readonly TestClock _clock = new();
    private readonly List<CaptureLoss> _losses = [];
    private readonly ProcessTable _processes;
    private Reducer _reducer;

    public ReducerTests()
    {
        _containers.Set(7, FakeContainers.Record("c7"));
        _processes = new(new(), _containers, Redaction.WithRandomSalt(), null, new FakeTimeProvider());
        _reducer = Make(new());
        Exec(1, "/init", "init\0", parent: 0);
        _out.Facts.Clear();
    }

    [Fact]
    public void Exec_FirstSight_LeavesAtOnceAndRepeatsAreCounted()
    {
        Exec(100, "/bin/sh", "sh\0-c\0true\0");
        var fact = Assert.IsType<ExecFact>(Assert.Single(_out.Facts));
        Assert.True(fact.IsNew);
        Assert.Equal("c7", fact.Container!.Id);

        for (uint pid = 101; pid < 111; pid++)
            Exec(pid, "/bin/sh", "sh\0-c\0true\0");
        Assert.Single(_out.Facts);

        _clock.NowBoot += 61 * Second;
        _reducer.OnIdle();
        var repeats = Assert.IsType<ExecFact>(_out.Facts[1]);
        Assert.False(repeats.IsNew);
        Assert.Equal(10ul, repeats.Count);
        Assert.True(repeats.FirstUnixNs < repeats.LastUnixNs);
        Assert.Same(fact.Process, repeats.Process);

        _clock.NowBoot += 61 * Second;
        _reducer.OnIdle();
        Assert.Equal(2, _out.Facts.Count);
    }

    [Fact]
    public void Running_AtTheStart_IsStateAndDoesNotHideTheFirstExec()
    {
        var running = new ProcessRecord { Key = new(50, 50_000), Cgroup = new(7, 2), Binary = "/bin/app"u8.ToArray(), Flags = ProcessFlags.AtStart };
        _processes.Restore(running, new(1, 1000));
        _reducer.ReportRunning();
        var state = Assert.IsType<ExecFact>(Assert.Single(_out.Facts, fact => fact.Process.Key == running.Key));
        Assert.True(state.IsNew);
        Assert.Equal("c7", state.Container!.Id);

        _out.Facts.Clear();
        Exec(51, "/bin/app", "");
        Assert.Equal(51u, Assert.Single(_out.Facts).Process.Key.Pid);
    }

    [Fact]
    public void Exec_NewArguments_GoOutSixteenTimes()
    {
        for (uint i = 0; i < 40; i++)
            Exec(100 + i, "/usr/bin/curl", $"curl\0http://x/{i}\0");
        Assert.Equal(Behaviour.MaxArgumentSets, _out.Facts.Count);
        Assert.All(_out.Facts, f => Assert.True(f.IsNew));
        _reducer.Finish();
        Assert.Equal(40ul, _out.Facts.Aggregate(0ul, (sum, f) => sum + f.Count));
        Assert.Equal(24ul, _reducer.Counters()["reduction.arguments_folded"]);
    }

    [Fact]
    public void Exec_OtherParentScriptOrFlags_IsNew()
    {
        Exec(100, "/bin/sh", "sh\0");
        Exec(101, "/bin/sh", "sh\0", script: "/opt/run.sh");
        Exec(102, "/bin/sh", "sh\0", flags: ExecFlags.UpperLayer);
        Exec(103, "/bin/sh", "sh\0", flags: ExecFlags.StdinSocket | ExecFlags.StdoutSocket);
        Exec(104, "/bin/sh", "sh\0", parent: 100);
        Exec(105, "/bin/sh", "sh\0", flags: ExecFlags.ArgumentsTruncated);
        Assert.Equal(5, _out.Facts.Count);
    }

    [Fact]
    public void Exec_InAnotherContainer_IsNewThere()
    {
        _containers.Set(8, FakeContainers.Record("c8"));
        Exec(100, "/bin/sh", "sh\0");
        Exec(101, "/bin/sh", "sh\0", cgroup: 8);
        Exec(102, "/bin/sh", "sh\0", cgroup: 999);
        Assert.Equal(["c7", "c8", null], _out.Facts.Select(f => f.Container?.Id));
    }

    [Fact]
    public void Exit_OnlyOfProcessesWhoseExecWasNew()
    {
        Exec(100, "/bin/sh", "sh\0");
        Exec(101, "/bin/sh", "sh\0");
        Exit(100, 3);
        Exit(101, 0);
        var exit = Assert.Single(_out.Facts.OfType<ExitFact>());
        Assert.Equal((100u, (byte)3), (exit.Process.Key.Pid, exit.Code));
    }

    [Fact]
    public void File_VaryingName_IsOneBehaviour()
    {
        Exec(100, "/bin/app", "app\0");
        for (var i = 0; i < 5; i++)
            File(100, $"/tmp/tmp.Xk3f9Qa{i}bZ");
        File(100, "/tmp/tmp.Xk3f9Qa1bZ.sh");
        File(100, "/tmp/tmp.Xk3f9Qa1bZ", FileOperation.Unlink);
        File(100, "/tmp/tmp.Xk3f9Qa1bZ", FileOperation.Create, FileFlags.Executable);
        var files = _out.Facts.OfType<FileFact>().ToArray();
        Assert.Equal(4, files.Length);
        Assert.Equal("/tmp/tmp.<rand>", Encoding.UTF8.GetString(files[0].Template));
        Assert.Equal("/tmp/tmp.Xk3f9Qa0bZ", Encoding.UTF8.GetString(files[0].Path));
    }

    [Fact]
    public void File_LongestPath_IsCutAndFlagged()
    {
        Exec(100, "/bin/app", "app\0");
        File(100, new string('a', 8193));
        var file = Assert.Single(_out.Facts.OfType<FileFact>());
        Assert.Equal((8192, FileFlags.PathTruncated), (file.Path.Length, file.Flags));
    }

    [Fact]
    public void Network_SamePeerOtherClientPort_IsOneBehaviour()
    {
        Exec(100, "/bin/app", "app\0");
        for (ushort port = 40000; port < 40010; port++)
            Network(100, NetworkOperation.Connect, port, 443);
        Network(100, NetworkOperation.Connect, 40000, 444);
        Network(100, NetworkOperation.Connect, 40000, 443, error: 111);
        Assert.Equal(3, _out.Facts.OfType<NetworkFact>().Count());
    }

    [Fact]
    public void Network_Accept_FoldsPeersAndMarksTheProcess()
    {
        Exec(100, "/bin/web", "web\0");
        Network(100, NetworkOperation.Listen, 80, 0, peer: [0, 0, 0, 0]);
        Network(100, NetworkOperation.Accept, 80, 50001, peer: [10, 0, 0, 9]);
        Network(100, NetworkOperation.Accept, 80, 50002, peer: [10, 0, 0, 8]);
        var facts = _out.Facts.OfType<NetworkFact>().ToArray();
        Assert.Equal([NetworkOperation.Listen, NetworkOperation.Accept], facts.Select(f => f.Operation));
        Assert.All(facts, f => Assert.True(f.Process.Flags.HasFlag(ProcessFlags.NetworkFacing)));
    }

    [Fact]
    public void Network_Close_IsSummedIntoItsConnection()
    {
        Exec(100, "/bin/app", "app\0");
        Network(100, NetworkOperation.Connect, 40000, 443);
        Network(100, NetworkOperation.Close, 40000, 443, sent: 10, received: 20);
        Network(100, NetworkOperation.Close, 40001, 443, sent: 1, received: 2);
        Network(100, NetworkOperation.Close, 40001, 9999, sent: 1, received: 2);
        _reducer.Finish();
        var close = Assert.Single(_out.Facts.OfType<NetworkFact>(), f => f.Operation == NetworkOperation.Close);
        Assert.Equal((2ul, 11ul, 22ul, 443), (close.Count, close.BytesSent, close.BytesReceived, close.RemotePort));
        Assert.Equal(1ul, _reducer.Counters()["reduction.closes_unmatched"]);
    }

    [Fact]
    public void Network_FirstBytes_AreClassifiedAndNotKept()
    {
        Exec(100, "/bin/app", "app\0");
        Network(100, NetworkOperation.FirstBytes, 40000, 3333, payload: """{"method":"mining.subscribe"}""");
        Assert.Equal("stratum", Assert.Single(_out.Facts.OfType<NetworkFact>()).Payload);
    }

    [Fact]
    public void Keys_MoreThanTheContainerMayHave_OldestBecomesNewAgainAndNothingIsLost()
    {
        _reducer = Make(new() { MaxKeys = 64 });
        Exec(100, "/bin/app", "app\0");
        for (var i = 0; i < 200; i++)
        {
            File(100, $"/a/{(char)('a' + (i % 26))}{(char)('a' + (i / 26))}");
            File(100, "/a/busy");
        }
        File(100, "/a/aa");
        _reducer.Finish();
        var files = _out.Facts.OfType<FileFact>().ToArray();
        Assert.Equal(2, files.Count(f => f.IsNew && f.Path.AsSpan().SequenceEqual("/a/aa"u8)));
        // Always in use: never forgotten.
        Assert.Single(files, f => f.IsNew && f.Path.AsSpan().SequenceEqual("/a/busy"u8));
        Assert.Equal(401ul, files.Aggregate(0ul, (sum, f) => sum + f.Count));
        Assert.True(_reducer.Counters()["reduction.keys_full"] > 100);
        Assert.True(_reducer.Counters()["reduction.keys_held"] <= 64);
    }

    [Fact]
    public void Keys_MoreThanAllMayHave_AreBoundedInTotal()
    {
        _reducer = Make(new() { MaxKeys = 64, MaxKeysTotal = 100 });
        for (ulong c = 10; c < 20; c++)
        {
            _containers.Set(c, FakeContainers.Record("c" + c));
            for (uint i = 0; i < 50; i++)
                Exec((uint)(c * 100) + i, $"/bin/x{(char)('a' + (i % 26))}{i}", "x\0", cgroup: c);
        }
        Assert.Equal(500, _out.Facts.Count);
        Assert.Equal(100ul, _reducer.Counters()["reduction.keys_held"]);
    }

    [Fact]
    public void Metadata_Missing_FactsWaitAndLeaveWithIt()
    {
        _containers.Set(9, FakeContainers.Record("c9", complete: false));
        Exec(100, "/bin/sh", "sh\0", cgroup: 9);
        Exec(101, "/bin/ls", "ls\0", cgroup: 9);
        Assert.Empty(_out.Facts);

        _containers.Set(9, FakeContainers.Record("c9"));
        _reducer.OnIdle();
        Assert.Equal(2, _out.Facts.Count);
        Assert.All(_out.Facts, f => Assert.True(f.Container!.Complete));
        Assert.Empty(_out.Repairs);
    }

    [Fact]
    public void Metadata_NeverCame_FactsLeaveWithoutAndAreRepairedLater()
    {
        _containers.Set(9, FakeContainers.Record("c9", complete: false));
        Exec(100, "/bin/sh", "sh\0", cgroup: 9);
        _clock.NowBoot += 11 * Second;
        _reducer.OnIdle();
        Assert.False(Assert.Single(_out.Facts).Container!.Complete);

        // Who waited in vain does not wait again.
        Exec(101, "/bin/ls", "ls\0", cgroup: 9);
        Assert.Equal(2, _out.Facts.Count);

        _containers.Set(9, FakeContainers.Record("c9"));
        Assert.True(Assert.Single(_out.Repairs).Complete);
        Exec(102, "/bin/cat", "cat\0", cgroup: 9);
        Assert.True(_out.Facts[^1].Container!.Complete);
    }

    [Fact]
    public void Metadata_PossibleContainerWasTheHosts_FactsLeaveAsTheHosts()
    {
        _containers.Set(9, FakeContainers.Record("slice", complete: false));
        Exec(100, "/bin/sh", "sh\0", cgroup: 9);
        _containers.RuleOut(9);
        _reducer.OnIdle();
        Assert.Null(Assert.Single(_out.Facts).Container);
    }

    [Fact]
    public void Metadata_TooManyWait_AllLeave()
    {
        _reducer = Make(new() { MaxWaiting = 16 });
        _containers.Set(9, FakeContainers.Record("c9", complete: false));
        for (uint i = 0; i < 20; i++)
            Exec(100 + i, $"/bin/x{i}y", "x\0", cgroup: 9);
        Assert.Equal(20, _out.Facts.Count);
        Assert.Equal(1ul, _reducer.Counters()["reduction.wait_full"]);
    }

    [Fact]
    public void Losses_OfTheSource_BecomeFactsOfTheirContainer()
    {
        _clock.NowBoot = 10 * Second;
        _losses.Add(new(new CgroupKey(7, 2), EventKind.Exec, "ring_full", 5));
        _losses.Add(new(new CgroupKey(999, 2), EventKind.File, "ring_full", 6));
        _losses.Add(new(null, EventKind.Network, "undecodable", 7));
        _reducer.OnIdle();
        Assert.Equal(
            [("c7", false, "process", 5ul), (null, true, "file", 6ul), (null, false, "network", 7ul)],
            _out.Losses.Select(l => (l.Container?.Id, l.Host, l.Kind, l.Count)));
    }

    [Fact]
    public void KnownBehaviours_AllocateNoFacts()
    {
        Exec(100, "/bin/app", "app\0");
        File(100, "/a/b");
        Network(100, NetworkOperation.Connect, 1, 443);
        var path = "/a/b"u8.ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            _reducer.OnFile(new FileEvent { Origin = Origin(100, 7), Operation = FileOperation.Write, Path = path });
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / 10_000;
        Assert.True(each < 16, $"{each} bytes for each known event");
    }

    [Fact]
    public void Repeats_OfACountedOpen_BelongToItsProgramAlsoAfterAnExec()
    {
        Exec(100, "/bin/app", "app\0");
        var open = Open(100, "/data/x", isCounted: true);
        Exec(100, "/bin/other", "other\0");
        _out.Facts.Clear();

        Repeats(open, 40);
        Repeats(open, 2);
        _clock.NowBoot += 61 * Second;
        _reducer.OnIdle();

        var repeats = Assert.IsType<FileFact>(Assert.Single(_out.Facts));
        Assert.Equal((42ul, false, "/bin/app"), (repeats.Count, repeats.IsNew, Encoding.UTF8.GetString(repeats.Process!.Binary)));
    }

    [Fact]
    public void Repeats_OfAKnownOpen_AreAddedToIt()
    {
        Exec(100, "/bin/app", "app\0");
        Open(100, "/data/1", isCounted: false);
        var open = Open(100, "/data/2", isCounted: true);
        Repeats(open, 5);
        _clock.NowBoot += 61 * Second;
        _reducer.OnIdle();
        Assert.Equal(6ul, _out.Facts.OfType<FileFact>().Single(f => !f.IsNew).Count);
    }

    [Fact]
    public void Repeats_OfNothing_AreCounted()
    {
        Repeats(Origin(100, 7), 3);
        Assert.Equal(3ul, _reducer.Counters()["reduction.repeats_of_nothing"]);
    }

    [Fact]
    public void Connects_ThatFailAtManyPorts_BecomeOneScanAfterTheFirstTwenty()
    {
        Exec(100, "/usr/bin/nmap", "nmap\0");
        _out.Facts.Clear();
        for (ushort port = 1; port <= 1000; port++)
            Network(100, NetworkOperation.Connect, 0, port, error: 111);

        Assert.Equal(20, _out.Facts.OfType<NetworkFact>().Count(f => f.Operation == NetworkOperation.Connect));
        var scan = Assert.Single(_out.Facts.OfType<NetworkFact>(), f => f.Operation == NetworkOperation.Scan);
        Assert.True(scan.IsNew);
        _clock.NowBoot += 61 * Second;
        _reducer.OnIdle();
        var told = _out.Facts.OfType<NetworkFact>().Where(f => f.Operation == NetworkOperation.Scan).Aggregate(0ul, (sum, f) => sum + f.Count);
        // Twenty by themselves, the twentieth also as the scan's first.
        Assert.Equal(1000ul, 20 + told - 1);
        Assert.Equal(980ul, _reducer.Counters()["reduction.attempts_folded"]);
    }

    [Fact]
    public void Connects_ThatFailAtOneDeadServer_AreNoScan()
    {
        Exec(100, "/bin/app", "app\0");
        for (var i = 0; i < 1000; i++)
            Network(100, NetworkOperation.Connect, 0, 5432, error: 111);
        Assert.DoesNotContain(_out.Facts.OfType<NetworkFact>(), f => f.Operation == NetworkOperation.Scan);
    }

    [Fact]
    public void Connects_ThatSucceedWithinAScan_AreToldByThemselves()
    {
        Exec(100, "/usr/bin/nmap", "nmap\0");
        for (ushort port = 1; port <= 100; port++)
            Network(100, NetworkOperation.Connect, 0, port, error: 111);
        _out.Facts.Clear();
        Network(100, NetworkOperation.Connect, 0, 8080);
        Assert.Equal(8080, Assert.IsType<NetworkFact>(Assert.Single(_out.Facts)).RemotePort);
    }

    [Fact]
    public void Scan_EndsWithAQuietMinute()
    {
        Exec(100, "/usr/bin/nmap", "nmap\0");
        for (ushort port = 1; port <= 100; port++)
            Network(100, NetworkOperation.Connect, 0, port, error: 111);
        _clock.NowBoot += 61 * Second;
        _out.Facts.Clear();
        Network(100, NetworkOperation.Connect, 0, 2000, error: 111);
        Assert.Equal(NetworkOperation.Connect, Assert.IsType<NetworkFact>(Assert.Single(_out.Facts)).Operation);
    }

    private EventOrigin Open(uint pid, string path, bool isCounted)
    {
        var origin = Origin(pid, 7);
        _reducer.OnFile(new FileEvent { Origin = origin, Operation = FileOperation.Write, Path = Encoding.UTF8.GetBytes(path), IsCounted = isCounted });
        return origin;
    }

    private void Repeats(EventOrigin first, uint count) =>
        _reducer.OnRepeats(new RepeatsEvent { Origin = first with { TimeBootNs = _clock.NowBoot += 1000 }, FirstBootNs = first.TimeBootNs, Count = count });

    private Reducer Make(ReductionOptions options) => new(options, _processes, _containers, _clock, TakeLosses, _out);

    private CaptureLoss[] TakeLosses()
    {
        var taken = _losses.ToArray();
        _losses.Clear();
        return taken;
    }

    private EventOrigin Origin(uint pid, ulong cgroup) => new(_clock.NowBoot += 1000, new(cgroup, 2), pid, pid, pid * 1000);

    private void Exec(uint pid, string binary, string arguments, ulong cgroup = 7, string script = "", ExecFlags flags = ExecFlags.None, uint parent = 1) =>
        _reducer.OnExec(new ExecEvent
        {
            Origin = Origin(pid, cgroup),
            ParentPid = parent,
            ParentStartBootNs = parent * 1000,
            Binary = Encoding.UTF8.GetBytes(binary),
            Arguments = Encoding.UTF8.GetBytes(arguments),
            Filename = Encoding.UTF8.GetBytes(script),
            IsScript = script.Length > 0,
            Flags = flags,
        });

    private void Exit(uint pid, byte code) => _reducer.OnExit(new ExitEvent { Origin = Origin(pid, 7), Code = code });

    private void File(uint pid, string path, FileOperation operation = FileOperation.Create, FileFlags flags = FileFlags.None) =>
        _reducer.OnFile(new FileEvent { Origin = Origin(pid, 7), Operation = operation, Path = Encoding.UTF8.GetBytes(path), Flags = flags });

    private void Network(uint pid, NetworkOperation operation, ushort local, ushort remote, byte[]? peer = null, ushort error = 0, ulong sent = 0, ulong received = 0, string payload = "") =>
        _reducer.OnNetwork(new NetworkEvent
        {
            Origin = Origin(pid, 7),
            Operation = operation,
            Protocol = 6,
            LocalAddress = [10, 0, 0, 1],
            RemoteAddress = peer ?? [1, 1, 1, 1],
            LocalPort = local,
            RemotePort = remote,
            Error = error,
            BytesSent = sent,
            BytesReceived = received,
            Payload = Encoding.UTF8.GetBytes(payload),
        });
}

/// <summary>Boot time as a test sets it; the wall clock is one hour ahead.</summary>
internal sealed class TestClock : IWallClock
{
    public ulong NowBoot { get; set; } = 1_000_000_000;

    public long ToUnixNs(ulong bootNs) => (long)bootNs + 3_600_000_000_000;

    public ulong NowBootNs() => NowBoot;
}
