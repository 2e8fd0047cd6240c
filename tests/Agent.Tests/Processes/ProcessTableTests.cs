using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Xunit;
using static Runtime.Agent.Tests.Processes.ProcessTableFixture;

namespace Runtime.Agent.Tests.Processes;

public sealed class ProcessTableTests
{
    [Fact]
    public void Fork_Child_HasParentsImageUnderItsOwnKey()
    {
        var f = new ProcessTableFixture();
        var parent = f.Exec(10, 100, "/bin/sh", 110, arguments: "sh\0-c\0x\0");
        var child = f.Fork(10, 100, 11, 200);
        Assert.Equal(new ProcessKey(11, 200), child.Key);
        Assert.Same(parent, child.Parent);
        Assert.Equal("/bin/sh", Text(child.Binary));
        Assert.Equal("sh\0-c\0x", Text(child.Arguments));
        Assert.Equal(200ul, child.ExecBootNs);
    }

    [Fact]
    public void Exec_KnownProcess_KeepsForksParentAndRedacts()
    {
        var f = new ProcessTableFixture();
        f.Exec(10, 100, "/bin/sh", 110);
        f.Fork(10, 100, 11, 200);
        // By the time of the exec the parent is another one: reparenting does not change lineage.
        var child = f.Exec(11, 200, "/bin/curl", 210, parent: 1, parentStart: 1, arguments: "curl\0--token=abc\0");
        Assert.Equal("/bin/sh>/bin/curl", Chain(child));
        Assert.DoesNotContain("abc", Text(child.Arguments), StringComparison.Ordinal);
    }

    [Fact]
    public void Fork_ParentExecsLater_ChildKeepsParentAsItWas()
    {
        var f = new ProcessTableFixture();
        f.Exec(10, 100, "/bin/sh", 110);
        f.Fork(10, 100, 11, 200);
        f.Exec(10, 100, "/bin/other", 220);
        Assert.Equal("/bin/sh>/bin/sh", Chain(f.Table.Find(11, 200)));
    }

    [Fact]
    public void Pid_ReusedWithinAMillisecond_BothAreKept()
    {
        var f = new ProcessTableFixture();
        f.Exec(10, 100, "/bin/sh", 110);
        f.Fork(10, 100, 11, 200_000);
        f.Exec(11, 200_000, "/bin/a", 200_100);
        f.Exit(11, 200_000, 200_200);
        f.Fork(10, 100, 11, 200_300);
        f.Exec(11, 200_300, "/bin/b", 200_400);
        Assert.Equal("/bin/a", Text(f.Table.Find(11, 200_000)!.Binary));
        Assert.Equal("/bin/b", Text(f.Table.Find(11, 200_300)!.Binary));
        Assert.Equal("/bin/b", Text(f.Table.Find(11, 0)!.Binary));
        Assert.Null(f.Table.Find(11, 200_350));
    }

    [Fact]
    public void Fork_PidStillAlive_EndsTheOlderAndCountsTheLostExit()
    {
        var f = new ProcessTableFixture();
        f.Exec(10, 100, "/bin/sh", 110);
        f.Fork(10, 100, 11, 200);
        f.Fork(10, 100, 11, 300);
        Assert.Equal(1ul, f["processes.exits_lost"]);
        f.Exec(12, 5 * Second, "/bin/x", 5 * Second);
        Assert.Null(f.Table.Find(11, 200));
        Assert.NotNull(f.Table.Find(11, 300));
    }

    [Fact]
    public void Exec_ForkLost_TakesParentOfTheExec()
    {
        var f = new ProcessTableFixture();
        f.Exec(10, 100, "/bin/sh", 110);
        var record = f.Exec(11, 200, "/bin/curl", 210, parent: 10, parentStart: 100);
        Assert.Equal("/bin/sh>/bin/curl", Chain(record));
        Assert.False(record.Flags.HasFlag(ProcessFlags.ParentUnknown));
        // 10 itself came without its fork and without a parent.
        Assert.Equal(2ul, f["processes.execs_without_fork"]);
    }

    [Fact]
    public void Exec_ParentUnknownEverywhere_IsAPlaceholderWithItsKey()
    {
        var f = new ProcessTableFixture();
        var record = f.Exec(11, 200, "/bin/curl", 210, parent: 10, parentStart: 100);
        Assert.Equal(new ProcessKey(10, 100), record.Parent!.Key);
        Assert.True(record.Parent.Flags.HasFlag(ProcessFlags.ParentUnknown));
        Assert.Equal(1ul, f["processes.repair_failed"]);
    }

