using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>What is there without anything happening: what stood before the agent, and what is used, from the machine to the collector's answers.</summary>
public sealed class StateTests
{
    [Fact(Timeout = Machine.Limit)]
    public async Task Listener_BeforeTheAgent_IsToldAsStateAndRaisesNothing()
    {
        var options = Machine.OptionsOrSkip();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await using var stack = await RuntimeStack.StartAsync(options);

        var words = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        var listening = await stack.EventAsync(words, e => e.Summary == $"listening on {words} since before the agent", "the listener that was there");
        Assert.Equal("at_start", listening.Details["flags"]);
        Assert.Equal((uint)Environment.ProcessId, listening.Lineage[0].Pid);
        await stack.EventAsync(words, e => e.Summary == $"connected to {words} since before the agent", "the connection that was there");
        Assert.DoesNotContain((await stack.Client.Query.ListDeviationsAsync(new ListDeviationsRequest())).Deviations, deviation => deviation.Key.Contains(port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Resources_OfTheNode_AreKeptAndShownWhenAskedFor()
    {
        await using var stack = await RuntimeStack.StartAsync(Machine.OptionsOrSkip() with { ResourceInterval = TimeSpan.FromMilliseconds(200) });

        var page = await CollectorClient.UntilAsync(
            async () => await stack.Client.Query.ListEventsAsync(new ListEventsRequest { Kind = "resource" }).ResponseAsync, answer => answer.Events.Count > 0, Machine.Soon, "the first window");

        var node = page.Events[^1];
        Assert.StartsWith("node: cpu ", node.Summary, StringComparison.Ordinal);
        Assert.Equal(12ul, node.Count);
        Assert.True(double.Parse(node.Details["cores"], CultureInfo.InvariantCulture) > 0);
        Assert.True(ulong.Parse(node.Details["memory_bytes"], CultureInfo.InvariantCulture) > 0);
        Assert.DoesNotContain((await stack.Client.Query.ListEventsAsync(new ListEventsRequest())).Events, e => e.Kind == "resource");
    }
}
