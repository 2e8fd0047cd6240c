using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// Body of the generic webhook: the daily digest of one cluster. Fields are only ever added within a schema version.
/// Text that came from a container is given as it was, JSON-escaped: whoever shows it must escape control characters.
/// </summary>
/// <param name="Schema">"runtime.digest/1".</param>
/// <param name="IdempotencyKey">Equal for every attempt to deliver this digest to this notifier; also in the header.</param>
/// <param name="Since">When the digest before was made; UTC, RFC 3339.</param>
/// <param name="Lines">Strongest evidence first, 1 to 20.</param>
/// <param name="More">Weaker incidents, only counted.</param>
/// <param name="Quiet">Others that are still open, were in an earlier digest, and of which nothing was seen since.</param>
/// <param name="Command">What shows the same, to be typed where runtimectl reaches the collector.</param>
internal sealed record WebhookDigest(
    string Schema, string IdempotencyKey, string Notifier, string Cluster, DateTimeOffset Since, DateTimeOffset Until, IReadOnlyList<WebhookDigestLine> Lines, long More, long Quiet,
    string Command)
{
    public static WebhookDigest From(Delivery delivery, Digest digest) => new(
        "runtime.digest/1",
        delivery.IdempotencyKey,
        delivery.Notifier,
        digest.Cluster,
        digest.Since.ToUniversalTime(),
        digest.Until.ToUniversalTime(),
        [.. digest.Lines.Select(line => new WebhookDigestLine(
            line.IncidentId, line.Title, line.Severity, line.EValue, line.Threshold, line.IsDelayed, line.Told is null, WebhookScope.Of(line.ScopeId), line.Pods, line.PodCount,
            line.FirstSeen.ToUniversalTime(), line.LastSeen.ToUniversalTime(), line.Count, AlertWords.Command(line.IncidentId)))],
        digest.More,
        digest.Quiet,
        "runtimectl digest");
}

/// <param name="Threshold">What <paramref name="EValue"/> would have had to reach for an alert.</param>
/// <param name="Delayed">It reached it, but a scheduler started it before the deployment was watched for a full week.</param>
/// <param name="New">No digest had it before.</param>
/// <param name="Pods">The first 5 of <paramref name="PodCount"/>.</param>
internal sealed record WebhookDigestLine(
    string IncidentId,
    string Title,
    Severity Severity,
    double EValue,
    double Threshold,
    bool Delayed,
    bool New,
    WebhookScope Scope,
    IReadOnlyList<string> Pods,
    int PodCount,
    DateTimeOffset FirstSeen,
    DateTimeOffset LastSeen,
    ulong Count,
    string Command);