    [Fact]
    public void Exit_Unknown_IsCounted()
    {
        var f = new ProcessTableFixture();
        Assert.Null(f.Exit(11, 200, 300));
        Assert.Equal(1ul, f["processes.exits_unknown"]);
    }

    [Fact]
    public void Exit_Known_StaysForGraceThenGoes()
    {
        var f = new ProcessTableFixture(options: new() { ExitGrace = TimeSpan.FromSeconds(2) });
        f.Exec(11, 200, "/bin/a", 210);
        Assert.Equal("/bin/a", Text(f.Exit(11, 200, Second)!.Binary));
        f.Exec(12, 2 * Second, "/bin/x", 2 * Second);
        Assert.NotNull(f.Table.Find(11, 200));
        f.Exec(13, 4 * Second, "/bin/x", 4 * Second);
        Assert.Null(f.Table.Find(11, 200));
    }

    [Fact]
    public void Exit_NoFurtherEvents_GraceEndsByTheClock()
    {
        var f = new ProcessTableFixture();
        f.Exec(11, 200, "/bin/a", 210);
        f.Exit(11, 200, Second);
        f.Table.OnIdle();
        f.Time.Advance(TimeSpan.FromSeconds(3));
        f.Table.OnIdle();
        Assert.Null(f.Table.Find(11, 200));
    }

    [Fact]
    public void Exited_BeyondBound_OldestGoesEarlyAndIsCounted()
    {
        var f = new ProcessTableFixture(options: new() { MaxExited = 16 });
        for (uint i = 1; i <= 40; i++)
        {
            f.Exec(i, i, "/bin/a", 1000 + i);
            f.Exit(i, i, 1000 + i);
        }
        Assert.Equal(16, f.Table.Count);
        Assert.Equal(24ul, f["processes.grace_cut"]);
    }

    [Fact]
    public void Table_BeyondBound_EvictsLongestUnusedAndCounts()
    {
        var f = new ProcessTableFixture(options: new() { MaxProcesses = 1024 });
        for (uint i = 1; i <= 1024; i++)
            f.Exec(i, i, "/bin/a", 1000 + i);
        f.Table.Resolve(new EventOrigin(5000, Host, 1, 1, 1));
        f.Exec(2000, 2000, "/bin/a", 6000);
        Assert.Equal(1024, f.Table.Count);
        Assert.NotNull(f.Table.Find(1, 1));
        Assert.Null(f.Table.Find(2, 2));
        Assert.Equal(1ul, f["processes.evicted"]);
    }

    [Fact]
    public void Chain_OfAForkWalk_StaysBounded()
    {
        var f = new ProcessTableFixture();
        f.Exec(1, 1, "/bin/walker", 1);
        for (uint i = 2; i < 2000; i++)
        {
            var child = f.Fork(i - 1, i - 1, i, i);
            var depth = 0;
            for (var p = child.Parent; p is not null; p = p.Parent)
                depth++;
            Assert.InRange(depth, 1, ProcessTable.MaxDepth);
            Assert.Equal(i - 1, child.Parent!.Key.Pid);
            f.Exit(i - 1, i - 1, i);
        }
        Assert.True(f["processes.chains_cut"] > 20);
    }

    [Fact]
    public void Scan_FakeProc_ParentsFirstAndLaterEventsMatchExactly()
    {
        using var proc = new FakeProc();
        proc.Add(30, 20, 300, exe: "/bin/leaf");
        proc.Add(20, 1, 200, exe: "/bin/mid");
        proc.Add(1, 0, 0, exe: "/sbin/init");
        var f = new ProcessTableFixture(new ProcfsReader(proc.Root));
        Assert.Equal(3, f.Table.Scan());
        var leaf = f.Table.Find(30, 3_000_000_000);
        Assert.Equal("/sbin/init>/bin/mid>/bin/leaf", Chain(leaf));
        Assert.True(leaf!.Flags.HasFlag(ProcessFlags.AtStart));
        Assert.False(leaf.Flags.HasFlag(ProcessFlags.ParentUnknown));

        // 300 ticks are 3.00 to 3.01 s; the event knows the rest.
        var exact = f.Table.Resolve(new EventOrigin(4 * Second, Host, 30, 30, 3_004_567_890));
        Assert.Equal(new ProcessKey(30, 3_004_567_890), exact.Key);
        Assert.Equal(3, f.Table.Count);
        Assert.Null(f.Table.Find(30, 3_004_567_891));
        // The next generation of the pid is another process.
        Assert.Equal("/bin/mid", Text(f.Fork(20, 2_000_000_000, 30, 3_020_000_000).Binary));
    }

