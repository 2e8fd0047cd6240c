using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Reduction;

namespace Runtime.Bpf.Tests;

/// <summary>A peer has the name it was looked up by, whichever way the resolver asks: from this kernel to the fact.</summary>
public sealed class NameTests(CaptureFixture capture)
{
    /// <summary>Nothing else listens there.</summary>
    private static readonly IPAddress Server = IPAddress.Parse("127.0.77.53");

    [Theory]
    [InlineData("send")]
    [InlineData("sendto")]
    [InlineData("sendmsg")]
    [InlineData("sendmmsg")]
    [InlineData("write")]
    [InlineData("tcp")]
    [InlineData("tcp-writev")]
    public async Task Peer_ThatWasLookedUp_HasItsName(string way)
    {
        capture.Require();
        var stimulus = Path.Combine(capture.NewFolder(), "stimulus-names");
        CaptureFixture.Run("clang", "-static", "-O1", Path.Combine(AppContext.BaseDirectory, "stimulus-names.c"), "-o", stimulus);
        await using var reduced = new ReducedCapture(BpfEventSource.Start(capture.Options with { RingBytes = 1024 * 1024 }));
        using var stop = new CancellationTokenSource();
        var answering = AnswerAsync(way.StartsWith("tcp", StringComparison.Ordinal), stop.Token);

        CaptureFixture.Run(stimulus, way, Server.ToString(), "Pool.Example.test");

        var connect = await reduced.Facts.WaitAsync<NetworkFact>(fact => fact.Operation == NetworkOperation.Connect && fact.RemotePort == 9 && fact.RemoteAddress.SequenceEqual(new byte[] { 127, 0, 77, 9 }));
        Assert.Equal("pool.example.test", Encoding.ASCII.GetString(connect.Name));
        var question = await reduced.Facts.WaitAsync<NetworkFact>(fact => fact.Operation == NetworkOperation.NameQuery && Encoding.ASCII.GetString(fact.Name) == "pool.example.test");
        Assert.Equal(Server.GetAddressBytes(), question.RemoteAddress);
        await stop.CancelAsync();
        await Task.WhenAny(answering);
    }

    [Fact]
    public async Task Peer_ThatNobodyLookedUp_IsCalledByItsClient()
    {
        capture.Require();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var reduced = new ReducedCapture(BpfEventSource.Start(capture.Options with { RingBytes = 1024 * 1024 }));

        // The server closes without an answer: what counts is what the client sent.
        using var client = CaptureFixture.StartProgram("openssl", "s_client", "-connect", $"127.0.0.1:{port}", "-servername", "pool.example.test");
        using (var served = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken))
            _ = await served.GetStream().ReadAsync(new byte[16], TestContext.Current.CancellationToken);

        var hello = await reduced.Facts.WaitAsync<NetworkFact>(fact => fact.Operation == NetworkOperation.FirstBytes && fact.RemotePort == port);
        Assert.Equal(("tls", "pool.example.test", NetworkFlags.NameFromSni), (hello.Payload, Encoding.ASCII.GetString(hello.Name), hello.Flags));
        var connect = await reduced.Facts.WaitAsync<NetworkFact>(fact => fact.Operation == NetworkOperation.Connect && fact.RemotePort == port);
        Assert.Empty(connect.Name);
    }

    /// <summary>One question, answered with 127.0.77.9.</summary>
    private static async Task AnswerAsync(bool stream, CancellationToken cancellationToken)
    {
        if (!stream)
        {
            using var socket = new UdpClient(new IPEndPoint(Server, 53));
            var asked = await socket.ReceiveAsync(cancellationToken);
            await socket.SendAsync(Answer(asked.Buffer), asked.RemoteEndPoint, cancellationToken);
            return;
        }

        using var listener = new TcpListener(Server, 53);
        listener.Start();
        using var client = await listener.AcceptTcpClientAsync(cancellationToken);
        var buffer = new byte[600];
        var length = 0;
        while (length < 2 || length < 2 + BinaryPrimitives.ReadUInt16BigEndian(buffer))
            length += await client.GetStream().ReadAsync(buffer.AsMemory(length), cancellationToken);
        var answer = Answer(buffer[2..length]);
        await client.GetStream().WriteAsync((byte[])[(byte)(answer.Length >> 8), (byte)answer.Length, .. answer], cancellationToken);
    }

    private static byte[] Answer(byte[] question)
    {
        byte[] answer = [.. question, 0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 77, 9];
        (answer[2], answer[3], answer[7]) = (0x81, 0x80, 1);
        return answer;
    }
}
