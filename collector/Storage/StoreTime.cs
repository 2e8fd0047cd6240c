namespace Runtime.Collector.Storage;

/// <summary>Times in columns: Unix microseconds, so that they sort and compare as numbers.</summary>
internal static class StoreTime
{
    public static long ToMicros(this DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicros(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}
