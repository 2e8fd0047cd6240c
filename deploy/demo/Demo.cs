using System.Globalization;
using System.Text.Json;
using Grpc.Core;
using Runtime.Pods;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Demo;

/// <param name="Collector">Unix socket of the collector that runs.</param>
/// <param name="Runtime">Where the agent looks for the container runtime's socket; a link is made there.</param>
/// <param name="Port">Loopback port that the collector sends Slack messages to, at /alerts.</param>
/// <param name="Unit">What the collector counts baselines in.</param>
/// <param name="Miner">The compiled miner.c.</param>
internal sealed record DemoOptions(string Collector, string Runtime, int Port, TimeSpan Unit, string Miner);

/// <summary>Two pods, a baseline, a break-in, an alert.</summary>
internal sealed class Demo(DemoOptions options, Progress progress)
{
    /// <summary>An alert that takes longer is none.</summary>
    private static readonly TimeSpan AlertLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    /// <exception cref="TimeoutException">No lock or no alert; with the reason.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var slack = await WebhookReceiver.StartAsync(options.Port, SlackContract.Refusal, cancellationToken);
        using var collector = new CollectorClient(options.Collector);
        var query = collector.Query;
        var miner = await File.ReadAllBytesAsync(options.Miner, cancellationToken);
        var learnLimit = options.Unit * 150 + TimeSpan.FromSeconds(30);

        await query.GetStatusAsync(new GetStatusRequest(), new CallOptions(deadline: DateTime.UtcNow + Answer, cancellationToken: cancellationToken));
        progress.Say("pods:     starting a container runtime of the demo's own, a web server and a client that loads it");
        var images = await Shop.ImagesAsync(miner);
        await using var node = await ContainerdNode.StartAsync(
            new NodeOptions { SocketLink = options.Runtime, CleanOnSignal = false }, images.Web, images.Customer, images.Pool);
        var shop = await Shop.OpenAsync(node, images, learnLimit + AlertLimit, cancellationToken);
        progress.Say($"pods:     shop/web serves {shop.Address} and shop/client orders from it");

        await new Learning(query, options.Unit, progress).WaitAsync(shop, learnLimit, cancellationToken);

        progress.Say("break-in: one HTTP request to the order form has the web server write a program and start it");
        await BreakIn.SendAsync(node, shop.Address, miner, cancellationToken);
        var began = await shop.LoginAsync(cancellationToken).WaitAsync(AlertLimit, cancellationToken);
        // Alerts queue up meanwhile. One from before the start would be about the writing of the file, not about the miner.
        var alert = await slack.WaitAsync(call => call.Received >= began && call.Body.Contains(BreakIn.Dropped, StringComparison.Ordinal), AlertLimit).WaitAsync(cancellationToken);

        using var message = alert.Json();
        progress.Say($"\nSlack message, as it came to {slack.Address}:\n\n{SlackView.Render(message.RootElement)}\n");
        progress.Say(await TreeAsync(query, cancellationToken));
        progress.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"\n{(alert.Received - began).TotalMilliseconds:0} ms from the miner's execve (its first instruction, by its own clock) to the webhook's receipt"));
    }

    private static async Task<string> TreeAsync(Query.QueryClient query, CancellationToken cancellationToken)
    {
        var request = new ListIncidentsRequest { Text = BreakIn.Dropped, PageSize = 1 };
        var answer = await query.ListIncidentsAsync(request, new CallOptions(deadline: DateTime.UtcNow + Answer, cancellationToken: cancellationToken));
        var incident = answer.Incidents.FirstOrDefault();
        return incident is null
            ? "The collector lists no incident that names the program."
            : $"Process tree of incident {incident.Id}:\n" + string.Join('\n', incident.ProcessTree.Split('\n').Select(line => "  " + SlackView.Printable(line)));
    }
}
