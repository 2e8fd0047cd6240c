using System.Globalization;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// A digest as Slack blocks, one section for each incident: 23 blocks at most of the 50 that are allowed (limits: <see cref="SlackMessage"/>), and at most
/// 12,000 characters, for a message of many more is refused. All of it is plain text: nothing in it can be markup.
/// </summary>
internal static class SlackDigest
{
    private const int HeaderLimit = 150;
    private const int LineLimit = 300;
    private const int DetailLimit = 200;
    private const int CommandLimit = 80;
    private const int PodsShown = 3;

    public static SlackPayload From(Digest digest)
    {
        var all = digest.Lines.Count + digest.More;
        var title = $"Daily digest{(digest.Cluster.Length > 0 ? " of " + digest.Cluster : "")}: {Count(all, "incident")} that did not alert";
        List<SlackBlock> blocks =
        [
            new("header") { Text = Plain(title, HeaderLimit) },
            new("context")
            {
                Elements = [Plain($"From {AlertWords.Time(digest.Since)} to {AlertWords.Time(digest.Until)}, the strongest evidence first. None needs you at once.", DetailLimit)],
            },
            .. digest.Lines.Select((line, i) => new SlackBlock("section") { Text = new("plain_text", LineOf(line, i + 1)) { Emoji = false } }),
            new("context") { Elements = [Plain(Rest(digest), DetailLimit)] },
        ];
        return new(SlackText.Plain($"{title} · runtimectl digest", HeaderLimit * 2), blocks, "none", UnfurlLinks: false, UnfurlMedia: false);
    }

    /// <summary>"1. shop/web (app): curl was started by nginx …" and, below it, what it weighs, where it is, and how to look further; escaped.</summary>
    private static string LineOf(DigestLine line, int number)
    {
        var head = $"{number}. {Scope.Parse(line.ScopeId).DisplayName}: {line.Title}";
        var pods = line.PodCount switch
        {
            0 => "",
            1 => $" · pod {line.Pods[0]}",
            _ => $" · {line.PodCount} pods: {AlertWords.List([.. line.Pods.Take(PodsShown)], PodsShown)}{(line.PodCount > PodsShown ? " …" : "")}",
        };
        var detail = $"evidence {AlertWords.Number(line.EValue)}, alerts from {AlertWords.Number(line.Threshold)}{(line.IsDelayed ? " (a scheduler started it in the first week: not paged)" : "")}"
            + $" · {(line.Told is null ? "first" : "again, first")} seen {AlertWords.Time(line.FirstSeen)}{pods}";
        var command = $" · {AlertWords.Command(line.IncidentId)}";

        // Cut apart, so that a long name hides neither the evidence nor the way to look further.
        return $"{SlackText.Plain(head, LineLimit)}\n{SlackText.Plain(detail, DetailLimit)}{SlackText.Plain(command, CommandLimit)}";
    }

    private static string Rest(Digest digest) => string.Join(" · ", new[]
    {
        digest.More > 0 ? $"{digest.More.ToString("#,0", CultureInfo.InvariantCulture)} weaker" : "",
        digest.Quiet > 0 ? $"{digest.Quiet.ToString("#,0", CultureInfo.InvariantCulture)} of earlier digests still open and quiet since" : "",
        "Look further: runtimectl digest, or runtimectl incidents list --state open",
    }.Where(part => part.Length > 0));

    private static string Count(long number, string word) => $"{number.ToString("#,0", CultureInfo.InvariantCulture)} {word}{(number == 1 ? "" : "s")}";

    private static SlackTextObject Plain(string text, int limit) => new("plain_text", SlackText.Plain(text, limit)) { Emoji = false };
}
