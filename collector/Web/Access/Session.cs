using System.Threading.RateLimiting;
using Runtime.Collector.Security;

namespace Runtime.Collector.Web.Access;

/// <summary>One browser that came in by a link. Any thread.</summary>
/// <param name="id">Names it inside the program; gives no access.</param>
internal sealed class Session(string id, Caller caller, DateTimeOffset created, TimeSpan idle, DateTimeOffset ends) : IDisposable
{
    /// <summary>A page that opens asks for a handful of things at once; a person's clicks and the pages' own refreshes stay far below the rate.</summary>
    private readonly TokenBucketRateLimiter _limit = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = 200,
        TokensPerPeriod = 20,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
        AutoReplenishment = true,
    });

    private long _usedTicks = created.UtcTicks;

    public string Id => id;
    public Caller Caller => caller;
    public RecentAnswers Answers { get; } = new();

    public bool IsOver(DateTimeOffset now) => now >= ends || now >= LastUse + idle;

    public DateTimeOffset LastUse => new(Interlocked.Read(ref _usedTicks), TimeSpan.Zero);

    /// <summary>A person did something.</summary>
    public void Use(DateTimeOffset now) => Interlocked.Exchange(ref _usedTicks, now.UtcTicks);

    /// <summary>False: more than a person can want.</summary>
    public bool TryAsk() => _limit.AttemptAcquire().IsAcquired;

    public void Dispose() => _limit.Dispose();
}
