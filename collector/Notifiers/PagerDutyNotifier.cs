using System.Diagnostics;
using System.Text.Json;

namespace Runtime.Collector.Notifiers;

/// <summary>PagerDuty's Events API v2, or who speaks it. Answers 202; 400 with what is wrong; 429 when there are too many.</summary>
internal sealed class PagerDutyNotifier(NotifierOptions options, WebhookPost post) : INotifier
{
    public NotifierOptions Options => options;

    public Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (!SecretFiles.TryRead(options.SecretFile, out var routingKey, out var words))
        {
            return Task.FromResult<DeliveryResult>(new DeliveryResult.Retry(null, $"SecretFile {words}"));
        }

        var alert = delivery.Message as AlertMessage ?? throw new UnreachableException("a digest was made for a notifier that wants none");
        var body = JsonSerializer.SerializeToUtf8Bytes(PagerDutyEvent.From(alert.Incident, routingKey), PagerDutyJson.Default.PagerDutyEvent);
        return post.SendAsync(options, delivery.IdempotencyKey, body, _ => { }, cancellationToken);
    }
}
