using System.Diagnostics;
using System.Text.Json;

namespace Runtime.Collector.Notifiers;

/// <summary>What a generic receiver is given.</summary>
internal enum PayloadFormat
{
    /// <summary>Ours: <see cref="WebhookAlert"/>, <see cref="WebhookDigest"/>.</summary>
    Json = 0,

    /// <summary>ArcSight's Common Event Format; syslog only.</summary>
    Cef = 1,

    /// <summary>Detection Finding of the Open Cybersecurity Schema Framework; <see cref="OcsfFinding"/>.</summary>
    Ocsf = 2,

    /// <summary>Elastic Common Schema; <see cref="EcsAlert"/>.</summary>
    Ecs = 3,

    /// <summary>CloudEvents 1.0 in structured mode around our JSON; webhook only. <see cref="CloudEvent"/>.</summary>
    CloudEvents = 4,
}

/// <summary>Bodies that a receiver of JSON gets. Text that came from a container is given as it was, JSON-escaped.</summary>
internal static class Payload
{
    public const string Json = "application/json";

    public static string ContentType(PayloadFormat format) => format == PayloadFormat.CloudEvents ? CloudEvent.ContentType : Json;

    public static byte[] Of(Delivery delivery, PayloadFormat format) => delivery.Message switch
    {
        AlertMessage alert when format == PayloadFormat.Ocsf => JsonSerializer.SerializeToUtf8Bytes(OcsfFinding.From(alert.Incident)),
        AlertMessage alert when format == PayloadFormat.Ecs => JsonSerializer.SerializeToUtf8Bytes(EcsAlert.From(alert.Incident)),
        AlertMessage alert => Wrapped(delivery, format, JsonSerializer.SerializeToUtf8Bytes(WebhookAlert.From(delivery, alert.Incident), WebhookJson.Default.WebhookAlert)),
        DigestMessage digest => Wrapped(delivery, format, JsonSerializer.SerializeToUtf8Bytes(WebhookDigest.From(delivery, digest.Digest), WebhookJson.Default.WebhookDigest)),
        _ => throw new UnreachableException($"a message is an alert or a digest, not {delivery.Message.GetType()}"),
    };

    private static byte[] Wrapped(Delivery delivery, PayloadFormat format, byte[] body) => format == PayloadFormat.CloudEvents ? CloudEvent.Around(delivery, body) : body;
}
