using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

/// <summary>What a connection moved that lives long is told before it ends, and every byte once.</summary>
public sealed class FlowTests(CaptureFixture capture)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Flow_ThatLives_IsToldOnTheWay(int rung)
    {
        await using var running = await StartAsync(rung, TimeSpan.FromMilliseconds(600));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        // Says five bytes, then answers each line with one of six, until there is no more.
        using var client = CaptureFixture.StartProgram("bash", "-c",
            "exec 3<>/dev/tcp/127.0.0.1/$0; printf hello >&3; while read -r line <&3; do printf answer >&3; done", $"{((IPEndPoint)listener.LocalEndpoint).Port}");
        using var server = await listener.AcceptSocketAsync(Stop);
        await ReceiveAsync(server, "hello");
        var first = await ProgressAsync(running, client.Id, e => e.BytesSent > 0);
        Assert.Equal((5ul, 0ul), (first.BytesSent, first.BytesReceived));

        await server.SendAsync("go on\n"u8.ToArray());
        await ReceiveAsync(server, "answer");
        await ProgressAsync(running, client.Id, e => e.BytesReceived > 0);
        server.Dispose();
        var close = await running.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == client.Id && e.Operation == NetworkOperation.Close);

        var told = running.Sink.All<CapturedNetwork>(e => e.Origin.Pid == client.Id && e.Operation is NetworkOperation.Progress or NetworkOperation.Close && e.Remote == close.Remote);
        Assert.Equal(11, told.Sum(e => (int)e.BytesSent));
        // sock_diag counts the other end's FIN as a byte.
        Assert.InRange(told.Sum(e => (int)e.BytesReceived), 6, rung == 1 ? 6 : 7);
        Assert.True(close.DurationNs > first.DurationNs, $"{close.DurationNs} is of the whole connection");
    }

    [Fact]
    public async Task Flows_OfAFullTable_AreAllTold()
    {
        const int connections = 2000;
        // Three rounds within the limit, of which a connection needs two: who read one piece a round would have told less than half.
        await using var running = await StartAsync(1, TimeSpan.FromSeconds(3));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(connections);
        // More than one piece of what the kernel hands out at a time.
        using var client = CaptureFixture.StartProgram("bash", "-c",
            $"ulimit -n 4096; for i in $(seq {connections}); do exec {{fd}}<>/dev/tcp/127.0.0.1/$0; printf x >&$fd; done; read -r <&$fd", $"{((IPEndPoint)listener.LocalEndpoint).Port}");
        var accepted = new List<Socket>();
        while (accepted.Count < connections)
            accepted.Add(await listener.AcceptSocketAsync(Stop));

        var told = new HashSet<string>();
        for (var begun = Stopwatch.GetTimestamp(); told.Count < connections && Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(10);)
        {
            await running.Sink.NextIdleAsync();
            told = running.Sink.All<CapturedNetwork>(e => e.Origin.Pid == client.Id && e.Operation == NetworkOperation.Progress).Select(e => e.Local).ToHashSet();
        }

        Assert.Equal(connections, told.Count);
        client.Kill();
        accepted.ForEach(socket => socket.Dispose());
    }

    private Task<RungCapture> StartAsync(int rung, TimeSpan interval)
    {
        capture.Require();
        return RungCapture.StartAsync(rung, capture.Options with { FlowInterval = interval });
    }

    private static Task<CapturedNetwork> ProgressAsync(RungCapture running, int pid, Func<CapturedNetwork, bool> which) =>
        running.Sink.WaitAsync<CapturedNetwork>(e => e.Origin.Pid == pid && e.Operation == NetworkOperation.Progress && which(e));

    private static async Task ReceiveAsync(Socket server, string text)
    {
        var buffer = new byte[64];
        var length = 0;
        while (length < text.Length)
            length += await server.ReceiveAsync(buffer.AsMemory(length), Stop);
        Assert.Equal(text, Encoding.ASCII.GetString(buffer, 0, length));
    }
}
