using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Runtime.Collector.Notifiers;

/// <summary>Prometheus' Alertmanager, API v2. Answers 200 without a body; 400 with what is wrong. With SecretFile its content is sent as a bearer token, for a proxy before it.</summary>
internal sealed class AlertmanagerNotifier(NotifierOptions options, WebhookPost post) : INotifier
{
    public NotifierOptions Options => options;

    public Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var token = "";
        if (options.SecretFile.Length > 0 && !SecretFiles.TryRead(options.SecretFile, out token, out var words))
        {
            return Task.FromResult<DeliveryResult>(new DeliveryResult.Retry(null, $"SecretFile {words}"));
        }

        var alert = delivery.Message as AlertMessage ?? throw new UnreachableException("a digest was made for a notifier that wants none");
        var body = JsonSerializer.SerializeToUtf8Bytes([AlertmanagerAlert.From(alert.Incident)], AlertmanagerJson.Default.AlertmanagerAlertArray);
        return post.SendAsync(options, delivery.IdempotencyKey, body, request => request.Headers.Authorization = token.Length > 0 ? new AuthenticationHeaderValue("Bearer", token) : null, cancellationToken);
    }
}
