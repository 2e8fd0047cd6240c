using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class PagerDutyNotifierTests : IDisposable
{
    private readonly string _key = Path.GetTempFileName();

    public void Dispose() => File.Delete(_key);

    [Fact]
    public async Task Event_OfAnIncident_HasWhatTheApiAsksFor()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(202, """{"status":"success","message":"Event processed","dedup_key":"inc-1"}"""));
        var result = await SendAsync(receiver, Samples.Incident() with { Title = new string('x', 2000) + "\u001b[0m" });

        Assert.StartsWith("202 {\"status\":\"success\"", Assert.IsType<DeliveryResult.Delivered>(result).Words, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await receiver.NextAsync()).Body);
        var root = json.RootElement;
        Assert.Equal(("routing-key-of-thirty-two-letters", "trigger", "inc-1"), (Text(root, "routing_key"), Text(root, "event_action"), Text(root, "dedup_key")));
        var payload = root.GetProperty("payload");
        Assert.Equal(1024, Text(payload, "summary").Length);
        Assert.Equal(("node-1", "error", "shop/web (app)", "shop", "T1496"), (Text(payload, "source"), Text(payload, "severity"), Text(payload, "component"), Text(payload, "group"), Text(payload, "class")));
        Assert.Equal(Samples.Now, payload.GetProperty("timestamp").GetDateTimeOffset());
        var details = payload.GetProperty("custom_details");
        Assert.Equal("runtimectl incidents show inc-1", Text(details, "command"));
        Assert.Equal(2, details.GetProperty("why").GetArrayLength());
        Assert.Contains("\n  /tmp/x", Text(details, "process_tree"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Severity.Critical, "critical")]
    [InlineData(Severity.High, "error")]
    [InlineData(Severity.Medium, "warning")]
    [InlineData(Severity.Low, "info")]
    [InlineData(Severity.Info, "info")]
    public void Severity_IsOneThatPagerDutyKnows(object severity, string expected) =>
        Assert.Equal(expected, PagerDutyEvent.From(Samples.Incident() with { Severity = (Severity)severity }, "key").Payload.Severity);

    [Fact]
    public void Text_OfAContainer_MovesNoCursor()
    {
        var made = PagerDutyEvent.From(Samples.Incident() with { Title = "a\u001b[0mb", ProcessTree = "x\u202ey\n  z" }, "key").Payload;
        Assert.Equal(("a\\x1B[0mb", "x\\u{202E}y\n  z"), (made.Summary, made.CustomDetails.ProcessTree));
    }

    [Fact]
    public async Task Key_ThatIsGone_IsTriedAgainLater()
    {
        await using var receiver = await Receiver.StartAsync();
        File.Delete(_key);
        var result = await NotifierOf(receiver).SendAsync(Samples.Delivery(), TestContext.Current.CancellationToken);
        Assert.Equal(new DeliveryResult.Retry(null, "SecretFile does not exist"), result);
        Assert.Equal(0, receiver.Count);
    }

    private async Task<DeliveryResult> SendAsync(Receiver receiver, Runtime.Collector.Incidents.Incident incident)
    {
        await File.WriteAllTextAsync(_key, "routing-key-of-thirty-two-letters\n", TestContext.Current.CancellationToken);
        return await NotifierOf(receiver).SendAsync(Samples.Delivery() with { Message = new AlertMessage(incident) }, TestContext.Current.CancellationToken);
    }

    private PagerDutyNotifier NotifierOf(Receiver receiver) => new(
        new NotifierOptions { Name = "duty", Kind = NotifierKind.PagerDuty, Url = receiver.Url, SecretFile = _key }, new WebhookPost(WebhookPost.CreateClient(), new FakeTimeProvider(Samples.Now)));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
