namespace Runtime.Collector.Notifiers;

/// <summary>Exponential backoff with full jitter: many collectors, or many alerts, that failed together do not come back together.</summary>
internal static class RetryDelay
{
    /// <param name="attempts">Made so far, 1 or more.</param>
    /// <param name="draw">Evenly from 0 to 1.</param>
    public static TimeSpan Next(OutboxOptions options, int attempts, double draw)
    {
        var ceiling = Math.Min(options.LongestRetry.TotalMilliseconds, options.FirstRetry.TotalMilliseconds * Math.Pow(2, Math.Min(attempts - 1, 30)));
        return TimeSpan.FromMilliseconds(ceiling * draw);
    }
}
