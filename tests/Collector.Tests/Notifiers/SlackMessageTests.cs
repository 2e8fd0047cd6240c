using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed partial class SlackMessageTests
{
    /// <summary>What a container may put into its names: markup, mentions, control characters, halves of characters, and much of it.</summary>
    internal static readonly Gen<string> HostileText = Gen.OneOf(
        Gen.String[0, 40],
        Gen.OneOf(new[] { "<!channel>", "<@U0123>", "<https://evil.example|bank>", "```\n*free*", "&lt;", "\u001b[2J", "\u202e", "\ud83d", "\n\n", "@everyone", "😀" }.Select(Gen.Const).ToArray()),
        Gen.String[0, 6000],
        Gen.Char.Select(c => new string(c, 4000))).Array[0, 6].Select(string.Concat);

    [Fact]
    public void Payload_OfAnyText_KeepsSlacksLimitsAndCarriesNoMarkup() =>
        Gen.Select(HostileText, HostileText, HostileText, Gen.Int[0, 40], Gen.Int[0, 300]).Sample(
            (title, tree, name, evidence, pods) =>
            {
                var incident = Samples.Incident() with
                {
                    Title = title,
                    ProcessTree = tree,
                    ScopeId = new Runtime.Collector.Inventory.Scope("prod", name, "Deployment", name, name).Id,
                    Pods = [.. Enumerable.Repeat(name, pods)],
                    Nodes = [name],
                    Images = [title],
                    Techniques = [.. Enumerable.Repeat(name, evidence)],
                    Evidence = [.. Enumerable.Repeat(new Evidence(tree, double.MaxValue, name), evidence)],
                };
                Check(JsonSerializer.SerializeToUtf8Bytes(SlackMessage.From(incident), SlackJson.Default.SlackPayload));
            },
            iter: 500);

    [Fact]
    public void Payload_OfAnIncident_ReadsAsMeant()
    {
        var payload = SlackMessage.From(Samples.Incident());

        Assert.Equal("HIGH · nginx started /tmp/x, which is not in the image", payload.Blocks[0].Text!.Text);
        Assert.Equal(
            "Why it is odd:\n• the file was written after the container started (×500)\n• its parent faces the network (×500)\nEvidence 250,000, alert at 400, seen 41 times",
            payload.Blocks[1].Text!.Text);
        Assert.Equal(
            ["*Workload*\n`shop/web (app)`", "*Cluster*\n`prod`", "*Pods (2)*\n`web-7d9-a, web-7d9-b`", "*Node*\n`node-1`", "*Image*\n`docker.io/library/nginx:1.27`", "*First seen*\n`2025-11-03 10:00:00 UTC`"],
            payload.Blocks[2].Fields!.Select(field => field.Text));
        Assert.Equal("```/usr/sbin/nginx\n  /tmp/x -o pool:3333 &lt;- new```", payload.Blocks[3].Text!.Text);
        Assert.Equal(["Incident `inc-1`", "ATT&amp;CK T1496, T1059.004", "Look further: `runtimectl incidents show inc-1`"], payload.Blocks[4].Elements!.Select(element => element.Text));
        Assert.Equal("HIGH · nginx started /tmp/x, which is not in the image · shop/web (app) · runtimectl incidents show inc-1", payload.Text);
    }

    [Fact]
    public void Payload_OfATierZeroFact_SaysInWordsThatItAlwaysAlerts() => Assert.Equal(
        "Why it is odd:\n• it speaks Stratum (always alerts)\n• it lies where programs do not (×60)\nAlerts whatever was learnt, seen 41 times",
        SlackMessage.From(Samples.Incident() with
        {
            EValue = 1e6,
            Evidence = [new Evidence("it speaks Stratum", 1e6, "T1496.001"), new Evidence("it lies where programs do not", 60)],
        }).Blocks[1].Text!.Text);

    [Fact]
    public void Payload_OfAReasonThatWeighsNothing_ShowsNoFactor() => Assert.StartsWith(
        "Why it is odd:\n• a shell ran (×60)\n• also: its parent faces the network\n• a package manager is above it (×0.1)\nEvidence",
        SlackMessage.From(Samples.Incident() with
        {
            Evidence = [new Evidence("a shell ran", 60), new Evidence("also: its parent faces the network", 1, "T1190"), new Evidence("a package manager is above it", 0.1)],
        }).Blocks[1].Text!.Text,
        StringComparison.Ordinal);

    [Fact]
    public void Payload_WithMentionInATitle_MentionsNobody()
    {
        var payload = SlackMessage.From(Samples.Incident() with { Title = "exec of <!channel> & <@U1>" });

        Assert.Equal("HIGH · exec of &lt;!channel&gt; &amp; &lt;@U1&gt;", payload.Blocks[0].Text!.Text);
        Assert.Equal("none", payload.Parse);
    }

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "ab…")]
    [InlineData("<<<<", 9, "&lt;&lt;…")]
    [InlineData("a😀b", 3, "a…")]
    [InlineData("a😀", 3, "a😀")]
    [InlineData("x\u0000y", 20, "x\\x00y")]
    public void Plain_AtTheLimit_CutsNothingInTwo(string text, int limit, string expected) => Assert.Equal(expected, SlackText.Plain(text, limit));

    /// <summary>Beside the table: an attribute cannot hold half a character.</summary>
    [Fact]
    public void Plain_OfHalfACharacter_ShowsIt() => Assert.Equal("a\\u{D800}b", SlackText.Plain("a\ud800b", 20));

    internal static void Check(byte[] utf8)
    {
        using var json = JsonDocument.Parse(utf8);
        var root = json.RootElement;
        CheckText(root.GetProperty("text").GetString()!, 3000);
        var blocks = root.GetProperty("blocks");
        Assert.InRange(blocks.GetArrayLength(), 1, 50);
        foreach (var block in blocks.EnumerateArray())
        {
            var limit = block.GetProperty("type").GetString() == "header" ? 150 : 3000;
            if (block.TryGetProperty("text", out var text))
            {
                CheckText(text.GetProperty("text").GetString()!, limit);
            }

            foreach (var (name, most, length) in (ReadOnlySpan<(string, int, int)>)[("fields", 10, 2000), ("elements", 10, 3000)])
            {
                if (block.TryGetProperty(name, out var items))
                {
                    Assert.InRange(items.GetArrayLength(), 1, most);
                    foreach (var item in items.EnumerateArray())
                    {
                        CheckText(item.GetProperty("text").GetString()!, length);
                    }
                }
            }
        }
    }

    private static void CheckText(string text, int limit)
    {
        Assert.InRange(text.Length, 1, limit);
        Assert.DoesNotContain('<', text);
        Assert.DoesNotContain('>', text);
        Assert.Empty(BareAmpersand().Matches(text));
        Assert.DoesNotContain(text, c => char.IsControl(c) && c != '\n');
        Assert.DoesNotContain('\u202e', text);
        Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));

        // Preformatted text is opened and closed once; nothing inside ends it.
        var fences = text.Split("```").Length - 1;
        Assert.True(fences is 0 or 2 || !text.StartsWith("```", StringComparison.Ordinal), $"{fences} fences");
    }

    [GeneratedRegex("&(?!(amp|lt|gt);)")]
    private static partial Regex BareAmpersand();
}
