using CsCheck;
using System.Text.Json;
using Runtime.Collector.Inventory;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class SlackDigestTests
{
    // Slack refuses a message whose blocks hold many more characters together.
    private const int WholeMessage = 13_000;

    [Fact]
    public void Payload_OfAnyText_KeepsSlacksLimitsAndCarriesNoMarkup() =>
        Gen.Select(SlackMessageTests.HostileText, SlackMessageTests.HostileText, Gen.Int[1, 20], Gen.Int[0, 5], Gen.Long[0, long.MaxValue / 2]).Sample(
            (title, name, lines, pods, more) =>
            {
                var line = Samples.Line() with
                {
                    Title = title,
                    ScopeId = new Scope(name, name, "Deployment", name, name).Id,
                    Pods = [.. Enumerable.Repeat(name, pods)],
                    PodCount = pods,
                    EValue = double.MaxValue,
                };
                var payload = SlackDigest.From(Samples.Digest() with { Cluster = name, Lines = [.. Enumerable.Repeat(line, lines)], More = more, Quiet = more });
                SlackMessageTests.Check(JsonSerializer.SerializeToUtf8Bytes(payload, SlackJson.Default.SlackPayload));
                Assert.True(payload.Blocks.Sum(block => (block.Text?.Text.Length ?? 0) + (block.Elements?.Sum(element => element.Text.Length) ?? 0)) <= WholeMessage);

                // However long the names are, each line ends with the way to look further, and nothing of it is markup.
                Assert.All(payload.Blocks.Where(block => block.Type == "section"), block => Assert.EndsWith("runtimectl incidents show inc-1", block.Text!.Text, StringComparison.Ordinal));
                Assert.All(payload.Blocks, block => Assert.Equal("plain_text", block.Text?.Type ?? block.Elements![0].Type));
            },
            iter: 300);

    [Fact]
    public void Payload_OfADigest_ReadsAsMeant()
    {
        var payload = SlackDigest.From(Samples.Digest());

        Assert.Equal("Daily digest of prod: 6 incidents that did not alert", payload.Blocks[0].Text!.Text);
        Assert.Equal("From 2025-11-02 07:00:00 UTC to 2025-11-03 07:00:00 UTC, the strongest evidence first. None needs you at once.", payload.Blocks[1].Elements!.Single().Text);
        Assert.Equal(
            "1. shop/web (app): sh wrote /etc/cron.d/x\nevidence 35, alerts from 20 (a scheduler started it in the first week: not paged) · first seen 2025-11-03 10:00:00 UTC"
            + " · 4 pods: web-1, web-2, web-3 … · runtimectl incidents show inc-1",
            payload.Blocks[2].Text!.Text);
        Assert.Equal(
            "2. host node-1: curl connected to 203.0.113.9:443\nevidence 12, alerts from 400 · again, first seen 2025-11-03 10:00:00 UTC · runtimectl incidents show inc-2",
            payload.Blocks[3].Text!.Text);
        Assert.Equal("4 weaker · 11 of earlier digests still open and quiet since · Look further: runtimectl digest, or runtimectl incidents list --state open", payload.Blocks[4].Elements!.Single().Text);
        Assert.Equal("Daily digest of prod: 6 incidents that did not alert · runtimectl digest", payload.Text);
        Assert.Equal(5, payload.Blocks.Count);
    }
}
