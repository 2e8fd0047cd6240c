using Runtime.Agent.Capture;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Runtime.Agent.Tests.Processes;
using Xunit;

namespace Runtime.Agent.Tests.Capture.Scan;

public sealed class SocketBookTests : IDisposable
{
    private const uint Namespace = 4026531840;
    private const ulong Cgroup = 77;

    private readonly FakeProc _proc = new();
    private readonly NetworkSink _sink = new();
    private readonly ProcessSightings _processes;
    private readonly SocketBook _book;

    public SocketBookTests()
    {
        _processes = new(new ProcfsReader(_proc.Root), _ => default, new UpperLayers(_proc.Root, ""));
        _book = new(_processes, new SocketOwners(_proc.Root), isState: false);
    }

    [Fact]
    public void Connection_OfAProcessThatBeganBetweenTheLooks_IsToldByTheNextLook()
    {
        _book.Look([Connection(inode: 5)], Namespace, _sink);
        Assert.Empty(_sink.Operations);

        AddProcess(pid: 100, socket: 5);
        _book.Look([Connection(inode: 5)], Namespace, _sink);
        _book.Look([Connection(inode: 5)], Namespace, _sink);

        Assert.Equal([(NetworkOperation.Connect, 100u)], _sink.Operations);
        Assert.Empty(Losses());
    }

    [Fact]
    public void Connection_WhoseProcessNobodyFinds_IsOneLossOfItsCgroup()
    {
        for (var look = 0; look < 2; look++)
            _book.Look([Connection(inode: 5)], Namespace, _sink);
        Assert.Equal([new CaptureLoss(new CgroupKey(Cgroup, 2), EventKind.Network, "no_process", 1)], Losses());

        // Nobody is searched for it again, and it is not counted again.
        for (var look = 0; look < 2; look++)
            _book.Look([Connection(inode: 5)], Namespace, _sink);
        _book.Look([], Namespace, _sink);
        Assert.Empty(_sink.Operations);
        Assert.Empty(Losses());
    }

    [Fact]
    public void Connection_ThatEndsBeforeTheSecondLook_IsCountedOnce()
    {
        _book.Look([Connection(inode: 5)], Namespace, _sink);
        _book.Look([], Namespace, _sink);
        _book.Look([], Namespace, _sink);
        Assert.Equal(1ul, Assert.Single(Losses()).Count);

        // Where the kernel tells the end, who asked counts it.
        _book.Look([Connection(inode: 6)], Namespace, _sink);
        Assert.False(_book.End(Connection(inode: 6).Id, 0, 0, _sink));
        _book.Look([], Namespace, _sink);
        Assert.Empty(Losses());
    }

    [Fact]
    public void Namespace_ThatIsLeft_TellsItsEndsAndKeepsItsLosses()
    {
        AddProcess(pid: 100, socket: 5);
        _book.Look([Connection(inode: 5), Connection(inode: 6)], Namespace, _sink);
        var losses = new List<CaptureLoss>();

        _book.Leave(Namespace, _sink, losses);

        Assert.Equal([(NetworkOperation.Connect, 100u), (NetworkOperation.Close, 100u)], _sink.Operations);
        Assert.Equal("no_process", Assert.Single(losses).Reason);
    }

    [Fact]
    public void Flow_ThatLives_IsToldItsBytesAndThenItsRest()
    {
        AddProcess(pid: 100, socket: 5);
        var book = new SocketBook(_processes, new SocketOwners(_proc.Root), isState: false, TimeSpan.FromTicks(1));
        book.Look([Connection(inode: 5)], Namespace, _sink);
        book.Look([Connection(inode: 5) with { BytesSent = 10, BytesReceived = 20 }], Namespace, _sink);
        book.Look([Connection(inode: 5) with { BytesSent = 10, BytesReceived = 20 }], Namespace, _sink);
        book.Look([Connection(inode: 5) with { BytesSent = 11, BytesReceived = 20 }], Namespace, _sink);
        book.End(Connection(inode: 5).Id, 15, 25, _sink);

        Assert.Equal(
            [(NetworkOperation.Connect, 0ul, 0ul), (NetworkOperation.Progress, 10ul, 20ul), (NetworkOperation.Progress, 1ul, 0ul), (NetworkOperation.Close, 4ul, 5ul)],
            _sink.Flows);
    }

    [Fact]
    public void Flow_WhoseEndNobodyTells_HasTheBytesOfTheLastLook()
    {
        AddProcess(pid: 100, socket: 5);
        _book.Look([Connection(inode: 5)], Namespace, _sink);
        _book.Look([Connection(inode: 5) with { BytesSent = 10, BytesReceived = 20 }], Namespace, _sink);
        _book.Look([], Namespace, _sink);

        Assert.Equal([(NetworkOperation.Connect, 0ul, 0ul), (NetworkOperation.Close, 10ul, 20ul)], _sink.Flows);
    }

    public void Dispose() => _proc.Dispose();

    private static SocketSighting Connection(uint inode) =>
        new(1000 + inode, inode, SocketSighting.Tcp, SocketState.Established, [10, 0, 0, 1], 40000, [10, 0, 0, 2], 443, Cgroup, 0, 0);

    private void AddProcess(uint pid, uint socket)
    {
        _proc.Add(pid, parent: 1, startTicks: 100);
        var folder = Path.Join(_proc.Root, $"{pid}");
        File.CreateSymbolicLink(Path.Join(folder, "ns/net"), $"net:[{Namespace}]");
        Directory.CreateDirectory(Path.Join(folder, "fd"));
        File.CreateSymbolicLink(Path.Join(folder, "fd/3"), $"socket:[{socket}]");
        _processes.TakeIn();
    }

    private List<CaptureLoss> Losses()
    {
        var losses = new List<CaptureLoss>();
        _book.TakeLosses(losses);
        return losses;
    }

    private sealed class NetworkSink : SilentSink
    {
        public List<(NetworkOperation, uint Pid)> Operations { get; } = [];

        public List<(NetworkOperation, ulong Sent, ulong Received)> Flows { get; } = [];

        public override void OnNetwork(in NetworkEvent e)
        {
            Operations.Add((e.Operation, e.Origin.Pid));
            Flows.Add((e.Operation, e.BytesSent, e.BytesReceived));
        }
    }
}
