using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class AlertmanagerNotifierTests : IDisposable
{
    private const string Program = "/usr/bin/prometheus-alertmanager";
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-alertmanager-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Labels_TellWhereItIs_AndAnEmptyOneIsNone()
    {
        var alert = AlertmanagerAlert.From(Samples.Incident());
        Assert.Equal(
            ["alertname=RuntimeIncident", "cluster=prod", "container=app", "incident=inc-1", "kind=Deployment", "namespace=shop", "severity=high", "workload=web"],
            alert.Labels.Select(label => $"{label.Key}={label.Value}").Order());
        Assert.Equal((Samples.Now, Samples.Now.AddSeconds(3).AddDays(1)), (alert.StartsAt, alert.EndsAt));
        var host = AlertmanagerAlert.From(Samples.Incident() with { ScopeId = "prod/-/Host/node-1/-", Pods = [] });
        Assert.False(host.Labels.ContainsKey("namespace") || host.Labels.ContainsKey("container") || host.Annotations.ContainsKey("pods"));
    }

    [Fact]
    public async Task Token_IsSentWhereThereIsOne()
    {
        var token = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(token, "t0ken\n", TestContext.Current.CancellationToken);
        await using var receiver = await Receiver.StartAsync();
        await SendAsync(new NotifierOptions { Name = "am", Kind = NotifierKind.Alertmanager, Url = receiver.Url, SecretFile = token }, Samples.Incident());
        await SendAsync(new NotifierOptions { Name = "am", Kind = NotifierKind.Alertmanager, Url = receiver.Url }, Samples.Incident());
        Assert.Equal("Bearer t0ken", (await receiver.NextAsync()).Headers.Authorization);
        Assert.Equal(0, (await receiver.NextAsync()).Headers.Authorization.Count);
    }

    /// <summary>The real server takes it, shows it, and takes a later revision as the same alert.</summary>
    [Fact]
    public async Task Alertmanager_TakesTheAlert_AndALaterRevisionAsTheSameOne()
    {
        Assert.SkipUnless(File.Exists(Program), "prometheus-alertmanager is not installed");
        await File.WriteAllTextAsync(Path.Combine(_folder, "config.yml"), "route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n", TestContext.Current.CancellationToken);
        var port = RealServer.FreePort();
        using var server = await RealServer.StartAsync(
            Program,
            [$"--config.file={_folder}/config.yml", $"--storage.path={_folder}/data", $"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
            "Listening on");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        var options = new NotifierOptions { Name = "am", Kind = NotifierKind.Alertmanager, Url = $"http://127.0.0.1:{port}/api/v2/alerts" };
        var now = DateTimeOffset.UtcNow;
        var incident = Samples.Incident() with { FirstSeen = now.AddMinutes(-1), LastSeen = now, Title = "nginx started \"/tmp/\u001bx\"" };
        Assert.IsType<DeliveryResult.Delivered>(await SendAsync(options, incident));
        Assert.IsType<DeliveryResult.Delivered>(await SendAsync(options, incident with { LastSeen = now.AddSeconds(9), Pods = ["web-7d9-c"] }));

        using var json = JsonDocument.Parse(await client.GetStringAsync("api/v2/alerts", TestContext.Current.CancellationToken));
        var alert = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal("active", alert.GetProperty("status").GetProperty("state").GetString());
        Assert.Equal("nginx started \"/tmp/\\x1Bx\"", alert.GetProperty("annotations").GetProperty("summary").GetString());
        Assert.Equal("web-7d9-c", alert.GetProperty("annotations").GetProperty("pods").GetString());
        Assert.Equal("high", alert.GetProperty("labels").GetProperty("severity").GetString());
    }

    private static Task<DeliveryResult> SendAsync(NotifierOptions options, Runtime.Collector.Incidents.Incident incident) =>
        new AlertmanagerNotifier(options, new WebhookPost(WebhookPost.CreateClient(), new FakeTimeProvider(Samples.Now)))
            .SendAsync(Samples.Delivery() with { Message = new AlertMessage(incident) }, TestContext.Current.CancellationToken);
}
