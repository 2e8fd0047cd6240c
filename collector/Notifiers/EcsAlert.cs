using System.Globalization;
using System.Text.Json.Nodes;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// An incident as an event of the Elastic Common Schema 8.11 (elastic.co/guide/en/ecs/8.11): event.kind alert, category intrusion_detection. What the schema has
/// no field for stands under "runtime", a name of our own as it asks for.
/// </summary>
internal static class EcsAlert
{
    public static JsonObject From(Incident incident)
    {
        var scope = Scope.Parse(incident.ScopeId);
        var made = new JsonObject
        {
            ["@timestamp"] = Time(incident.LastSeen),
            ["ecs"] = new JsonObject { ["version"] = "8.11.0" },
            ["message"] = incident.Title,
            ["event"] = new JsonObject
            {
                ["kind"] = "alert",
                ["category"] = Texts(["intrusion_detection"]),
                ["type"] = Texts(["info"]),
                ["id"] = incident.Id,
                ["module"] = "runtime",
                ["dataset"] = "runtime.incident",
                ["provider"] = "runtime-collector",
                ["severity"] = (int)incident.Severity,
                ["risk_score"] = RiskOf(incident.Severity),
                ["start"] = Time(incident.FirstSeen),
                ["end"] = Time(incident.LastSeen),
                ["sequence"] = incident.Revision,
                ["reason"] = string.Join("; ", incident.Evidence.Select(evidence => evidence.Reason)),
            },
            ["observer"] = new JsonObject { ["vendor"] = "Runtime", ["product"] = "Runtime", ["type"] = "runtime-detection" },
            ["runtime"] = new JsonObject
            {
                ["scope"] = incident.ScopeId,
                ["cause"] = incident.Cause,
                ["kinds"] = Texts(incident.Kinds),
                ["e_value"] = AlertWords.Number(incident.EValue),
                ["threshold"] = AlertWords.Number(incident.Threshold),
                ["count"] = incident.Count,
                ["pods"] = Texts(incident.Pods),
                ["process_tree"] = incident.ProcessTree,
                ["test"] = SampleAlert.Is(incident),
                ["command"] = AlertWords.Command(incident),
            },
        };
        if (scope.Namespace.Length > 0)
        {
            made["orchestrator"] = new JsonObject
            {
                ["type"] = "kubernetes",
                ["cluster"] = new JsonObject { ["name"] = scope.Cluster },
                ["namespace"] = scope.Namespace,
                ["resource"] = new JsonObject { ["type"] = scope.OwnerKind.ToLowerInvariant(), ["name"] = scope.OwnerName },
            };
        }

        if (incident.Containers.Count + incident.Images.Count > 0)
        {
            made["container"] = new JsonObject { ["id"] = Texts(incident.Containers), ["image"] = new JsonObject { ["name"] = Texts(incident.Images) } };
        }

        if (incident.Nodes.Count > 0)
        {
            made["host"] = new JsonObject { ["name"] = Texts(incident.Nodes) };
        }

        if (incident.Labels.Count > 0)
        {
            // Keys with dots would be objects to its readers.
            made["labels"] = new JsonObject(incident.Labels.Select(label => new KeyValuePair<string, JsonNode?>(label.Key.Replace('.', '_'), label.Value)).DistinctBy(label => label.Key));
        }

        if (incident.Techniques.Count > 0)
        {
            made["threat"] = new JsonObject { ["framework"] = "MITRE ATT&CK", ["technique"] = new JsonObject { ["id"] = Texts(incident.Techniques) } };
        }

        return made;
    }

    /// <summary>As Elastic's own rules score their severities, 0 to 100.</summary>
    private static int RiskOf(Severity severity) => severity switch
    {
        Severity.Critical => 99,
        Severity.High => 73,
        Severity.Medium => 47,
        Severity.Low => 21,
        _ => 1,
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}
