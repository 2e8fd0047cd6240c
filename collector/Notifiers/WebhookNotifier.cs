using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// JSON in the format of the settings (<see cref="Payload"/>), signed. A receiver takes t and v1 from
/// <c>X-Runtime-Signature: t=1764000000,v1=hex</c>, computes HMAC-SHA256 over "t.body" with the shared key, compares in
/// constant time, and refuses an old t. Repeats carry the same <c>Idempotency-Key</c> and the same body.
/// </summary>
internal sealed class WebhookNotifier(NotifierOptions options, WebhookPost post, TimeProvider time) : INotifier
{
    public const int ShortestKey = 16;
    public const string SignatureHeader = "X-Runtime-Signature";

    public NotifierOptions Options => options;

    public Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (!SecretFiles.TryRead(options.SecretFile, out var key, out var words))
        {
            return Task.FromResult<DeliveryResult>(new DeliveryResult.Retry(null, $"SecretFile {words}"));
        }

        var body = Payload.Of(delivery, options.Format);
        return post.SendAsync(options, delivery.IdempotencyKey, body, request =>
        {
            request.Content!.Headers.ContentType = new(Payload.ContentType(options.Format), "utf-8");
            request.Headers.TryAddWithoutValidation(SignatureHeader, Sign(Encoding.UTF8.GetBytes(key), time.GetUtcNow(), body));
            request.Headers.TryAddWithoutValidation("X-Runtime-Attempt", (delivery.Attempts + 1).ToString(CultureInfo.InvariantCulture));
        }, cancellationToken);
    }

    internal static string Sign(byte[] key, DateTimeOffset now, ReadOnlySpan<byte> body)
    {
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(Encoding.ASCII.GetBytes(seconds + "."));
        hash.AppendData(body);
        return $"t={seconds},v1={Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }
}
