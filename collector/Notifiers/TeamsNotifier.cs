using System.Diagnostics;
using System.Text.Json;

namespace Runtime.Collector.Notifiers;

/// <summary>Microsoft Teams, by a workflow that posts what a webhook is given. Answers 202; the workflow itself may fail later, which only its history tells.</summary>
internal sealed class TeamsNotifier(NotifierOptions options, WebhookPost post) : INotifier
{
    public NotifierOptions Options => options;

    public Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken) =>
        post.SendAsync(options, delivery.IdempotencyKey, JsonSerializer.SerializeToUtf8Bytes(PayloadOf(delivery.Message), TeamsJson.Default.TeamsPayload), _ => { }, cancellationToken);

    private static TeamsPayload PayloadOf(Message message) => message switch
    {
        AlertMessage alert => TeamsMessage.From(alert.Incident),
        DigestMessage digest => TeamsMessage.From(digest.Digest),
        _ => throw new UnreachableException($"a message is an alert or a digest, not {message.GetType()}"),
    };
}
