using System.Text.Json.Serialization;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// An incident as an event of PagerDuty's Events API v2 (developer.pagerduty.com, "Send an Alert Event"). The incident's id is the dedup_key: a later
/// revision updates the alert that is there. A summary has at most 1,024 characters, an event 512 KB.
/// </summary>
internal sealed record PagerDutyEvent(string RoutingKey, string EventAction, string DedupKey, string Client, PagerDutyPayload Payload)
{
    private const int SummaryLimit = 1024;

    public static PagerDutyEvent From(Incident incident, string routingKey)
    {
        var scope = Scope.Parse(incident.ScopeId);
        return new(
            routingKey,
            "trigger",
            incident.Id,
            "runtime",
            new(
                DisplayText.Shorten(PrintableText.Escape(incident.Title), SummaryLimit),
                PrintableText.Escape(incident.Nodes.Count > 0 ? incident.Nodes[0] : scope.DisplayName),
                SeverityOf(incident.Severity),
                incident.FirstSeen.ToUniversalTime(),
                PrintableText.Escape(scope.DisplayName),
                scope.Namespace.Length > 0 ? scope.Namespace : scope.Cluster,
                incident.Techniques.Count > 0 ? incident.Techniques[0] : "",
                PagerDutyDetails.Of(incident, scope)));
    }

    /// <summary>PagerDuty knows critical, error, warning and info.</summary>
    private static string SeverityOf(Severity severity) => severity switch
    {
        Severity.Critical => "critical",
        Severity.High => "error",
        Severity.Medium => "warning",
        _ => "info",
    };
}

/// <param name="Source">The first node, or the deployment where there is none.</param>
/// <param name="Component">The deployment.</param>
/// <param name="Group">Its namespace; the cluster for a host.</param>
/// <param name="Class">The first ATT&amp;CK technique; empty when none.</param>
internal sealed record PagerDutyPayload(
    string Summary, string Source, string Severity, DateTimeOffset Timestamp, string Component, string Group, string Class, PagerDutyDetails CustomDetails);

/// <summary>What a responder needs beside the title. Text from containers is escaped: it is shown as it is.</summary>
internal sealed record PagerDutyDetails(
    IReadOnlyList<string> Why, string Evidence, string Cluster, IReadOnlyList<string> Pods, IReadOnlyList<string> Nodes, IReadOnlyList<string> Images, IReadOnlyList<string> Techniques,
    string ProcessTree, int Revision, string Command)
{
    public static PagerDutyDetails Of(Incident incident, Scope scope) => new(
        [.. incident.Evidence.Select(evidence => $"{PrintableText.Escape(evidence.Reason)} ({AlertWords.Factor(evidence.Factor)})")],
        $"{AlertWords.Number(incident.EValue)}, alert at {AlertWords.Number(incident.Threshold)}",
        scope.Cluster, Printable(incident.Pods), Printable(incident.Nodes), Printable(incident.Images), incident.Techniques,
        PrintableText.Escape(incident.ProcessTree, keepNewlines: true), incident.Revision, AlertWords.Command(incident));

    private static List<string> Printable(IReadOnlyList<string> names) => [.. names.Select(name => PrintableText.Escape(name))];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PagerDutyEvent))]
internal sealed partial class PagerDutyJson : JsonSerializerContext;
