using System.Threading.RateLimiting;

namespace Runtime.Collector.Web.Access;

/// <summary>
/// Behind routing and authentication: the page's endpoints are for its door, all others for the other doors; and nobody asks faster than a person does, whether
/// he is in or tries links.
/// </summary>
internal sealed class WebBoundary(RequestDelegate next) : IDisposable
{
    // One for all who are not in: their addresses are mostly this machine's.
    private readonly TokenBucketRateLimiter _strangers = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = 100, TokensPerPeriod = 20, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0, AutoReplenishment = true,
    });

    public Task InvokeAsync(HttpContext context)
    {
        var isWeb = WebDoor.IsDoorOf(context);
        var isPage = context.GetEndpoint()?.Metadata.GetMetadata<PageEndpoint>() is not null;
        if (isPage != isWeb)
        {
            context.SetEndpoint(null);
        }

        var may = !isWeb || (context.Items[SessionAuthentication.SessionKey] is Session session ? session.TryAsk() : _strangers.AttemptAcquire().IsAcquired);
        if (may)
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.Headers.RetryAfter = "5";
        return context.Response.WriteAsync("Too many requests.\n");
    }

    public void Dispose() => _strangers.Dispose();
}
