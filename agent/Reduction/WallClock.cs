using Runtime.Agent.Interop;

namespace Runtime.Agent.Reduction;

/// <summary>From the kernel's clock to the wall's. Any thread.</summary>
internal interface IWallClock
{
    /// <param name="bootNs">CLOCK_BOOTTIME, nanoseconds.</param>
    /// <returns>Unix nanoseconds.</returns>
    long ToUnixNs(ulong bootNs);

    /// <summary>CLOCK_BOOTTIME of now, nanoseconds; 0 where only events tell the time (a replay).</summary>
    ulong NowBootNs();
}

/// <summary>This machine's clocks. The distance of the two is taken anew every ten seconds: the wall clock may be set.</summary>
internal sealed class LiveClock : IWallClock
{
    private const ulong MaxAgeNs = 10_000_000_000;
    private long _offsetNs;
    private ulong _takenBootNs;

    public LiveClock() => Take(NowBootNs());

    public long ToUnixNs(ulong bootNs) => (long)bootNs + Volatile.Read(ref _offsetNs);

    public ulong NowBootNs()
    {
        var bootNs = Clock.BootNs();
        if (bootNs > Volatile.Read(ref _takenBootNs) + MaxAgeNs)
            Take(bootNs);
        return bootNs;
    }

    private void Take(ulong bootNs)
    {
        Volatile.Write(ref _takenBootNs, bootNs);
        Volatile.Write(ref _offsetNs, ((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100) - (long)bootNs);
    }
}

/// <summary>The clocks as a recording's header holds them.</summary>
internal sealed class RecordedClock(long offsetNs) : IWallClock
{
    public long ToUnixNs(ulong bootNs) => (long)bootNs + offsetNs;

    public ulong NowBootNs() => 0;
}