    [Fact]
    public void Fork_OfAProcessThatTheScanSaw_DoesNotUndoWhatProcTold()
    {
        using var proc = new FakeProc();
        proc.Add(1, 0, 0, exe: "/sbin/init");
        proc.Add(30, 1, 300, exe: "/bin/leaf");
        var f = new ProcessTableFixture(new ProcfsReader(proc.Root));
        f.Table.Scan();
        var record = f.Fork(1, 0, 30, 3_004_000_000);
        Assert.Equal("/bin/leaf", Text(record.Binary));
        Assert.Equal(1ul, f["processes.forks_late"]);
    }

    [Fact]
    public void Resolve_Unknown_IsRepairedFromProcWithItsParents()
    {
        using var proc = new FakeProc();
        proc.Add(1, 0, 0, exe: "/sbin/init");
        proc.Add(20, 1, 200, exe: "/bin/mid");
        proc.Add(30, 20, 300, exe: "/bin/leaf", cmdline: "leaf\0--password=x\0");
        var f = new ProcessTableFixture(new ProcfsReader(proc.Root));
        var record = f.Table.Resolve(new EventOrigin(4 * Second, Host, 30, 30, 3_004_567_890));
        Assert.Equal("/sbin/init>/bin/mid>/bin/leaf", Chain(record));
        Assert.Equal(new ProcessKey(30, 3_004_567_890), record.Key);
        Assert.StartsWith("leaf\0--password=<redacted:", Text(record.Arguments), StringComparison.Ordinal);
        Assert.Equal(3ul, f["processes.repaired"]);
        f.Table.Resolve(new EventOrigin(4 * Second, Host, 30, 30, 3_004_567_890));
        Assert.Equal(3ul, f["processes.repaired"]);
    }

    [Fact]
    public void Resolve_PidIsAnotherProcessByNow_IsNotTakenFromProc()
    {
        using var proc = new FakeProc();
        proc.Add(30, 1, 999, exe: "/bin/other");
        var f = new ProcessTableFixture(new ProcfsReader(proc.Root));
        var record = f.Table.Resolve(new EventOrigin(4 * Second, Host, 30, 30, 3_004_567_890));
        Assert.Empty(record.Binary);
        Assert.True(record.Flags.HasFlag(ProcessFlags.ParentUnknown));
        Assert.Equal(1ul, f["processes.repair_failed"]);
    }

    [Fact]
    public void OnIdle_ProcessGoneWithoutExit_IsNoticed()
    {
        using var proc = new FakeProc();
        proc.Add(1, 0, 0, exe: "/sbin/init");
        proc.Add(30, 1, 300, exe: "/bin/leaf");
        var f = new ProcessTableFixture(new ProcfsReader(proc.Root));
        f.Table.Scan();
        proc.Remove(30);
        f.Table.OnIdle();
        f.Table.OnIdle();
        f.Time.Advance(TimeSpan.FromSeconds(5));
        f.Table.OnIdle();
        Assert.Equal(1ul, f["processes.exits_lost"]);
        Assert.Null(f.Table.Find(30, 0));
        Assert.NotNull(f.Table.Find(1, 0));
    }

    [Fact]
    public void Scan_ParentsThatMakeACircle_Ends()
    {
        using var proc = new FakeProc();
        proc.Add(20, 30, 200);
        proc.Add(30, 20, 300);
        var f = new ProcessTableFixture(new ProcfsReader(proc.Root));
        Assert.Equal(2, f.Table.Scan());
        Assert.Equal(2, f.Table.Count);
    }

    [Fact]
    public void Options_Faulty_AllFaultsAtOnce()
    {
        var faults = new ProcessOptions { InitPhaseMinimum = TimeSpan.Zero, InitPhaseMaximum = TimeSpan.FromSeconds(-1), MaxProcesses = 5, MaxExited = 1 }.Faults();
        Assert.Equal(4, faults.Count);
        Assert.Empty(new ProcessOptions().Faults());
    }
}
