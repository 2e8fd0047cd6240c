using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Managed;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Streaming;
using Xunit;

namespace Runtime.Agent.Tests.Reduction;

public sealed class ReducerManagedTests : ReducerRig
{
    private readonly ProcessRecord _app;

    public ReducerManagedTests()
    {
        Exec(90, "/usr/bin/runc", cgroup: 1);
        Exec(101, "/app/shop", parent: 90);
        _app = Processes.Find(101, 101_000)!;
        Out.Facts.Clear();
    }

    [Fact]
    public void Load_FirstSight_LeavesAtOnceAndRepeatsAreCounted()
    {
        Load(ManagedOperation.AssemblyMemory, "Hidden");
        Load(ManagedOperation.AssemblyMemory, "Hidden");
        Load(ManagedOperation.AssemblyFile, "Hidden", "/app/Hidden.dll");
        var facts = Facts();
        Assert.Equal([ManagedOperation.AssemblyMemory, ManagedOperation.AssemblyFile], facts.Select(f => f.Operation));
        Assert.All(facts, f => Assert.Equal(("c7", true, 1ul), (f.Container!.Id, f.IsNew, f.Count)));
        Reducer.Finish();
        Assert.Equal((1ul, false, "Hidden"), (Facts()[^1].Count, Facts()[^1].IsNew, Encoding.UTF8.GetString(Facts()[^1].Name)));
    }

    [Fact]
    public void Load_OfNamesMadeUpEachTime_IsOneBehaviour()
    {
        Load(ManagedOperation.AssemblyEmitted, "3f2a9c77b1d0e4f5");
        Load(ManagedOperation.AssemblyEmitted, "99aa01bbccdd0011");
        Assert.Equal("3f2a9c77b1d0e4f5", Encoding.UTF8.GetString(Assert.Single(Facts()).Name));
        // A file's name is given by a person, or typed with its path.
        Load(ManagedOperation.AssemblyFile, "A", "/tmp/tmp.Xk3f9Qa1bZ/A.dll");
        Load(ManagedOperation.AssemblyFile, "A", "/tmp/tmp.Yk4f8Qb2cX/A.dll");
        Assert.Equal(2, Facts().Count);
    }

    [Fact]
    public void State_DoesNotMakeTheFirstLoadARepeat()
    {
        Load(ManagedOperation.AssemblyFile, "A", "/app/A.dll", ManagedFlags.AtStart);
        Load(ManagedOperation.AssemblyFile, "A", "/app/A.dll");
        Assert.Equal([ManagedFlags.AtStart, ManagedFlags.None], Facts().Select(f => f.Flags));
    }

    [Fact]
    public void Load_OfAProcessThatRunsAnotherProgramByNow_StaysTheEarlierOnes()
    {
        Exec(101, "/bin/sh", parent: 90);
        Out.Facts.Clear();
        Load(ManagedOperation.AssemblyMemory, "Hidden");
        Assert.Equal("/app/shop", Encoding.UTF8.GetString(Assert.Single(Facts()).Process.Binary));
    }

    [Fact]
    public void Loss_IsAFactOfItsContainer()
    {
        ((IManagedSink)Reducer).OnManagedLoss(new(_app, "share_full", 3, Clock.NowBoot));
        var loss = Assert.Single(Out.Losses);
        Assert.Equal(("c7", false, "managed", "share_full", 3ul), (loss.Container!.Id, loss.Host, loss.Kind, loss.Reason, loss.Count));
    }

    [Fact]
    public void Batch_HasEveryColumn()
    {
        Load(ManagedOperation.AssemblyFile, "A", "/app/A.dll", ManagedFlags.FromMaps);
        var encoder = new BatchEncoder(Clock, 100, 1 << 20);
        Assert.True(encoder.TryAdd(Facts()[0]));
        var batch = encoder.Build(1);
        var rows = batch.Managed;
        Assert.Equal((1u, 2u, 1ul), (rows.Operation[0], rows.Flags[0], rows.Count[0]));
        Assert.Equal(("A", "/app/A.dll"), (batch.Strings[(int)rows.Name[0]].ToStringUtf8(), batch.Strings[(int)rows.Path[0]].ToStringUtf8()));
        Assert.Equal((1, 1, 101u), (rows.First.Count, rows.Last.Count, batch.Processes.Pid[(int)rows.Process[0] - 1]));
    }

    private List<ManagedFact> Facts() => [.. Out.Facts.OfType<ManagedFact>()];

    private void Load(ManagedOperation operation, string name, string path = "", ManagedFlags flags = ManagedFlags.None) =>
        ((IManagedSink)Reducer).OnManaged(new(_app, operation, Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(path), flags, Clock.NowBoot += 1000));
}
