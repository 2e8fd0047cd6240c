using System.Text.Json;
using System.Text.Json.Nodes;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// CloudEvents 1.0, JSON format, structured mode (github.com/cloudevents/spec, v1.0.2): source and id together tell events apart, so a repeat is the same
/// event. Types: runtime.alert, runtime.digest; the data's own schema says the version.
/// </summary>
internal static class CloudEvent
{
    public const string ContentType = "application/cloudevents+json";

    public static byte[] Around(Delivery delivery, byte[] data)
    {
        var (type, subject, cluster, time) = delivery.Message switch
        {
            AlertMessage { Incident: var incident } => ("runtime.alert", incident.Id, Scope.Parse(incident.ScopeId).Cluster, incident.LastSeen),
            DigestMessage { Digest: var digest } => ("runtime.digest", "", digest.Cluster, digest.Until),
            _ => throw new global::System.Diagnostics.UnreachableException($"a message is an alert or a digest, not {delivery.Message.GetType()}"),
        };
        var made = new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = delivery.IdempotencyKey,
            // A URI reference.
            ["source"] = "/runtime/" + Uri.EscapeDataString(cluster),
            ["type"] = type,
            ["time"] = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", global::System.Globalization.CultureInfo.InvariantCulture),
            ["datacontenttype"] = Payload.Json,
        };
        if (subject.Length > 0)
        {
            made["subject"] = subject;
        }

        made["data"] = JsonNode.Parse(data);
        return JsonSerializer.SerializeToUtf8Bytes(made);
    }
}
