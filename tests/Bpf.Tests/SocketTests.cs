using System.Net.Sockets;
using Runtime.Agent.Capture;
using Runtime.Agent.Reduction;

namespace Runtime.Bpf.Tests;

/// <summary>Sockets of container runtimes, and those past TCP and UDP.</summary>
public sealed class SocketTests(CaptureFixture capture)
{
    private static string? _stimulus;

    [Theory]
    [InlineData(17, 3, 0x0300, "packet 0x0003")]
    [InlineData(17, 2, 0x0008, "packet 0x0800")]
    [InlineData(2, 3, 1, "raw 1")]
    [InlineData(2, 3, 255, "raw 255")]
    [InlineData(10, 3, 58, "raw6 58")]
    [InlineData(38, 5, 0, "alg")]
    [InlineData(16, 3, 12, "netfilter")]
    public async Task Socket_PastTcpAndUdp_IsToldByWhatItIs(int family, int type, int protocol, string name)
    {
        var (pid, code) = await RunAsync("open", $"{family}", $"{type}", $"{protocol}");
        Assert.SkipUnless(code == 0, "this kernel has no such sockets");

        var told = await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.RawSocket);
        Assert.Equal(name, System.Text.Encoding.ASCII.GetString(SpecialSocket.NameOf(told.Socket)));
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 1, 0)]
    [InlineData(10, 2, 0)]
    [InlineData(2, 2, 17)]
    [InlineData(16, 3, 0)]
    public async Task Socket_OfEveryDay_IsNotTold(int family, int type, int protocol)
    {
        var (pid, code) = await RunAsync("open", $"{family}", $"{type}", $"{protocol}");
        Assert.Equal(0, code);
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);
        Assert.Empty(capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == pid));
    }

    /// <summary>Under its own name, through a link of another name, and by a path that climbs.</summary>
    [Theory]
    [InlineData("docker.sock", "docker.sock")]
    [InlineData("containerd.sock", "alias")]
    [InlineData("crio.sock", "sub/../crio.sock")]
    public async Task UnixConnect_ToARuntime_IsToldByTheFileThatAnswers(string socket, string way)
    {
        capture.Require();
        var folder = capture.NewFolder();
        Directory.CreateDirectory($"{folder}/sub");
        File.CreateSymbolicLink($"{folder}/alias", $"{folder}/{socket}");
        using var listener = Listen(new UnixDomainSocketEndPoint($"{folder}/{socket}"));

        var (pid, code) = await RunAsync("connect", $"{folder}/{way}");

        Assert.Equal(0, code);
        var told = await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.UnixConnect);
        Assert.Equal($"{folder}/{socket}", told.Payload);
    }

    [Fact]
    public async Task UnixConnect_ToAShim_IsToldWithAndWithoutAFile()
    {
        capture.Require();
        var folder = Directory.CreateDirectory($"{capture.NewFolder()}/containerd/s").FullName;
        using var withFile = Listen(new UnixDomainSocketEndPoint($"{folder}/0123"));
        using var without = Listen(new UnixDomainSocketEndPoint($"\0/containerd-shim/{Path.GetRandomFileName()}"));

        var (pid, _) = await RunAsync("connect", $"{folder}/0123");
        Assert.Equal($"{folder}/0123", (await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.UnixConnect)).Payload);

        var name = "@" + without.LocalEndPoint!.ToString()![1..];
        var (second, _) = await RunAsync("connect", name);
        Assert.Equal(name, (await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == second && e.Operation == NetworkOperation.UnixConnect)).Payload);
    }

    [Fact]
    public async Task UnixConnect_ToAnythingElse_IsNotTold()
    {
        capture.Require();
        var path = $"{capture.NewFolder()}/database.sock";
        using var listener = Listen(new UnixDomainSocketEndPoint(path));
        var (pid, code) = await RunAsync("connect", path);
        Assert.Equal(0, code);
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);
        Assert.Empty(capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == pid));
    }

    [Fact]
    public async Task TcpConnect_ClosedBeforeItsAnswer_IsToldOnce()
    {
        var (pid, code) = await RunAsync("abandon");
        Assert.Equal(0, code);
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);

        var connects = capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Connect);
        Assert.Equal(6, connects.Count);
        Assert.Contains(connects, e => e.Error == 0);
        Assert.Contains(connects, e => e.Error == 125);
        Assert.All(connects, e => Assert.StartsWith("127.0.0.1:", e.Remote));
    }

    private static Socket Listen(UnixDomainSocketEndPoint place)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(place);
        listener.Listen();
        return listener;
    }

    private async Task<(uint Pid, int Code)> RunAsync(params string[] arguments)
    {
        capture.Require();
        _stimulus ??= capture.Compile("stimulus-socket.c");
        using var process = CaptureFixture.StartProgram(_stimulus, arguments);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync(timeout.Token);
        return ((uint)process.Id, process.ExitCode);
    }
}
