namespace Runtime.Agent.Binaries;

/// <summary>How much may be read in a second: a bucket that fills by the clock and holds one second's worth. One thread.</summary>
internal sealed class HashBudget(long bytesPerSecond, TimeProvider time)
{
    private double _left = bytesPerSecond;
    private long _stamp = time.GetTimestamp();

    /// <returns>How long to wait before the bytes that were just read are paid for; zero while there is room.</returns>
    public TimeSpan Spend(int bytes)
    {
        var now = time.GetTimestamp();
        _left = Math.Min(bytesPerSecond, _left + time.GetElapsedTime(_stamp, now).TotalSeconds * bytesPerSecond) - bytes;
        _stamp = now;
        return _left >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_left / bytesPerSecond);
    }
}
