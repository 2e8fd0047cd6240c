using System.Text.Json.Serialization;
using Runtime.Collector.Configuration;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// An incident as an alert of Alertmanager's API v2 (its api/v2/openapi.yaml, postableAlert). The labels are what tells alerts apart, so an incident that gets
/// worse is another alert there, routed anew; the first one ends by itself.
/// </summary>
/// <param name="EndsAt">Alertmanager calls an alert over that nobody repeats: a day after the last sight, as an incident takes in what comes back.</param>
internal sealed record AlertmanagerAlert(
    IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations, DateTimeOffset StartsAt, DateTimeOffset EndsAt)
{
    private static readonly TimeSpan Lasts = TimeSpan.FromDays(1);

    public static AlertmanagerAlert From(Incident incident)
    {
        var scope = Scope.Parse(incident.ScopeId);
        Dictionary<string, string> labels = new()
        {
            ["alertname"] = "RuntimeIncident",
            ["severity"] = incident.Severity.ToString().ToLowerInvariant(),
            ["incident"] = incident.Id,
            ["cluster"] = scope.Cluster,
            ["namespace"] = scope.Namespace,
            ["kind"] = scope.OwnerKind,
            ["workload"] = scope.OwnerName,
            ["container"] = scope.Container,
        };
        Dictionary<string, string> annotations = new()
        {
            ["summary"] = PrintableText.Escape(incident.Title),
            ["description"] = string.Join('\n', incident.Evidence.Select(evidence => $"{PrintableText.Escape(evidence.Reason)} ({AlertWords.Factor(evidence.Factor)})")),
            ["process_tree"] = PrintableText.Escape(incident.ProcessTree, keepNewlines: true),
            ["pods"] = PrintableText.Escape(string.Join(", ", incident.Pods)),
            ["nodes"] = PrintableText.Escape(string.Join(", ", incident.Nodes)),
            ["images"] = PrintableText.Escape(string.Join(", ", incident.Images)),
            ["techniques"] = string.Join(", ", incident.Techniques),
            ["command"] = AlertWords.Command(incident),
        };

        // An empty label is none (Prometheus' data model).
        return new(Filled(labels), Filled(annotations), incident.FirstSeen.ToUniversalTime(), incident.LastSeen.ToUniversalTime() + Lasts);
    }

    private static Dictionary<string, string> Filled(Dictionary<string, string> all) => all.Where(pair => pair.Value is not ("" or "-")).ToDictionary();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AlertmanagerAlert[]))]
internal sealed partial class AlertmanagerJson : JsonSerializerContext;
