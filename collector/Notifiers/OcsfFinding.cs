using System.Text.Json.Nodes;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// An incident as a Detection Finding (class 2004) of the Open Cybersecurity Schema Framework 1.3.0 (github.com/ocsf/ocsf-schema, events/findings/detection_finding.json).
/// Times are Unix milliseconds. A later revision is an update (activity 2) of the finding that has the incident's id.
/// </summary>
internal static class OcsfFinding
{
    private const int Class = 2004;
    private const int Created = 1;
    private const int Updated = 2;

    public static JsonObject From(Incident incident)
    {
        var scope = Scope.Parse(incident.ScopeId);
        var activity = incident.Revision > 1 ? Updated : Created;
        var finding = new JsonObject
        {
            ["uid"] = incident.Id,
            ["title"] = incident.Title,
            ["desc"] = string.Join("; ", incident.Evidence.Select(evidence => evidence.Reason)),
            ["first_seen_time"] = incident.FirstSeen.ToUnixTimeMilliseconds(),
            ["last_seen_time"] = incident.LastSeen.ToUnixTimeMilliseconds(),
            ["types"] = Texts(incident.Kinds),
            ["attacks"] = new JsonArray([.. incident.Techniques.Select(technique => new JsonObject { ["technique"] = new JsonObject { ["uid"] = technique } })]),
        };
        return new JsonObject
        {
            ["class_uid"] = Class,
            ["class_name"] = "Detection Finding",
            ["category_uid"] = 2,
            ["category_name"] = "Findings",
            ["activity_id"] = activity,
            ["type_uid"] = (Class * 100) + activity,
            ["severity_id"] = SeverityOf(incident.Severity),
            ["severity"] = incident.Severity.ToString(),
            ["status_id"] = 1,
            ["status"] = "New",
            ["is_alert"] = true,
            ["time"] = incident.LastSeen.ToUnixTimeMilliseconds(),
            ["start_time"] = incident.FirstSeen.ToUnixTimeMilliseconds(),
            ["count"] = Math.Min(incident.Count, int.MaxValue),
            ["message"] = incident.Title,
            ["metadata"] = new JsonObject
            {
                ["version"] = "1.3.0",
                ["product"] = new JsonObject { ["name"] = "Runtime", ["vendor_name"] = "Runtime" },
                ["uid"] = $"{incident.Id}/{incident.Revision}",
            },
            ["finding_info"] = finding,
            ["evidences"] = new JsonArray([.. incident.Evidence.Select(evidence => new JsonObject { ["data"] = new JsonObject { ["reason"] = evidence.Reason, ["factor"] = AlertWords.Number(evidence.Factor) } })]),
            ["resources"] = new JsonArray([.. Resources(incident, scope)]),
            ["unmapped"] = new JsonObject
            {
                ["process_tree"] = incident.ProcessTree,
                ["cause"] = incident.Cause,
                ["e_value"] = AlertWords.Number(incident.EValue),
                ["threshold"] = AlertWords.Number(incident.Threshold),
                ["revision"] = incident.Revision,
                ["nodes"] = Texts(incident.Nodes),
                ["images"] = Texts(incident.Images),
                ["test"] = SampleAlert.Is(incident),
                ["command"] = AlertWords.Command(incident),
            },
        };
    }

    private static IEnumerable<JsonNode> Resources(Incident incident, Scope scope)
    {
        yield return new JsonObject
        {
            ["type"] = scope.OwnerKind,
            ["name"] = scope.DisplayName,
            ["uid"] = incident.ScopeId,
            ["group"] = scope.Namespace,
            ["labels"] = Texts(incident.Labels.Select(label => $"{label.Key}={label.Value}")),
        };
        foreach (var pod in incident.Pods)
        {
            yield return new JsonObject { ["type"] = "Pod", ["name"] = pod, ["group"] = scope.Namespace };
        }
    }

    /// <summary>1 informational to 5 critical; 6, fatal, is not used.</summary>
    private static int SeverityOf(Severity severity) => severity is >= Severity.Info and <= Severity.Critical ? (int)severity : 0;

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}
