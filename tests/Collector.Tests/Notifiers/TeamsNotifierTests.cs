using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class TeamsNotifierTests
{
    [Fact]
    public async Task Card_OfAnIncident_IsAnAdaptiveCardInAMessage()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(202));
        var notifier = new TeamsNotifier(new NotifierOptions { Name = "teams", Kind = NotifierKind.Teams, Url = receiver.Url }, new WebhookPost(WebhookPost.CreateClient(), new FakeTimeProvider(Samples.Now)));
        Assert.IsType<DeliveryResult.Delivered>(await notifier.SendAsync(Samples.Delivery(), TestContext.Current.CancellationToken));

        using var json = JsonDocument.Parse((await receiver.NextAsync()).Body);
        Assert.Equal("message", json.RootElement.GetProperty("type").GetString());
        var attachment = Assert.Single(json.RootElement.GetProperty("attachments").EnumerateArray());
        Assert.Equal("application/vnd.microsoft.card.adaptive", attachment.GetProperty("contentType").GetString());
        var card = attachment.GetProperty("content");
        Assert.Equal(("AdaptiveCard", "1.4", "http://adaptivecards.io/schemas/adaptive-card.json"),
            (card.GetProperty("type").GetString(), card.GetProperty("version").GetString(), card.GetProperty("$schema").GetString()));
        Assert.All(card.GetProperty("body").EnumerateArray(), block => Assert.Equal("RichTextBlock", block.GetProperty("type").GetString()));
        Assert.All(card.GetProperty("body").EnumerateArray().SelectMany(block => block.GetProperty("inlines").EnumerateArray()), run => Assert.Equal("TextRun", run.GetProperty("type").GetString()));
        Assert.True(notifier.Options.WantsDigest);
    }

    [Fact]
    public void Card_SaysWhatAResponderNeeds()
    {
        var lines = Lines(TeamsMessage.From(Samples.Incident()));
        Assert.Equal("HIGH · nginx started /tmp/x, which is not in the image", lines[0]);
        Assert.Contains("Workload: shop/web (app)", lines);
        Assert.Contains("Pods: web-7d9-a, web-7d9-b", lines);
        Assert.Contains("• the file was written after the container started (×500)", lines);
        Assert.Contains("\u00a0\u00a0/tmp/x -o pool:3333 <- new", lines);
        Assert.Equal("Look further: runtimectl incidents show inc-1", lines[^1]);
    }

    [Fact]
    public void Digest_IsACardToo()
    {
        var lines = Lines(TeamsMessage.From(Samples.Digest()));
        Assert.Equal("Daily digest of prod: 6 incidents that did not alert", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("1. shop/web (app): sh wrote /etc/cron.d/x (evidence 35, alerts from 20) runtimectl incidents show inc-1", StringComparison.Ordinal));
    }

    /// <summary>Teams refuses a longer one for good: whoever names files could keep an alert from people.</summary>
    [Theory]
    [InlineData("\u202e/x")]
    [InlineData("<é")]
    [InlineData("😀")]
    public void Card_OfTheLongestIncident_StaysBelowTheLimit(string letters)
    {
        var text = string.Concat(Enumerable.Repeat(letters, 400));
        var incident = Samples.Incident() with
        {
            Title = text, ProcessTree = string.Join('\n', Enumerable.Repeat(text, 100)), Pods = [.. Enumerable.Repeat(text, 256)], Nodes = [text], Images = [text, text],
            Evidence = [.. Enumerable.Repeat(new Evidence(text, 3), 10)],
        };
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(TeamsMessage.From(incident), TeamsJson.Default.TeamsPayload).Length, 1, 28 * 1024);
        Assert.Equal("Look further: runtimectl incidents show inc-1", Lines(TeamsMessage.From(incident))[^1]);
        var digest = Samples.Digest() with { Lines = [.. Enumerable.Repeat(Samples.Line() with { Title = text }, 20)] };
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(TeamsMessage.From(digest), TeamsJson.Default.TeamsPayload).Length, 1, 28 * 1024);
    }

    private static List<string> Lines(TeamsPayload payload) => [.. payload.Attachments[0].Content.Body.Select(block => string.Concat(block.Inlines.Select(run => run.Text)))];
}
