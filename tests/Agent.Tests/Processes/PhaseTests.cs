using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Xunit;
using static Runtime.Agent.Tests.Processes.ProcessTableFixture;

namespace Runtime.Agent.Tests.Processes;

public sealed class PhaseTests
{
    [Fact]
    public void Phase_OnTheHost_IsHost() => Assert.Equal(Phase.Host, new ProcessTableFixture().Exec(10, 1, "/bin/sh", 2).Phase);

    [Fact]
    public void ContainerId_FirstProcess_IsItsOwnAndNotItsRuntimes()
    {
        var f = new ProcessTableFixture();
        // The shell that started the runtime sits in a cgroup that may be a container's.
        f.Exec(500, Second, "/usr/bin/runc", Second, InB);
        f.Fork(500, Second, 501, Second + 1, InB);
        var first = f.Exec(501, Second + 1, "/bin/web", Second + 2, InA);
        Assert.Equal(("a", "b", Phase.Init), (first.ContainerId, first.Parent!.ContainerId, first.Phase));
        f.Containers.Remove(InB);
        Assert.Equal("", f.Table.Find(500, Second)!.ContainerId);
    }

    [Fact]
    public void Phase_FirstProcessUntilItServes_IsInitThenSteady()
    {
        var f = new ProcessTableFixture();
        Assert.Equal(Phase.Init, f.StartContainer(InA, 10, Second, "/bin/entrypoint").Phase);
        f.Fork(10, Second + 1, 11, 2 * Second, InA);
        Assert.Equal(Phase.Init, f.Exec(11, 2 * Second, "/bin/chown", 2 * Second, InA).Phase);
        f.Table.MarkNetworkFacing(new(10, Second + 1));
        f.Fork(10, Second + 1, 12, 3 * Second, InA);
        Assert.Equal(Phase.Steady, f.Exec(12, 3 * Second, "/bin/sh", 3 * Second, InA).Phase);
    }

    [Fact]
    public void Phase_NeverServes_IsSteadyAfterTheMinimumOfQuiet()
    {
        var f = new ProcessTableFixture(options: new() { InitPhaseMinimum = TimeSpan.FromSeconds(30) });
        f.StartContainer(InA, 10, Second);
        f.Fork(10, Second + 1, 11, 25 * Second, InA);
        Assert.Equal(Phase.Init, f.Exec(11, 25 * Second, "/bin/migrate", 25 * Second, InA).Phase);
        // 31 s old, but not quiet for 30 s.
        Assert.Equal(Phase.Init, f.Table.Resolve(new(32 * Second, InA, 10, 10, Second + 1)).Phase);
        Assert.Equal(Phase.Steady, f.Table.Resolve(new(56 * Second, InA, 10, 10, Second + 1)).Phase);
    }

    [Fact]
    public void Phase_NeverQuiet_IsSteadyAtTheMaximum()
    {
        var f = new ProcessTableFixture(options: new() { InitPhaseMinimum = TimeSpan.FromSeconds(30), InitPhaseMaximum = TimeSpan.FromMinutes(10) });
        f.StartContainer(InA, 10, Second);
        var phase = Phase.Init;
        for (uint i = 0; i < 59; i++)
        {
            var at = (11 + i * 10) * Second;
            f.Fork(10, Second + 1, 100 + i, at, InA);
            phase = f.Exec(100 + i, at, "/bin/poll", at, InA).Phase;
            Assert.Equal(Phase.Init, phase);
        }
        f.Fork(10, Second + 1, 300, 602 * Second, InA);
        Assert.Equal(Phase.Steady, f.Exec(300, 602 * Second, "/bin/poll", 602 * Second, InA).Phase);
    }

    [Fact]
    public void Phase_InjectedLater_IsSessionAndInherited()
    {
        var f = new ProcessTableFixture();
        f.StartContainer(InA, 10, Second);
        // runc exec: its stages run in the container's cgroup, one forks the next, the last executes the command.
        f.Exec(500, 2 * Second, "/usr/bin/runc", 2 * Second);
        f.Fork(500, 2 * Second, 501, 2 * Second + 1, InA);
        var stage = f.Fork(501, 2 * Second + 1, 502, 2 * Second + 2, InA);
        Assert.Equal((Phase.Host, ""), (stage.Phase, stage.ContainerId));
        Assert.Equal(Phase.Session, f.Exec(502, 2 * Second + 2, "/bin/sh", 2 * Second + 3, InA).Phase);
        f.Fork(502, 2 * Second + 2, 503, 2 * Second + 4, InA);
        Assert.Equal(Phase.Session, f.Exec(503, 2 * Second + 4, "/bin/ls", 2 * Second + 5, InA).Phase);
        // A session that listens does not make the container serve.
        f.Table.MarkNetworkFacing(new(503, 2 * Second + 4));
        Assert.Equal(Phase.Init, f.Table.Resolve(new(3 * Second, InA, 10, 10, Second + 1)).Phase);
    }

