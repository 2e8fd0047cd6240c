using System.Net;
using System.Text;
using Runtime.Collector.Configuration;

namespace Runtime.Collector.Notifiers;

/// <summary>One POST of JSON, and what its answer means for the delivery. Shared by all notifiers over HTTP.</summary>
internal sealed class WebhookPost(HttpClient client, TimeProvider time)
{
    /// <summary>A receiver may ask for a pause, not for silence.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    private const int ShownAnswer = 200;

    /// <summary>
    /// Redirects are not followed: the address is a secret that belongs to one host, and a POST that becomes a GET loses the alert.
    /// The time limit is set per request, as each notifier has its own.
    /// </summary>
    /// <param name="caFile">See <see cref="NotifierOptions.CaFile"/>; read again for every new connection. Empty: the system's authorities.</param>
    public static HttpClient CreateClient(string caFile = "") => new(new SocketsHttpHandler
    {
        SslOptions = caFile.Length == 0 ? new() : new()
        {
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                ReceiverTrust.TryPolicy(caFile, out var trust, out var _) && ReceiverTrust.Accepts(trust!, certificate, chain, errors),
        },
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // A receiver that moves is found again by name.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = 32,
        AutomaticDecompression = DecompressionMethods.None,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<DeliveryResult> SendAsync(NotifierOptions options, string idempotencyKey, byte[] body, Action<HttpRequestMessage> sign, CancellationToken cancellationToken) =>
        (await ExchangeAsync(options, "", idempotencyKey, body, sign, ShownAnswer * 4, cancellationToken)).Result;

    /// <param name="method">Behind the address; empty: the address itself.</param>
    /// <param name="longestAnswer">Bytes of the answer that are read.</param>
    /// <returns>The answer as text beside what it means; empty when there was none.</returns>
    public async Task<(DeliveryResult Result, string Answer)> ExchangeAsync(
        NotifierOptions options, string method, string idempotencyKey, byte[] body, Action<HttpRequestMessage> sign, int longestAnswer, CancellationToken cancellationToken)
    {
        if (!TryAddress(options, out var address, out var words) || !TryTrust(options, out words))
        {
            return (new DeliveryResult.Retry(null, words), "");
        }

        address = method.Length > 0 ? new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{method}") : address;

        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json", "utf-8");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        request.Headers.UserAgent.ParseAdd("runtime-collector");
        sign(request);
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            var text = await ReadStartAsync(response, longestAnswer, both.Token, cancellationToken);
            return (Classify(response, PrintableText.Escape(text.Length > ShownAnswer ? text[..ShownAnswer] + "…" : text)), text);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (new DeliveryResult.Retry(null, $"no answer within {SettingText.Format(options.Timeout)}"), "");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Its inner exception names the cause ("Connection refused"); neither holds the path, which may be a secret.
            return (new DeliveryResult.Retry(null, PrintableText.Escape($"{address.Host}: {(e.InnerException ?? e).Message}")), "");
        }
    }

    private static bool TryAddress(NotifierOptions options, out Uri address, out string words)
    {
        address = null!;
        words = "";
        var text = options.Url.Length > 0 ? options.Url : options.DefaultUrl;
        if (options.UrlFile.Length > 0 && !SecretFiles.TryRead(options.UrlFile, out text, out words))
        {
            words = $"UrlFile {words}";
            return false;
        }

        if (NotifierRules.UrlFault(text, options.AllowInsecure) is { } fault)
        {
            words = $"the address {fault}";
            return false;
        }

        address = new Uri(text);
        return true;
    }

    /// <summary>So that a file that is gone is told as that, and not as a strange certificate.</summary>
    private static bool TryTrust(NotifierOptions options, out string words)
    {
        var isThere = ReceiverTrust.TryPolicy(options.CaFile, out _, out words);
        words = isThere ? "" : $"CaFile {words}";
        return isThere;
    }

    private DeliveryResult Classify(HttpResponseMessage response, string answer)
    {
        var code = (int)response.StatusCode;
        var words = answer.Length > 0 ? $"{code} {answer}" : $"{code}";
        return code switch
        {
            >= 200 and < 300 => new DeliveryResult.Delivered(words),
            >= 300 and < 400 => new DeliveryResult.Rejected($"{words} (a redirect, which is not followed: set the final address)"),
            408 or 425 or 429 or >= 500 => new DeliveryResult.Retry(RetryAfter(response), words),
            _ => new DeliveryResult.Rejected(words),
        };
    }

    // Retry-After: 120      Retry-After: Fri, 31 Dec 1999 23:59:59 GMT   (RFC 9110, 10.2.3); anything else is as if absent
    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable) || response.Headers.RetryAfter is not { } header)
        {
            return null;
        }

        var wish = header.Delta ?? header.Date - time.GetUtcNow() ?? TimeSpan.Zero;
        return wish < TimeSpan.Zero ? TimeSpan.Zero : wish > LongestRetryAfter ? LongestRetryAfter : wish;
    }

    /// <summary>
    /// What a person needs of an answer; the rest of a long one is not even read. The status has decided already: a body
    /// that breaks off or never ends changes nothing.
    /// </summary>
    private static async Task<string> ReadStartAsync(HttpResponseMessage response, int longest, CancellationToken limit, CancellationToken stopping)
    {
        var buffer = new byte[longest];
        var length = 0;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(limit);
            for (var read = -1; read != 0 && length < buffer.Length; length += read)
            {
                read = await stream.ReadAsync(buffer.AsMemory(length), limit);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !stopping.IsCancellationRequested)
        {
            // What was read is shown.
        }

        return Encoding.UTF8.GetString(buffer, 0, length).Trim();
    }
}
