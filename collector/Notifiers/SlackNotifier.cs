using System.Diagnostics;
using System.Text.Json;

namespace Runtime.Collector.Notifiers;

/// <summary>Slack's incoming webhook, or a chat that speaks its format. Answers "ok" on success; 4xx with a word such as invalid_blocks or no_service.</summary>
internal sealed class SlackNotifier(NotifierOptions options, WebhookPost post) : INotifier
{
    public NotifierOptions Options => options;

    public Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken) =>
        post.SendAsync(
            options,
            delivery.IdempotencyKey,
            JsonSerializer.SerializeToUtf8Bytes(PayloadOf(delivery.Message), SlackJson.Default.SlackPayload),
            _ => { },
            cancellationToken);

    private static SlackPayload PayloadOf(Message message) => message switch
    {
        AlertMessage alert => SlackMessage.From(alert.Incident),
        DigestMessage digest => SlackDigest.From(digest.Digest),
        _ => throw new UnreachableException($"a message is an alert or a digest, not {message.GetType()}"),
    };
}