    /// <summary>runc is executed outside of the container's mounts; what bears its name inside is the container's.</summary>
    [Theory]
    [InlineData(1u, "", "Host")]
    [InlineData(2u, "a", "Init")]
    public void ContainerId_OfAProgramNamedAsARuntimes_GoesByItsMounts(uint mounts, string container, string phase)
    {
        var f = new ProcessTableFixture();
        f.Exec(500, Second, "/usr/sbin/runc", Second, mounts: 1);
        f.Fork(500, Second, 501, Second + 1, InA);
        var exec = f.Exec(501, Second + 1, "/usr/sbin/runc", Second + 2, InA, mounts: mounts);
        Assert.Equal((container, phase), (exec.ContainerId, exec.Phase.ToString()));
    }

    [Fact]
    public void Phase_RuntimesOwnExecInTheContainer_IsNotTheFirstProcess()
    {
        var f = new ProcessTableFixture();
        f.Exec(500, Second, "/usr/bin/runc", Second);
        f.Fork(500, Second, 501, Second + 1, InA);
        f.Exec(501, Second + 1, "/memfd:runc_cloned:/proc/self/exe", Second + 2, InA, flags: ExecFlags.Memfd);
        f.Fork(501, Second + 1, 502, Second + 3, InA);
        f.Exit(501, Second + 1, Second + 4);
        Assert.Equal(Phase.Init, f.Exec(502, Second + 3, "/bin/web", Second + 5, InA).Phase);
        f.Table.MarkNetworkFacing(new(502, Second + 3));
        Assert.Equal(Phase.Steady, f.Table.Resolve(new(2 * Second, InA, 502, 502, Second + 3)).Phase);
    }

    [Fact]
    public void Phase_MovedIntoTheContainerAfterItsFork_CountsAsInjected()
    {
        var f = new ProcessTableFixture();
        f.Exec(500, Second, "/usr/bin/runc", Second);
        f.Fork(500, Second, 501, Second + 1, Host);
        Assert.Equal(Phase.Init, f.Exec(501, Second + 1, "/bin/web", Second + 2, InA).Phase);
        Assert.Equal("a", f.ContainerIdOf(f.Table.Find(501, Second + 1)!.Cgroup, 0));
    }

    [Fact]
    public void Phase_SameIdStartedAgain_BeginsAnew()
    {
        var f = new ProcessTableFixture();
        f.StartContainer(InA, 10, Second);
        f.Table.MarkNetworkFacing(new(10, Second + 1));
        f.Exit(10, Second + 1, 2 * Second);
        Assert.Equal(Phase.Init, f.StartContainer(InA, 20, 2 * Second + 100).Phase);
    }

    [Fact]
    public void Phase_TwoContainers_DoNotShareTheirLife()
    {
        var f = new ProcessTableFixture();
        f.StartContainer(InA, 10, Second);
        f.StartContainer(InB, 20, Second);
        f.Table.MarkNetworkFacing(new(10, Second + 1));
        Assert.Equal(Phase.Steady, f.Table.Find(10, Second + 1)!.Phase);
        Assert.Equal(Phase.Init, f.Table.Find(20, Second + 1)!.Phase);
    }

    [Fact]
    public void Phase_ContainerTurnsOutToBeTheHost_FollowsOnTheNextEvent()
    {
        var f = new ProcessTableFixture();
        f.StartContainer(InA, 10, Second);
        f.Containers.Remove(InA);
        Assert.Equal(Phase.Host, f.Table.Find(10, Second + 1)!.Phase);
        Assert.Equal(Phase.Host, f.Table.Resolve(new(2 * Second, InA, 10, 10, Second + 1)).Phase);
    }

