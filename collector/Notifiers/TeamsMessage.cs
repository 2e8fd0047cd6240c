using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// An incident or a digest as an Adaptive Card (adaptivecards.io, 1.4) for a workflow of Microsoft Teams that begins with a webhook. A message has at most 28 KB
/// (learn.microsoft.com, "Create incoming webhooks"), so texts are cut, and lines left out before the last where that is not enough. All of it are text runs, which know no markup: nothing that a container says can link or mention.
/// </summary>
internal static class TeamsMessage
{
    private const int TitleLimit = 300;
    private const int LineLimit = 250;
    private const int TreeLines = 20;
    private const int EvidenceShown = 10;
    private const int NamesShown = 5;
    private const int DigestShown = 20;

    public static TeamsPayload From(Incident incident)
    {
        var scope = Scope.Parse(incident.ScopeId);
        List<TeamsBlock> body =
        [
            TeamsBlock.Of(new TeamsRun(Cut($"{AlertWords.Severity(incident.Severity)} · {incident.Title}", TitleLimit)) { Weight = "Bolder", Size = "Medium", Color = ColorOf(incident.Severity) }),
            .. Facts(incident, scope).Select(fact => TeamsBlock.Of(new TeamsRun(fact.Label + ": ") { Weight = "Bolder" }, new TeamsRun(Cut(fact.Value, LineLimit)))),
            .. incident.Evidence.Take(EvidenceShown).Select(evidence => TeamsBlock.Of(new TeamsRun(Cut($"• {evidence.Reason} ({AlertWords.Factor(evidence.Factor)})", LineLimit)))),
            .. incident.ProcessTree.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(TreeLines).Select(line => TeamsBlock.Of(new TeamsRun(Cut(Indented(line), LineLimit)) { FontType = "Monospace" })),
            TeamsBlock.Of(new TeamsRun("Look further: "), new TeamsRun(AlertWords.Command(incident)) { FontType = "Monospace" }),
        ];
        return TeamsPayload.Of(body);
    }

    public static TeamsPayload From(Digest digest)
    {
        var all = digest.Lines.Count + digest.More;
        var title = $"Daily digest{(digest.Cluster.Length > 0 ? " of " + digest.Cluster : "")}: {DisplayText.Plural(all, "incident")} that did not alert";
        return TeamsPayload.Of(
        [
            TeamsBlock.Of(new TeamsRun(Cut(title, TitleLimit)) { Weight = "Bolder", Size = "Medium" }),
            TeamsBlock.Of(new TeamsRun($"From {AlertWords.Time(digest.Since)} to {AlertWords.Time(digest.Until)}, the strongest evidence first. None needs you at once.")),
            .. digest.Lines.Take(DigestShown).Select((line, i) => TeamsBlock.Of(
                new TeamsRun(Cut($"{(i + 1).ToString(CultureInfo.InvariantCulture)}. {Scope.Parse(line.ScopeId).DisplayName}: {line.Title}", LineLimit)),
                new TeamsRun($" (evidence {AlertWords.Number(line.EValue)}, alerts from {AlertWords.Number(line.Threshold)}) "),
                new TeamsRun(AlertWords.Command(line.IncidentId)) { FontType = "Monospace" })),
            TeamsBlock.Of(new TeamsRun("Look further: "), new TeamsRun("runtimectl digest") { FontType = "Monospace" }),
        ]);
    }

    private static IEnumerable<(string Label, string Value)> Facts(Incident incident, Scope scope)
    {
        yield return ("Workload", scope.DisplayName);
        if (scope.Cluster.Length > 0)
        {
            yield return ("Cluster", scope.Cluster);
        }

        if (incident.Pods.Count > 0)
        {
            yield return ("Pods", AlertWords.List(incident.Pods, NamesShown));
        }

        yield return ("Nodes", AlertWords.List(incident.Nodes, NamesShown));
        if (incident.Images.Count > 0)
        {
            yield return ("Image", AlertWords.List(incident.Images, NamesShown));
        }

        if (incident.Techniques.Count > 0)
        {
            yield return ("ATT&CK", AlertWords.List(incident.Techniques, 10));
        }

        yield return ("First seen", AlertWords.Time(incident.FirstSeen));
    }

    private static string ColorOf(Severity severity) => severity switch
    {
        Severity.Critical or Severity.High => "Attention",
        Severity.Medium => "Warning",
        _ => "Default",
    };

    private static string Cut(string text, int limit) => DisplayText.Shorten(PrintableText.Escape(text), limit);

    /// <summary>Spaces at a line's begin are dropped by clients; these are not.</summary>
    private static string Indented(string line)
    {
        var text = line.TrimStart(' ');
        return string.Concat(new string('\u00a0', line.Length - text.Length), text);
    }
}

/// <param name="Type">"message".</param>
internal sealed record TeamsPayload(string Type, IReadOnlyList<TeamsAttachment> Attachments)
{
    public const int LongestBytes = 28_000;

    /// <summary>Without the last lines but one when all of them are too long: a letter of another script is six bytes of JSON, and who names files must not make Teams refuse the alert.</summary>
    public static TeamsPayload Of(IReadOnlyList<TeamsBlock> body)
    {
        var payload = Around(body);
        for (var shown = body.Count - 1; shown > 1 && JsonSerializer.SerializeToUtf8Bytes(payload, TeamsJson.Default.TeamsPayload).Length > LongestBytes; shown--)
        {
            payload = Around([.. body.Take(shown - 1), TeamsBlock.Of(new TeamsRun("…")), body[^1]]);
        }

        return payload;
    }

    private static TeamsPayload Around(IReadOnlyList<TeamsBlock> body) =>
        new("message", [new("application/vnd.microsoft.card.adaptive", new("http://adaptivecards.io/schemas/adaptive-card.json", "AdaptiveCard", "1.4", body))]);
}

internal sealed record TeamsAttachment(string ContentType, TeamsCard Content);

internal sealed record TeamsCard([property: JsonPropertyName("$schema")] string Schema, string Type, string Version, IReadOnlyList<TeamsBlock> Body);

/// <param name="Type">"RichTextBlock".</param>
internal sealed record TeamsBlock(string Type, IReadOnlyList<TeamsRun> Inlines)
{
    public static TeamsBlock Of(params IReadOnlyList<TeamsRun> runs) => new("RichTextBlock", runs);
}

/// <param name="Text">Shown as it is.</param>
internal sealed record TeamsRun(string Text)
{
    public string Type { get; } = "TextRun";
    public string? Weight { get; init; }
    public string? Size { get; init; }
    public string? Color { get; init; }
    public string? FontType { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TeamsPayload))]
internal sealed partial class TeamsJson : JsonSerializerContext;
