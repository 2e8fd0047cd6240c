using Runtime.Agent.Capture;
using Runtime.Agent.Capture.Coverage;
using Xunit;

namespace Runtime.Agent.Tests.Capture;

public sealed class CoverageSinkTests
{
    [Fact]
    public void Figures_Shares_AreOfAllLives()
    {
        var figures = new CoverageFigures([new("exec", TimeSpan.Zero, 4, 1), new("exec", TimeSpan.FromSeconds(1), 4, 4), new("write", TimeSpan.Zero, 0, 0)]);
        Assert.Equal(0.625, Assert.Single(figures.Shares).Value);
        Assert.Equal("63 %: of programs that live 0 ms 1 of 4, 1000 ms 4 of 4", Assert.Single(figures.Lines()).Words);
    }

    [Fact]
    public void OnExec_OwnChildWithThatFile_IsKeptBack_AndItsActsWithIt()
    {
        var next = new Counting();
        var sink = new CoverageSink(next);
        sink.Begin("/state/canary"u8.ToArray());
        sink.OnExec(Exec(7, (uint)Environment.ProcessId, "/state/canary"u8));
        sink.OnNetwork(new NetworkEvent { Origin = Of(7), Operation = NetworkOperation.Connect });
        sink.OnFile(new FileEvent { Origin = Of(7), Operation = FileOperation.Create });
        Assert.Equal(CoverageSink.Acts.Exec | CoverageSink.Acts.Connect | CoverageSink.Acts.Write, sink.Arrived(7));
        Assert.Equal(0, next.Seen);
    }

    [Fact]
    public void OnExec_SomebodyElsesProgramOfThatName_GoesOn()
    {
        var next = new Counting();
        var sink = new CoverageSink(next);
        sink.Begin("/state/canary"u8.ToArray());
        sink.OnExec(Exec(8, 1, "/state/canary"u8));
        sink.OnExec(Exec(9, (uint)Environment.ProcessId, "/usr/bin/id"u8));
        sink.OnFile(new FileEvent { Origin = Of(8), Operation = FileOperation.Create });
        Assert.Equal(3, next.Seen);
        sink.End();
        sink.OnExec(Exec(7, (uint)Environment.ProcessId, "/state/canary"u8));
        Assert.Equal(4, next.Seen);
    }

    private static EventOrigin Of(uint pid) => new(1, default, pid, pid, 1);

    private static ExecEvent Exec(uint pid, uint parent, ReadOnlySpan<byte> binary) => new() { Origin = Of(pid), ParentPid = parent, Binary = binary };

    private sealed class Counting : IKernelEventSink
    {
        public int Seen { get; private set; }

        public void OnFork(in ForkEvent e) => Seen++;

        public void OnExec(in ExecEvent e) => Seen++;

        public void OnExit(in ExitEvent e) => Seen++;

        public void OnFile(in FileEvent e) => Seen++;

        public void OnRepeats(in RepeatsEvent e) => Seen++;

        public void OnNetwork(in NetworkEvent e) => Seen++;

        public void OnPrivilege(in PrivilegeEvent e) => Seen++;

        public void OnCgroup(in CgroupEvent e) => Seen++;

        public void OnIdle() => Seen++;
    }
}
