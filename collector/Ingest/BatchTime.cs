namespace Runtime.Collector.Ingest;

/// <summary>A batch's clock. Times before 2020 or more than a day ahead of the collector are refused: they would sort before or behind everything for ever.</summary>
internal sealed class BatchTime(ulong baseUnixNs, DateTimeOffset now)
{
    public const string Rule = "a time must lie between 2020-01-01 and one day after the collector's clock";

    private static readonly DateTimeOffset Earliest = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly DateTimeOffset _latest = now.AddDays(1);

    /// <summary>Relative to the batch's base.</summary>
    public bool TryGet(long offsetNs, out DateTimeOffset time) => TryGet((Int128)baseUnixNs + offsetNs, out time);

    public bool TryGetUnix(ulong unixNs, out DateTimeOffset time) => TryGet((Int128)unixNs, out time);

    private bool TryGet(Int128 unixNs, out DateTimeOffset time)
    {
        time = default;
        if (unixNs < 0 || unixNs > long.MaxValue)
        {
            return false;
        }

        time = DateTimeOffset.UnixEpoch.AddTicks((long)(unixNs / TimeSpan.NanosecondsPerTick));
        return time >= Earliest && time <= _latest;
    }
}
