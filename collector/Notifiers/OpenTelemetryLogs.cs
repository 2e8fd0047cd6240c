using System.Globalization;
using System.Text.Json.Nodes;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// An incident as one log record of OpenTelemetry, in OTLP's JSON (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding": 64-bit numbers are text). Names of
/// attributes are those of its semantic conventions where there is one, else they begin with "runtime.".
/// </summary>
internal static class OpenTelemetryLogs
{
    public static JsonObject From(Incident incident, DateTimeOffset now)
    {
        var scope = Scope.Parse(incident.ScopeId);
        return new JsonObject
        {
            ["resourceLogs"] = new JsonArray(new JsonObject
            {
                ["resource"] = new JsonObject { ["attributes"] = new JsonArray([.. Resource(scope).Where(pair => pair.Value.Length > 0).Select(pair => Attribute(pair.Name, Text(pair.Value)))]) },
                ["scopeLogs"] = new JsonArray(new JsonObject
                {
                    ["scope"] = new JsonObject { ["name"] = "runtime.incidents" },
                    ["logRecords"] = new JsonArray(Record(incident, now)),
                }),
            }),
        };
    }

    private static IEnumerable<(string Name, string Value)> Resource(Scope scope)
    {
        yield return ("service.name", "runtime-collector");
        yield return ("k8s.cluster.name", scope.Cluster);
        yield return ("k8s.namespace.name", scope.Namespace);
        if (scope.OwnerKind is "Deployment" or "StatefulSet" or "DaemonSet" or "CronJob" or "Job")
        {
            yield return ($"k8s.{scope.OwnerKind.ToLowerInvariant()}.name", scope.OwnerName);
            yield return ("k8s.container.name", scope.Container);
        }
    }

    private static JsonObject Record(Incident incident, DateTimeOffset now)
    {
        var (number, words) = SeverityOf(incident.Severity);
        return new JsonObject
        {
            ["timeUnixNano"] = Nanoseconds(incident.LastSeen),
            ["observedTimeUnixNano"] = Nanoseconds(now),
            ["severityNumber"] = number,
            ["severityText"] = words,
            ["eventName"] = "runtime.incident",
            ["body"] = Text(incident.Title),
            ["attributes"] = new JsonArray(
            [
                Attribute("runtime.incident.id", Text(incident.Id)),
                Attribute("runtime.incident.revision", new JsonObject { ["intValue"] = incident.Revision.ToString(CultureInfo.InvariantCulture) }),
                Attribute("runtime.incident.count", new JsonObject { ["intValue"] = Math.Min(incident.Count, long.MaxValue).ToString(CultureInfo.InvariantCulture) }),
                Attribute("runtime.incident.scope", Text(incident.ScopeId)),
                Attribute("runtime.incident.e_value", Text(AlertWords.Number(incident.EValue))),
                Attribute("runtime.incident.threshold", Text(AlertWords.Number(incident.Threshold))),
                Attribute("runtime.incident.kinds", Texts(incident.Kinds)),
                Attribute("runtime.incident.reasons", Texts(incident.Evidence.Select(evidence => evidence.Reason))),
                Attribute("runtime.incident.techniques", Texts(incident.Techniques)),
                Attribute("runtime.incident.process_tree", Text(incident.ProcessTree)),
                Attribute("runtime.incident.pods", Texts(incident.Pods)),
                Attribute("runtime.incident.nodes", Texts(incident.Nodes)),
                Attribute("runtime.incident.images", Texts(incident.Images)),
                Attribute("runtime.incident.command", Text(AlertWords.Command(incident))),
            ]),
        };
    }

    /// <summary>SeverityNumber of the logs data model: 9 to 12 are INFO, 13 to 16 WARN, 17 to 20 ERROR, 21 to 24 FATAL.</summary>
    private static (int Number, string Words) SeverityOf(Severity severity) => severity switch
    {
        Severity.Critical => (21, "CRITICAL"),
        Severity.High => (17, "HIGH"),
        Severity.Medium => (13, "MEDIUM"),
        Severity.Low => (10, "LOW"),
        _ => (9, "INFO"),
    };

    private static string Nanoseconds(DateTimeOffset time) => ((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100).ToString(CultureInfo.InvariantCulture);

    private static JsonObject Attribute(string name, JsonObject value) => new() { ["key"] = name, ["value"] = value };

    private static JsonObject Text(string text) => new() { ["stringValue"] = text };

    private static JsonObject Texts(IEnumerable<string> texts) => new() { ["arrayValue"] = new JsonObject { ["values"] = new JsonArray([.. texts.Select(Text)]) } };
}
