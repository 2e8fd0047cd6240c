using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.RateLimiting;
using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Security.Tokens;

/// <summary>Asks the cluster whose a token is. What it said counts for a minute. Any thread.</summary>
internal sealed class TokenReviewer : IDisposable
{
    public const int MaxKnown = 1024;
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private const int LongestToken = 16 * 1024;
    private const int LongestAnswer = 256 * 1024;

    private readonly TokenReviewOptions _options;
    private readonly TimeProvider _time;
    private readonly Refusals _refusals;
    private readonly HttpClient _http;
    private readonly Lock _lock = new();

    // By the token's hash, so that no token stays in memory. Bounded by MaxKnown: what is over leaves first, then the oldest.
    private readonly Dictionary<string, (TokenVerdict Verdict, DateTimeOffset Ends)> _known = [];

    // For all senders together: whoever sends tokens of his making must not make the API server's work.
    private readonly TokenBucketRateLimiter _limit = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = 200, TokensPerPeriod = 20, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0, AutoReplenishment = true,
    });

    /// <exception cref="AccessException">The authorities' file cannot be used.</exception>
    public TokenReviewer(TokenReviewOptions options, Refusals refusals, TimeProvider time)
    {
        (_options, _refusals, _time) = (options, refusals, time);
        _http = new HttpClient(PrivateRoots.Handler("Listen:TokenReview:CaFile", options.CaFile))
        {
            BaseAddress = new Uri(options.ApiServer), Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = LongestAnswer,
        };
    }

    public async Task<TokenVerdict> ReviewAsync(string token, CancellationToken stop)
    {
        var verdict = await FindAsync(token, stop);
        if (verdict.Caller is null)
        {
            _refusals.Add("token", verdict.Fault);
        }

        return verdict;
    }

    public void Dispose()
    {
        _http.Dispose();
        _limit.Dispose();
    }

    private async Task<TokenVerdict> FindAsync(string token, CancellationToken stop)
    {
        if (token.Length is 0 or > LongestToken)
        {
            return new(null, $"a token has 1 to {LongestToken} characters");
        }

        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        lock (_lock)
        {
            if (_known.TryGetValue(hash, out var known) && _time.GetUtcNow() < known.Ends)
            {
                return known.Verdict;
            }
        }

        if (!_limit.AttemptAcquire().IsAcquired)
        {
            return new(null, "too many tokens that nobody knew came in the last seconds; try again in a moment");
        }

        try
        {
            var verdict = await AskAsync(token, stop);
            Keep(hash, verdict);
            return verdict;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            // Nothing was said of the token: the next request asks again.
            return new(null, $"the API server {_options.ApiServer} cannot say whose the token is: {e.Message}");
        }
    }

    private async Task<TokenVerdict> AskAsync(string token, CancellationToken stop)
    {
        if (!SecretFiles.TryRead(_options.TokenFile, out var own, out var words))
        {
            throw new IOException($"the collector's own token, {_options.TokenFile}, {words}");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/apis/authentication.k8s.io/v1/tokenreviews");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", own);
        request.Content = JsonContent.Create(new
        {
            apiVersion = "authentication.k8s.io/v1", kind = "TokenReview", spec = new { token, audiences = new[] { _options.Audience } },
        });
        using var answer = await _http.SendAsync(request, stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"it answered {(int)answer.StatusCode}" + (answer.StatusCode is System.Net.HttpStatusCode.Forbidden or System.Net.HttpStatusCode.Unauthorized
                ? ": the collector's account needs the cluster role system:auth-delegator" : ""));
        }

        using var review = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
        return TokenIdentity.Of(review.RootElement, _options);
    }

    private void Keep(string hash, TokenVerdict verdict)
    {
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            if (_known.Count >= MaxKnown)
            {
                foreach (var over in _known.Where(entry => now >= entry.Value.Ends).Select(entry => entry.Key).ToList())
                {
                    _known.Remove(over);
                }

                if (_known.Count >= MaxKnown)
                {
                    _known.Remove(_known.MinBy(entry => entry.Value.Ends).Key);
                }
            }

            _known[hash] = (verdict, now + Lifetime);
        }
    }
}
