using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>A connection that lives long, from the kernel's table through the agent at work (without the rights to load anything) to the collector.</summary>
public sealed partial class FlowTests
{
    [Fact(Timeout = Machine.Limit)]
    public async Task Connection_ThatGoesOn_TellsItsBytesOnTheWay_AndEachOnce()
    {
        Machine.SkipBelowRung(2, "/proc tells no bytes");
        await using var stack = await RuntimeStack.StartAsync(Machine.OptionsOrSkip() with { FlowInterval = TimeSpan.FromMilliseconds(700) });
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await using var client = ServiceProcess.Start("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$0; printf hello >&3; read -r <&3; printf goodbye >&3", port);
        using var server = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);

        await stack.EventAsync($":{port}", e => e.Summary.StartsWith("connected to", StringComparison.Ordinal) && e.Summary.Contains(" 5 B sent", StringComparison.Ordinal), "the bytes of a connection that goes on");
        await server.GetStream().WriteAsync("enough\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await server.GetStream().ReadExactlyAsync(new byte["hellogoodbye".Length], TestContext.Current.CancellationToken);
        // Until both ends have closed it the connection is there.
        server.Close();
        await stack.EventAsync($":{port}", e => e.Summary.StartsWith("close", StringComparison.Ordinal), "its end");

        var events = await stack.Client.Query.ListEventsAsync(new ListEventsRequest { Text = $":{port}", PageSize = 1000 });
        var sent = events.Events.Where(e => e.Lineage[0].Binary.EndsWith("/bash", StringComparison.Ordinal)).Select(e => Sent().Match(e.Summary)).Where(m => m.Success);
        Assert.Equal("hellogoodbye".Length, sent.Sum(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)));
    }

    [GeneratedRegex("([0-9]+) B sent")]
    private static partial Regex Sent();
}
