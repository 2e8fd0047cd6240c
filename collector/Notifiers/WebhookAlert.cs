using System.Text.Json.Serialization;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// Body of the generic webhook: one incident at one revision. Fields are only ever added within a schema version.
/// Text that came from a container is given as it was, JSON-escaped: whoever shows it must escape control characters.
/// </summary>
/// <param name="Schema">"runtime.alert/1".</param>
/// <param name="IdempotencyKey">Equal for every attempt to deliver this revision to this notifier; also in the header.</param>
/// <param name="Test">True for a sample that somebody asked for; nothing happened.</param>
/// <param name="Command">What shows more, to be typed where runtimectl reaches the collector.</param>
internal sealed record WebhookAlert(string Schema, string IdempotencyKey, string Notifier, bool Test, WebhookIncident Incident, WebhookScope Scope, string Command)
{
    public static WebhookAlert From(Delivery delivery, Incident incident)
    {
        return new(
            "runtime.alert/1",
            delivery.IdempotencyKey,
            delivery.Notifier,
            SampleAlert.Is(incident),
            new(
                incident.Id,
                incident.Revision,
                incident.Title,
                incident.Severity,
                incident.FirstSeen.ToUniversalTime(),
                incident.LastSeen.ToUniversalTime(),
                incident.Count,
                incident.Cause,
                incident.EValue,
                incident.Threshold,
                [.. incident.Evidence.Select(evidence => new WebhookEvidence(evidence.Reason, evidence.Factor, evidence.Technique))],
                incident.Techniques,
                incident.Pods,
                incident.Containers,
                incident.Nodes,
                incident.Images,
                incident.ProcessTree,
                incident.DeviationIds),
            WebhookScope.Of(incident.ScopeId),
            AlertWords.Command(incident));
    }
}

/// <param name="Revision">Grows when people should hear again: worse severity, spread to another replica, another kind of fact that needs no baseline.</param>
/// <param name="FirstSeen">UTC, RFC 3339.</param>
/// <param name="Count">Times that it was seen.</param>
/// <param name="EValue">Evidence: at most one harmless incident in this many reaches it. "Infinity" for a fact that needs none.</param>
/// <param name="Threshold">What <paramref name="EValue"/> had to reach.</param>
/// <param name="ProcessTree">Lines, parent first, two spaces a level.</param>
/// <param name="DeviationIds">Strongest first, at most 256.</param>
internal sealed record WebhookIncident(
    string Id,
    int Revision,
    string Title,
    Severity Severity,
    DateTimeOffset FirstSeen,
    DateTimeOffset LastSeen,
    ulong Count,
    string Cause,
    double EValue,
    double Threshold,
    IReadOnlyList<WebhookEvidence> Evidence,
    IReadOnlyList<string> Techniques,
    IReadOnlyList<string> Pods,
    IReadOnlyList<string> Containers,
    IReadOnlyList<string> Nodes,
    IReadOnlyList<string> Images,
    string ProcessTree,
    IReadOnlyList<string> DeviationIds);

/// <param name="Factor">How many times likelier an attack makes it than harmless novelty.</param>
/// <param name="Technique">ATT&amp;CK id; empty when none.</param>
internal sealed record WebhookEvidence(string Reason, double Factor, string Technique);

internal sealed record WebhookScope(string Id, string Cluster, string Namespace, string OwnerKind, string OwnerName, string Container, string DisplayName)
{
    public static WebhookScope Of(string id)
    {
        var scope = Scope.Parse(id);
        return new(id, scope.Cluster, scope.Namespace, scope.OwnerKind, scope.OwnerName, scope.Container, scope.DisplayName);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(WebhookAlert))]
[JsonSerializable(typeof(WebhookDigest))]
internal sealed partial class WebhookJson : JsonSerializerContext;
