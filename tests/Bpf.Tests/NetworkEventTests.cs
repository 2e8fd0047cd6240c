using System.Net;
using System.Net.Sockets;
using System.Text;
using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

public sealed class NetworkEventTests(CaptureFixture capture)
{
    private const int ConnectionRefused = 111, NetworkUnreachable = 101;

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", "write")]
    [InlineData("::1", "::1", "sendto")]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1", "writev")]
    [InlineData("127.0.0.1", "127.0.0.1", "sendmsg")]
    public async Task TcpConnect_TellsPeersFirstBytesAndTheEnd(string host, string told, string call)
    {
        capture.Require();
        using var listener = new TcpListener(IPAddress.Parse(told), 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var served = AnswerOnce(listener, "eleven byte");
        var pid = await capture.RunAsync("connect", host, $"{port}", call, "hello, first bytes");
        var source = await served;

        var connect = await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Connect);
        Assert.Equal((6, 0), (connect.Protocol, connect.Error));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(told), port).ToString(), connect.Remote);
        Assert.Equal(source.ToString(), connect.Local);
        var first = await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.FirstBytes);
        Assert.Equal("hello, first bytes", first.Payload);
        Assert.Equal(connect.Remote, first.Remote);
        var close = await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Close);
        Assert.Equal((18ul, 11ul), (close.BytesSent, close.BytesReceived));
        Assert.Equal((connect.Local, connect.Remote), (close.Local, close.Remote));
        Assert.InRange(close.DurationNs, 1ul, 20_000_000_000ul);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task TcpConnect_Refused_TellsTheErrorOnce(string host)
    {
        capture.Require();
        var pid = await capture.RunAsync("connect", host, "1", "write", "x");
        var marker = await capture.RunAsync("exit", "0");
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == marker);

        var told = Assert.Single(capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == pid));
        Assert.Equal((NetworkOperation.Connect, ConnectionRefused), (told.Operation, told.Error));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(host), 1).ToString(), told.Remote);
    }

    [Fact]
    public async Task TcpConnect_WithoutARoute_TellsTheErrorOnce()
    {
        capture.Require();
        // In an own network namespace even loopback is down.
        using var process = CaptureFixture.StartProgram("unshare", "-n", capture.Stimulus, "connect", "192.0.2.7", "80", "write", "x");
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var marker = await capture.RunAsync("exit", "0");
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == marker);

        var told = Assert.Single(capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == (uint)process.Id));
        Assert.Equal((NetworkOperation.Connect, NetworkUnreachable, "192.0.2.7:80"), (told.Operation, told.Error, told.Remote));
    }

    [Fact]
    public async Task TcpConnect_OnASocketWhereAnotherFailed_IsTold()
    {
        capture.Require();
        var pid = await capture.RunAsync("connect-twice-over", "32");
        var marker = await capture.RunAsync("exit", "0");
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == marker);

        var told = capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Connect);
        Assert.Equal(32, told.Count(e => e.Error == ConnectionRefused));
        Assert.Equal(32, told.Count(e => e.Error == NetworkUnreachable));
    }

    [Theory]
    [InlineData("127.0.0.1", "accept")]
    [InlineData("127.0.0.1", "accept4")]
    [InlineData("::1", "accept4")]
    public async Task Server_TellsListenAcceptAndClose(string host, string call)
    {
        capture.Require();
        using var process = capture.Start("serve", host, call);
        var port = int.Parse((await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!);
        using var client = new TcpClient(IPAddress.Parse(host).AddressFamily);
        await client.ConnectAsync(IPAddress.Parse(host), port, TestContext.Current.CancellationToken);
        var local = client.Client.LocalEndPoint!.ToString();
        var stream = client.GetStream();
        await stream.WriteAsync("abc"u8.ToArray(), TestContext.Current.CancellationToken);
        client.Client.Shutdown(SocketShutdown.Send);
        var answer = new byte[16];
        Assert.Equal(4, await stream.ReadAsync(answer, TestContext.Current.CancellationToken));
        client.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var pid = (uint)process.Id;
        var server = new IPEndPoint(IPAddress.Parse(host), port).ToString();

        var listen = await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Listen);
        Assert.Equal(server, listen.Local);
        var accept = await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Accept);
        Assert.Equal((server, local), (accept.Local, accept.Remote));
        var close = await capture.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Close);
        Assert.Equal((server, local, 4ul, 3ul), (close.Local, close.Remote, close.BytesSent, close.BytesReceived));
        Assert.Empty(capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.FirstBytes));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", "connect")]
    [InlineData("127.0.0.1", "127.0.0.1", "sendto")]
    [InlineData("::1", "::1", "sendmsg")]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1", "sendmmsg")]
    public async Task Udp_ToAPeer_IsToldOncePerProcess(string host, string told, string call)
    {
        capture.Require();
        var pid = await capture.RunAsync("udp", host, "9", call);
        var marker = await capture.RunAsync("exit", "0");
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == marker);

        var peer = Assert.Single(capture.Sink.All<CapturedNetwork>(e => e.Origin.Pid == pid));
        Assert.Equal((NetworkOperation.UdpPeer, 17), (peer.Operation, peer.Protocol));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(told), 9).ToString(), peer.Remote);
    }

    private static async Task<EndPoint> AnswerOnce(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var remote = client.Client.RemoteEndPoint!;
        var buffer = new byte[4096];
        while (await client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken) > 0) { }
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
        return remote;
    }
}