    [Fact]
    public void Phase_ContainersThatWereThere_FirstIsPid1OfItsNamespaceAndExecsAreSessions()
    {
        using var proc = new FakeProc();
        proc.Add(1, 0, 0, exe: "/sbin/init");
        proc.Add(40, 1, 100, exe: "/usr/bin/containerd-shim-runc-v2");
        proc.Add(60, 40, 200, exe: "/bin/sh", cgroup: "0::/a\n", innermostPid: 9);
        proc.Add(50, 40, 201, exe: "/bin/web", cgroup: "0::/a\n", innermostPid: 1);
        proc.Add(51, 50, 300, exe: "/bin/worker", cgroup: "0::/a\n", innermostPid: 7);
        var f = new ProcessTableFixture(new ProcfsReader(proc.Root));
        f.Table.Scan();
        Phase At(uint pid, ulong start, ulong now) => f.Table.Resolve(new(now, InA, pid, pid, start)).Phase;
        Assert.Equal(Phase.Init, At(51, 3 * Second, 4 * Second));
        Assert.Equal(Phase.Session, At(60, 2 * Second, 4 * Second));
        Assert.Equal(Phase.Steady, At(50, 2 * Second + 10_000_000, 100 * Second));
    }

    [Fact]
    public void NetworkFacing_Ancestor_IsInheritedAlsoByThoseForkedBefore()
    {
        var f = new ProcessTableFixture();
        f.StartContainer(InA, 10, Second);
        f.Fork(10, Second + 1, 11, 2 * Second, InA);
        f.Fork(11, 2 * Second, 12, 3 * Second, InA);
        Assert.False(f.Table.Find(12, 3 * Second)!.Flags.HasFlag(ProcessFlags.NetworkFacing));
        f.Table.MarkNetworkFacing(new(10, Second + 1));
        Assert.True(f.Table.Find(12, 3 * Second)!.Flags.HasFlag(ProcessFlags.NetworkFacing));
        f.Exit(10, Second + 1, 4 * Second);
        f.Exit(11, 2 * Second, 4 * Second);
        Assert.True(f.Exec(12, 3 * Second, "/bin/sh", 9 * Second, InA).Flags.HasFlag(ProcessFlags.NetworkFacing));
    }

    [Fact]
    public void NetworkFacing_Sibling_IsNot()
    {
        var f = new ProcessTableFixture();
        f.StartContainer(InA, 10, Second);
        f.Fork(10, Second + 1, 11, 2 * Second, InA);
        f.Fork(10, Second + 1, 12, 3 * Second, InA);
        f.Table.MarkNetworkFacing(new(11, 2 * Second));
        Assert.True(f.Table.Find(11, 2 * Second)!.Flags.HasFlag(ProcessFlags.NetworkFacing));
        Assert.False(f.Table.Find(12, 3 * Second)!.Flags.HasFlag(ProcessFlags.NetworkFacing));
    }

    [Fact]
    public void NetworkFacing_HostsPid1_DoesNotColourTheWholeNode()
    {
        var f = new ProcessTableFixture();
        f.Exec(1, 1, "/sbin/init", 2);
        f.Fork(1, 1, 10, Second);
        f.Fork(10, Second, 11, 2 * Second);
        f.Table.MarkNetworkFacing(new(1, 1));
        Assert.False(f.Table.Find(11, 2 * Second)!.Flags.HasFlag(ProcessFlags.NetworkFacing));
        f.Table.MarkNetworkFacing(new(10, Second));
        Assert.True(f.Table.Find(11, 2 * Second)!.Flags.HasFlag(ProcessFlags.NetworkFacing));
    }

    [Fact]
    public void NetworkFacing_OutsideOfTheContainer_DoesNotReachIn()
    {
        var f = new ProcessTableFixture();
        f.Exec(1010, Second, "/usr/bin/runc", Second);
        f.Table.MarkNetworkFacing(new(1010, Second));
        Assert.False(f.StartContainer(InA, 10, Second).Flags.HasFlag(ProcessFlags.NetworkFacing));
    }

    [Fact]
    public void Record_OnceAnswered_DoesNotChange()
    {
        var f = new ProcessTableFixture();
        var before = f.StartContainer(InA, 10, Second);
        f.Table.MarkNetworkFacing(new(10, Second + 1));
        var after = f.Table.Find(10, Second + 1)!;
        Assert.Equal((Phase.Init, Phase.Steady), (before.Phase, after.Phase));
        Assert.False(before.Flags.HasFlag(ProcessFlags.NetworkFacing));
        Assert.Same(after, f.Table.Find(10, Second + 1));
    }
}
