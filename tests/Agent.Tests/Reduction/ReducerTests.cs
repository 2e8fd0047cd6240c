using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Reduction;

public sealed class ReducerTests : ReducerRig
{
    public ReducerTests() => StartInit();

    [Fact]
    public void Exec_FirstSight_LeavesAtOnceAndRepeatsAreCounted()
    {
        Exec(100, "/bin/sh", "sh\0-c\0true\0");
        var fact = Assert.IsType<ExecFact>(Assert.Single(Out.Facts));
        Assert.True(fact.IsNew);
        Assert.Equal("c7", fact.Container!.Id);

        for (uint pid = 101; pid < 111; pid++)
            Exec(pid, "/bin/sh", "sh\0-c\0true\0");
        Assert.Single(Out.Facts);

        Clock.NowBoot += 61 * Second;
        Reducer.OnIdle();
        var repeats = Assert.IsType<ExecFact>(Out.Facts[1]);
        Assert.False(repeats.IsNew);
        Assert.Equal(10ul, repeats.Count);
        Assert.True(repeats.FirstUnixNs < repeats.LastUnixNs);
        Assert.Same(fact.Process, repeats.Process);

        Clock.NowBoot += 61 * Second;
        Reducer.OnIdle();
        Assert.Equal(2, Out.Facts.Count);
    }

    [Fact]
    public void Running_AtTheStart_IsStateAndDoesNotHideTheFirstExec()
    {
        var running = new ProcessRecord { Key = new(50, 50_000), Cgroup = new(7, 2), Binary = "/bin/app"u8.ToArray(), Flags = ProcessFlags.AtStart };
        Processes.Restore(running, new(1, 1000));
        Reducer.ReportRunning();
        var state = Assert.IsType<ExecFact>(Assert.Single(Out.Facts, fact => fact.Process.Key == running.Key));
        Assert.True(state.IsNew);
        Assert.Equal("c7", state.Container!.Id);

        Out.Facts.Clear();
        Exec(51, "/bin/app", "");
        Assert.Equal(51u, Assert.Single(Out.Facts).Process.Key.Pid);
    }

    [Fact]
    public void Exec_NewArguments_GoOutSixteenTimes()
    {
        for (uint i = 0; i < 40; i++)
            Exec(100 + i, "/usr/bin/curl", $"curl\0http://x/{i}\0");
        Assert.Equal(Behaviour.MaxArgumentSets, Out.Facts.Count);
        Assert.All(Out.Facts, f => Assert.True(f.IsNew));
        Reducer.Finish();
        Assert.Equal(40ul, Out.Facts.Aggregate(0ul, (sum, f) => sum + f.Count));
        Assert.Equal(24ul, Reducer.Counters()["reduction.arguments_folded"]);
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
        Exec(106, "/bin/sh", "sh\0", flags: ExecFlags.LoaderVariablesTruncated);
        Assert.Equal(6, Out.Facts.Count);
    }

    [Fact]
    public void Exec_InAnotherContainer_IsNewThere()
    {
        Containers.Set(8, FakeContainers.Record("c8"));
        Exec(100, "/bin/sh", "sh\0");
        Exec(101, "/bin/sh", "sh\0", cgroup: 8);
        Exec(102, "/bin/sh", "sh\0", cgroup: 999);
        Assert.Equal(["c7", "c8", null], Out.Facts.Select(f => f.Container?.Id));
    }

    [Fact]
    public void Exit_OnlyOfProcessesWhoseExecWasNew()
    {
        Exec(100, "/bin/sh", "sh\0");
        Exec(101, "/bin/sh", "sh\0");
        Exit(100, 3);
        Exit(101, 0);
        var exit = Assert.Single(Out.Facts.OfType<ExitFact>());
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
        var files = Out.Facts.OfType<FileFact>().ToArray();
        Assert.Equal(4, files.Length);
        Assert.Equal("/tmp/tmp.<rand>", Encoding.UTF8.GetString(files[0].Template));
        Assert.Equal("/tmp/tmp.Xk3f9Qa0bZ", Encoding.UTF8.GetString(files[0].Path));
    }

    [Fact]
    public void File_LongestPath_IsCutAndFlagged()
    {
        Exec(100, "/bin/app", "app\0");
        File(100, new string('a', 8193));
        var file = Assert.Single(Out.Facts.OfType<FileFact>());
        Assert.Equal((8192, FileFlags.PathTruncated), (file.Path.Length, file.Flags));
    }

