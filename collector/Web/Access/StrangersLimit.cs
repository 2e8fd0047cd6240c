using System.Threading.RateLimiting;

namespace Runtime.Collector.Web.Access;

/// <summary>One limit for all who are not in: their addresses are mostly this machine's, or a proxy's. Any thread.</summary>
internal sealed class StrangersLimit : IDisposable
{
    private readonly TokenBucketRateLimiter _limit = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = 100, TokensPerPeriod = 20, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0, AutoReplenishment = true,
    });

    public bool TryAsk() => _limit.AttemptAcquire().IsAcquired;

    public static Task RefuseAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status429TooManyRequests;
        response.Headers.RetryAfter = "5";
        return response.WriteAsync("Too many requests.\n");
    }

    public void Dispose() => _limit.Dispose();
}
