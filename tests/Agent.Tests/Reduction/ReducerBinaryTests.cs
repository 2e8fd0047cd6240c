using System.Text;
using Microsoft.Extensions.Time.Testing;
using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Reduction;

/// <summary>Contents of programs on the road, with this test's own process as the one that runs.</summary>
public sealed class ReducerBinaryTests : IDisposable
{
    /// <summary>What was changed in the last two seconds is not remembered, and a build may have made this program just now.</summary>
    private static readonly TimeProvider Later = new HourAhead();

    private readonly FakeContainers _containers = new();
    private readonly FactList _out = new();
    private readonly BinaryInspector _inspector;
    private readonly Reducer _reducer;
    private readonly ProcfsProcess _self = new ProcfsReader("/proc").ReadProcess((uint)Environment.ProcessId)!;

    public ReducerBinaryTests()
    {
        _containers.Set(7, FakeContainers.Record("c7"));
        _containers.Set(8, FakeContainers.Record("c8"));
        _inspector = new(new BinaryOptions { QueueLength = 16 }, new("/proc/self"), Later, fault => Assert.Fail(fault));
        _reducer = Reducer(_inspector);
    }

    [Fact]
    public void Exec_IsFollowedByItsContent_OnceForEachContainer()
    {
        Exec(7);
        Exec(7);
        Assert.Equal(["c7"], Contents(1).Select(f => f.Container!.Id));
        Exec(8);
        var facts = Contents(2);
        Assert.Equal(["c7", "c8"], facts.Select(f => f.Container!.Id));
        Assert.All(facts, f => Assert.Equal((32, true, 1ul), (f.Sha256.Length, f.IsNew, f.Count)));
        Assert.Equal(facts[0].Sha256, facts[1].Sha256);
        Assert.Equal(1ul, _inspector.Counters()["binaries.hashed"]);
    }

    [Fact]
    public void Library_IsReadToo()
    {
        Exec(7);
        var library = Directory.EnumerateFiles("/usr/lib/x86_64-linux-gnu", "libc.so.6").First();
        Mapped(library);
        var fact = Contents(2).Single(f => Encoding.UTF8.GetString(f.Path) == library);
        Assert.Equal(global::System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(library)), fact.Sha256);
    }

    [Fact]
    public void Queue_ThatIsFull_IsALossOfTheContainer()
    {
        using var slow = new BinaryInspector(new BinaryOptions { QueueLength = 0 }, new("/proc/self"), Later, fault => Assert.Fail(fault));
        Exec(7, Reducer(slow));
        var loss = Assert.Single(_out.Losses);
        Assert.Equal(("binary", "queue_full", "c7", 1ul), (loss.Kind, loss.Reason, loss.Container!.Id, loss.Count));
    }

    [Theory]
    [InlineData(0.5, 1, 0)]
    [InlineData(8, 0, 1)]
    public void Finish_WaitsForWhatIsBeingRead_AndTellsWhatItDidNotWaitFor(double secondsToRead, int told, ulong lost)
    {
        // A bucket holds one second's worth.
        var options = new BinaryOptions { BytesPerSecond = (long)(_self.Size / (1 + secondsToRead)) };
        using var slow = new BinaryInspector(options, new("/proc/self"), Later, fault => Assert.Fail(fault));
        var reducer = Reducer(slow);
        Exec(7, reducer);
        reducer.Finish();
        Assert.Equal(told, _out.Facts.OfType<BinaryFact>().Count(fact => fact.Sha256.Length > 0));
        Assert.Equal(lost, _out.Losses.Where(loss => (loss.Kind, loss.Reason) == ("binary", "stopped")).Aggregate(0ul, (sum, loss) => sum + loss.Count));
    }

    [Fact]
    public void Removal_OfAProgramThatRuns_IsToldAndOthersAreNot()
    {
        Exec(7);
        var binary = Encoding.UTF8.GetString(_self.Binary);
        Remove(binary, 8);
        Remove(binary + "x", 7);
        Remove(binary, 7);
        Assert.Equal([FileFlags.None, FileFlags.None, FileFlags.RunningProgram], _out.Facts.OfType<FileFact>().Select(f => f.Flags));

        _reducer.OnExit(new ExitEvent { Origin = Origin(7) });
        Remove(binary, 7);
        Assert.Equal([FileFlags.RunningProgram, FileFlags.None], _out.Facts.OfType<FileFact>().Skip(2).Select(f => f.Flags));
    }

    public void Dispose() => _inspector.Dispose();

    private Reducer Reducer(BinaryInspector inspector) =>
        new(new(), new ProcessTable(new(), _containers, Redaction.WithRandomSalt(), null, new FakeTimeProvider()), _containers, new TestClock(), () => [], _out) { Binaries = inspector };

    private BinaryFact[] Contents(int count)
    {
        var found = SpinWait.SpinUntil(
            () =>
            {
                _reducer.OnIdle();
                return _out.Facts.OfType<BinaryFact>().Count() >= count;
            },
            TimeSpan.FromSeconds(10));
        Assert.True(found, "no content");
        return [.. _out.Facts.OfType<BinaryFact>()];
    }

    private void Exec(ulong cgroup, Reducer? reducer = null) => (reducer ?? _reducer).OnExec(new ExecEvent
    {
        Origin = Origin(cgroup),
        Binary = _self.Binary,
        Arguments = "self\0"u8,
        Inode = _self.Inode,
        Device = _self.Device,
        Size = _self.Size,
        ModifiedUnixSeconds = _self.ModifiedUnixSeconds,
        ChangedUnixSeconds = _self.ChangedUnixSeconds,
    });

    private void Mapped(string path) => _reducer.OnFile(new FileEvent { Origin = Origin(7), Operation = FileOperation.MapExecutable, Path = Encoding.UTF8.GetBytes(path) });

    private void Remove(string path, ulong cgroup) =>
        _reducer.OnFile(new FileEvent { Origin = Origin(cgroup) with { Pid = 4_000_000 }, Operation = FileOperation.Unlink, Path = Encoding.UTF8.GetBytes(path) });

    private EventOrigin Origin(ulong cgroup) => new(1_000_000 + cgroup, new CgroupKey(cgroup, 2), _self.Pid, _self.Pid, cgroup * 1000);

    private sealed class HourAhead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }
}
