using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// Logs of OpenTelemetry by OTLP over HTTP, in JSON: the whole address, such as https://otel.example.org:4318/v1/logs. Answers 200 with {} or with a partialSuccess
/// that counts what it refused. With SecretFile its content is sent as a bearer token.
/// </summary>
internal sealed class OpenTelemetryNotifier(NotifierOptions options, WebhookPost post, TimeProvider time) : INotifier
{
    private const int LongestAnswer = 16 * 1024;

    public NotifierOptions Options => options;

    public async Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var token = "";
        if (options.SecretFile.Length > 0 && !SecretFiles.TryRead(options.SecretFile, out token, out var words))
        {
            return new DeliveryResult.Retry(null, $"SecretFile {words}");
        }

        var alert = delivery.Message as AlertMessage ?? throw new UnreachableException("a digest was made for a notifier that wants none");
        var body = JsonSerializer.SerializeToUtf8Bytes(OpenTelemetryLogs.From(alert.Incident, time.GetUtcNow()));
        var (result, answer) = await post.ExchangeAsync(
            options, "", delivery.IdempotencyKey, body, request => request.Headers.Authorization = token.Length > 0 ? new AuthenticationHeaderValue("Bearer", token) : null, LongestAnswer, cancellationToken);

        // 200 {"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"..."}}: the one record was refused, and must not be sent again ("Partial Success").
        return result is DeliveryResult.Delivered && IsRefusal(answer) ? new DeliveryResult.Rejected(result.Words) : result;
    }

    /// <summary>A receiver may write the field with 0, to warn. What is no such answer refuses nothing: the status has decided.</summary>
    private static bool IsRefusal(string answer)
    {
        try
        {
            return JsonSerializer.Deserialize(answer, OtlpJson.Default.OtlpAnswer) is { PartialSuccess.RejectedLogRecords: > 0 };
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

internal sealed record OtlpAnswer(OtlpPartialSuccess? PartialSuccess);

internal sealed record OtlpPartialSuccess(long RejectedLogRecords);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(OtlpAnswer))]
internal sealed partial class OtlpJson : JsonSerializerContext;
