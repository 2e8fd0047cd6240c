using System.Globalization;
using System.Text.Json.Serialization;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// An incident as Slack blocks (docs.slack.dev, Block Kit). Limits: 50 blocks; header 150; text of a section 3000; 10 fields of
/// 2000; 10 elements of a context. Evidence and tree come from containers: plain text and preformatted, never markup.
/// </summary>
internal static class SlackMessage
{
    private const int HeaderLimit = 150;
    private const int SectionLimit = 3000;
    private const int FieldLimit = 2000;
    private const int EvidenceShown = 10;
    private const int NamesShown = 5;

    public static SlackPayload From(Incident incident)
    {
        var scope = Scope.Parse(incident.ScopeId);
        List<SlackBlock> blocks =
        [
            new("header") { Text = new("plain_text", SlackText.Plain($"{AlertWords.Severity(incident.Severity)} · {incident.Title}", HeaderLimit)) { Emoji = false } },
            new("section") { Text = new("plain_text", Why(incident)) { Emoji = false } },
            new("section") { Fields = Fields(incident, scope) },
        ];
        if (incident.ProcessTree.Length > 0)
        {
            blocks.Add(new("section") { Text = Markup($"```{SlackText.Code(incident.ProcessTree, SectionLimit - 6, keepNewlines: true)}```") });
        }

        blocks.Add(new("context") { Elements = Context(incident) });
        return new(Fallback(incident, scope), blocks, "none", UnfurlLinks: false, UnfurlMedia: false);
    }

    private static string Why(Incident incident)
    {
        var lines = incident.Evidence.Take(EvidenceShown).Select(evidence => $"• {SlackText.Plain(evidence.Reason, 250)}{Weight(evidence.Factor)}");
        var times = incident.Count > 1 ? $", seen {incident.Count.ToString("#,0", CultureInfo.InvariantCulture)} times" : "";
        return string.Join('\n', [
            "Why it is odd:",
            .. lines,
            incident.Evidence.Any(evidence => evidence.Factor >= IncidentWeight.Cap)
                ? $"Alerts whatever was learnt{times}"
                : $"Evidence {AlertWords.Number(incident.EValue)}, alert at {AlertWords.Number(incident.Threshold)}{times}",
        ]);
    }

    /// <summary>Nothing for what only adds its words to a stronger reason and weighs nothing by itself.</summary>
    private static string Weight(double factor) => AlertWords.Factor(factor) is var words and not "×1" ? $" ({words})" : "";

    private static List<SlackTextObject> Fields(Incident incident, Scope scope)
    {
        List<SlackTextObject> fields = [Field("Workload", scope.DisplayName)];
        if (scope.Cluster.Length > 0)
        {
            fields.Add(Field("Cluster", scope.Cluster));
        }

        if (incident.Pods.Count > 0)
        {
            fields.Add(Field(incident.Pods.Count == 1 ? "Pod" : $"Pods ({incident.Pods.Count})", AlertWords.List(incident.Pods, NamesShown)));
        }

        fields.Add(Field(incident.Nodes.Count == 1 ? "Node" : $"Nodes ({incident.Nodes.Count})", AlertWords.List(incident.Nodes, NamesShown)));
        if (incident.Images.Count > 0)
        {
            fields.Add(Field("Image", AlertWords.List(incident.Images, NamesShown)));
        }

        fields.Add(Field("First seen", AlertWords.Time(incident.FirstSeen)));
        return fields;
    }

    /// <param name="label">Ours.</param>
    private static SlackTextObject Field(string label, string value) => Markup($"*{label}*\n`{SlackText.Code(value, FieldLimit - label.Length - 5)}`");

    private static List<SlackTextObject> Context(Incident incident)
    {
        List<SlackTextObject> elements = [Markup($"Incident `{SlackText.Code(incident.Id, 100)}`{(incident.Revision > 1 ? $" · update {incident.Revision}" : "")}")];
        if (incident.Techniques.Count > 0)
        {
            elements.Add(Markup($"ATT&amp;CK {SlackText.Plain(AlertWords.List(incident.Techniques, 10), 300)}"));
        }

        elements.Add(Markup($"Look further: `{SlackText.Code(AlertWords.Command(incident), 200)}`"));
        return elements;
    }

    /// <summary>What a phone's notification and a chat without blocks show.</summary>
    private static string Fallback(Incident incident, Scope scope) =>
        SlackText.Plain($"{AlertWords.Severity(incident.Severity)} · {incident.Title} · {scope.DisplayName} · {AlertWords.Command(incident)}", SectionLimit);

    // verbatim: without it Slack makes links of bare names and addresses inside the text.
    private static SlackTextObject Markup(string text) => new("mrkdwn", text) { Verbatim = true };
}

/// <param name="Parse">"none": nothing in the fallback text becomes a mention.</param>
/// <param name="UnfurlLinks">False: no link in it is fetched.</param>
internal sealed record SlackPayload(string Text, IReadOnlyList<SlackBlock> Blocks, string Parse, bool UnfurlLinks, bool UnfurlMedia)
{
    /// <summary>Of a bot's message; a webhook has its own.</summary>
    public string? Channel { get; init; }

    /// <summary>The message that is changed.</summary>
    public string? Ts { get; init; }

    /// <summary>The message that is answered.</summary>
    public string? ThreadTs { get; init; }
    public bool? ReplyBroadcast { get; init; }
}

/// <param name="Type">"header", "section" or "context".</param>
internal sealed record SlackBlock(string Type)
{
    public SlackTextObject? Text { get; init; }
    public IReadOnlyList<SlackTextObject>? Fields { get; init; }
    public IReadOnlyList<SlackTextObject>? Elements { get; init; }
}

/// <param name="Type">"plain_text" or "mrkdwn".</param>
/// <param name="Text">Not empty.</param>
internal sealed record SlackTextObject(string Type, string Text)
{
    public bool? Emoji { get; init; }
    public bool? Verbatim { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SlackPayload))]
[JsonSerializable(typeof(SlackAnswer))]
internal sealed partial class SlackJson : JsonSerializerContext;
