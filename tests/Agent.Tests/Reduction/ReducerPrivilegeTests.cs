using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Streaming;
using Xunit;

namespace Runtime.Agent.Tests.Reduction;

public sealed class ReducerPrivilegeTests : ReducerRig
{
    [Fact]
    public void Privilege_FirstSight_LeavesAtOnceAndRepeatsAreCounted()
    {
        StartContainer();
        Call(101, PrivilegeOperation.Mount, "/tmp/tmp.Xk3f9Qa1bZ", "tmpfs none", isPath: true);
        Call(101, PrivilegeOperation.Mount, "/tmp/tmp.Yk4f8Qb2cX", "tmpfs none", isPath: true);
        Call(101, PrivilegeOperation.Mount, "/tmp/tmp.Yk4f8Qb2cX", "tmpfs none", isPath: true, error: 1);
        Call(101, PrivilegeOperation.Mount, "/tmp/tmp.Yk4f8Qb2cX", "proc none", isPath: true);
        var facts = Privileges();
        Assert.Equal([("tmpfs none", 0), ("tmpfs none", 1), ("proc none", 0)], facts.Select(f => (Encoding.UTF8.GetString(f.Detail), (int)f.Error)));
        Assert.Equal("/tmp/tmp.Xk3f9Qa1bZ", Encoding.UTF8.GetString(facts[0].Subject));
        Assert.All(facts, f => Assert.Equal(("c7", true), (f.Container!.Id, f.IsNew)));
        Reducer.Finish();
        Assert.Equal((1ul, false), (Privileges()[^1].Count, Privileges()[^1].IsNew));
    }

    [Fact]
    public void Kill_OfMany_CountsProcessesAndNotReports()
    {
        StartContainer();
        for (var i = 0; i < 3; i++)
            Call(101, PrivilegeOperation.Kill, value: 9, count: 8);
        Reducer.Finish();
        Assert.Equal([8ul, 16ul], Privileges().Select(f => f.Count));
    }

    [Fact]
    public void Privilege_OfTheRuntimeBeforeItsExec_IsNotTheContainers()
    {
        Exec(90, "/usr/bin/runc", cgroup: 1);
        Fork(90, 101, cgroup: 7);
        Call(101, PrivilegeOperation.PivotRoot, ".");
        Call(101, PrivilegeOperation.SetUid);
        Assert.Empty(Privileges());
        Assert.Equal(2ul, Reducer.Counters()["reduction.privileges_of_runtimes"]);

        Exec(101, "/bin/web", parent: 90);
        Call(101, PrivilegeOperation.SetUid);
        Assert.Single(Privileges());
    }

    [Fact]
    public void Privilege_OfAProgramThatBearsARuntimesName_IsTold()
    {
        StartContainer();
        Fork(101, 102, cgroup: 7);
        Exec(102, "/tmp/runc", parent: 101);
        Call(102, PrivilegeOperation.PivotRoot, ".");
        Assert.Single(Privileges());
    }

    [Fact]
    public void Privilege_OfARuntimeOnTheHost_IsTheHosts()
    {
        Exec(90, "/usr/bin/runc", cgroup: 1);
        Call(90, PrivilegeOperation.Unshare, value: 0x2000_0000, cgroup: 1);
        Assert.Null(Assert.Single(Privileges()).Container);
    }

    [Fact]
    public void Batch_HasEveryColumnOfAPrivilege()
    {
        StartContainer();
        Call(101, PrivilegeOperation.Ptrace, "/bin/other", value: 16, error: 1);
        var encoder = new BatchEncoder(Clock, 100, 1 << 20);
        Assert.True(encoder.TryAdd(Privileges()[0]));
        var batch = encoder.Build(1);
        var rows = batch.Privileges;
        Assert.Equal((5u, 16ul, 1u, 1ul), (rows.Operation[0], rows.Value[0], rows.Error[0], rows.Count[0]));
        Assert.Equal("/bin/other", batch.Strings[(int)rows.Subject[0]].ToStringUtf8());
        Assert.Equal((1, 1, 1, 1, 0u), (rows.First.Count, rows.Last.Count, rows.Process.Count, rows.Detail.Count, rows.Detail[0]));
        Assert.Equal(101u, batch.Processes.Pid[(int)rows.Process[0] - 1]);
    }

    private List<PrivilegeFact> Privileges() => [.. Out.Facts.OfType<PrivilegeFact>()];

    private void StartContainer()
    {
        Exec(90, "/usr/bin/runc", cgroup: 1);
        Fork(90, 101, cgroup: 7);
        Exec(101, "/bin/web", parent: 90);
    }

    private void Fork(uint parent, uint child, ulong cgroup) =>
        Reducer.OnFork(new ForkEvent { Origin = Origin(child, cgroup), ParentPid = parent, ParentStartBootNs = parent * 1000 });

    private void Call(uint pid, PrivilegeOperation operation, string subject = "", string detail = "", ulong value = 0, ushort error = 0, uint count = 1, bool isPath = false, ulong cgroup = 7) =>
        Reducer.OnPrivilege(new PrivilegeEvent
        {
            Origin = Origin(pid, cgroup), Operation = operation, Value = value, Subject = Encoding.UTF8.GetBytes(subject), SubjectIsPath = isPath,
            Detail = Encoding.UTF8.GetBytes(detail), Error = error, Count = count,
        });
}
