using System.Diagnostics.Metrics;
using System.Globalization;
using System.Threading.RateLimiting;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Net.Http.Headers;

namespace Runtime.Collector.Security.Limits;

/// <summary>Refuses what a caller asks beyond his limit, and says when to come again: RESOURCE_EXHAUSTED, and 429 where the call is JSON. Any thread.</summary>
internal sealed class CallerLimits : Interceptor, IDisposable
{
    private readonly LimitOptions _options;
    private readonly Counter<long> _counter;

    // By who the caller is. Bounded by who has a certificate or a token; the library drops those that were idle for a while.
    private readonly PartitionedRateLimiter<string> _limits;

    public CallerLimits(AccessOptions access, IMeterFactory meters)
    {
        _options = access.Limits;
        _counter = meters.Create("Runtime.Collector").CreateCounter<long>("collector.requests.limited", "{request}", "Requests beyond their caller's limit, which were refused.");
        _limits = PartitionedRateLimiter.Create<string, string>(who => RateLimitPartition.GetTokenBucketLimiter(who, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = _options.Burst, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromMinutes(1) / _options.RequestsPerMinute, QueueLimit = 0,
        }));
    }

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Take(context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Take(context);
        return continuation(request, responseStream, context);
    }

    public void Dispose() => _limits.Dispose();

    private void Take(ServerCallContext context)
    {
        var http = context.GetHttpContext();

        // The socket of this machine has no address: whoever is let in there could as well stop the collector.
        if (http.Connection.LocalIpAddress is null)
        {
            return;
        }

        var who = http.User.Identity?.Name ?? throw new InvalidOperationException("a call came past the authorisation without a caller");
        using var lease = _limits.AttemptAcquire(who);
        if (lease.IsAcquired)
        {
            return;
        }

        _counter.Add(1);
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : 1;
        http.Response.Headers[HeaderNames.RetryAfter] = wait.ToString(CultureInfo.InvariantCulture);
        throw new RpcException(new Status(StatusCode.ResourceExhausted,
            $"you asked for more than {_options.Burst} answers at once and {_options.RequestsPerMinute} a minute (Listen:Limits); come again in {wait} s"));
    }
}