    [Fact]
    public void Keys_MoreThanTheContainerMayHave_OldestBecomesNewAgainAndNothingIsLost()
    {
        Reducer = Make(new() { MaxKeys = 64 });
        Exec(100, "/bin/app", "app\0");
        for (var i = 0; i < 200; i++)
        {
            File(100, $"/a/{(char)('a' + (i % 26))}{(char)('a' + (i / 26))}");
            File(100, "/a/busy");
        }
        File(100, "/a/aa");
        Reducer.Finish();
        var files = Out.Facts.OfType<FileFact>().ToArray();
        Assert.Equal(2, files.Count(f => f.IsNew && f.Path.AsSpan().SequenceEqual("/a/aa"u8)));
        // Always in use: never forgotten.
        Assert.Single(files, f => f.IsNew && f.Path.AsSpan().SequenceEqual("/a/busy"u8));
        Assert.Equal(401ul, files.Aggregate(0ul, (sum, f) => sum + f.Count));
        Assert.True(Reducer.Counters()["reduction.keys_full"] > 100);
        Assert.True(Reducer.Counters()["reduction.keys_held"] <= 64);
    }

    [Fact]
    public void Keys_MoreThanAllMayHave_AreBoundedInTotal()
    {
        Reducer = Make(new() { MaxKeys = 64, MaxKeysTotal = 100 });
        for (ulong c = 10; c < 20; c++)
        {
            Containers.Set(c, FakeContainers.Record("c" + c));
            for (uint i = 0; i < 50; i++)
                Exec((uint)(c * 100) + i, $"/bin/x{(char)('a' + (i % 26))}{i}", "x\0", cgroup: c);
        }
        Assert.Equal(500, Out.Facts.Count);
        Assert.Equal(100ul, Reducer.Counters()["reduction.keys_held"]);
    }

    [Fact]
    public void Metadata_Missing_FactsWaitAndLeaveWithIt()
    {
        Containers.Set(9, FakeContainers.Record("c9", complete: false));
        Exec(100, "/bin/sh", "sh\0", cgroup: 9);
        Exec(101, "/bin/ls", "ls\0", cgroup: 9);
        Assert.Empty(Out.Facts);

        Containers.Set(9, FakeContainers.Record("c9"));
        Reducer.OnIdle();
        Assert.Equal(2, Out.Facts.Count);
        Assert.All(Out.Facts, f => Assert.True(f.Container!.Complete));
        Assert.Empty(Out.Repairs);
    }

    [Fact]
    public void Metadata_NeverCame_FactsLeaveWithoutAndAreRepairedLater()
    {
        Containers.Set(9, FakeContainers.Record("c9", complete: false));
        Exec(100, "/bin/sh", "sh\0", cgroup: 9);
        Clock.NowBoot += 11 * Second;
        Reducer.OnIdle();
        Assert.False(Assert.Single(Out.Facts).Container!.Complete);

        // Who waited in vain does not wait again.
        Exec(101, "/bin/ls", "ls\0", cgroup: 9);
        Assert.Equal(2, Out.Facts.Count);

        Containers.Set(9, FakeContainers.Record("c9"));
        Assert.True(Assert.Single(Out.Repairs).Complete);
        Exec(102, "/bin/cat", "cat\0", cgroup: 9);
        Assert.True(Out.Facts[^1].Container!.Complete);
    }

    [Fact]
    public void Metadata_PossibleContainerWasTheHosts_FactsLeaveAsTheHosts()
    {
        Containers.Set(9, FakeContainers.Record("slice", complete: false));
        Exec(100, "/bin/sh", "sh\0", cgroup: 9);
        Containers.RuleOut(9);
        Reducer.OnIdle();
        Assert.Null(Assert.Single(Out.Facts).Container);
    }

    [Fact]
    public void Metadata_TooManyWait_AllLeave()
    {
        Reducer = Make(new() { MaxWaiting = 16 });
        Containers.Set(9, FakeContainers.Record("c9", complete: false));
        for (uint i = 0; i < 20; i++)
            Exec(100 + i, $"/bin/x{i}y", "x\0", cgroup: 9);
        Assert.Equal(20, Out.Facts.Count);
        Assert.Equal(1ul, Reducer.Counters()["reduction.wait_full"]);
    }

    [Fact]
    public void Losses_OfTheSource_BecomeFactsOfTheirContainer()
    {
        Clock.NowBoot = 10 * Second;
        Losses.Add(new(new CgroupKey(7, 2), EventKind.Exec, "ring_full", 5));
        Losses.Add(new(new CgroupKey(999, 2), EventKind.File, "ring_full", 6));
        Losses.Add(new(null, EventKind.Network, "undecodable", 7));
        Reducer.OnIdle();
        Assert.Equal(
            [("c7", false, "process", 5ul), (null, true, "file", 6ul), (null, false, "network", 7ul)],
            Out.Losses.Select(l => (l.Container?.Id, l.Host, l.Kind, l.Count)));
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
            Reducer.OnFile(new FileEvent { Origin = Origin(100, 7), Operation = FileOperation.Write, Path = path });
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / 10_000;
        Assert.True(each < 16, $"{each} bytes for each known event");
    }

    private void Exit(uint pid, byte code) => Reducer.OnExit(new ExitEvent { Origin = Origin(pid, 7), Code = code });
}
