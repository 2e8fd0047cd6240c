using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>Clocks that .NET does not offer.</summary>
internal static unsafe partial class Clock
{
    private const int ClockMonotonic = 1, ClockBootTime = 7; // CLOCK_MONOTONIC and CLOCK_BOOTTIME, linux/time.h

    /// <summary>CLOCK_BOOTTIME, nanoseconds: counts while the machine sleeps, and is what the kernel programs stamp events with.</summary>
    public static ulong BootNs()
    {
        long* time = stackalloc long[2]; // struct timespec of 64-bit Linux: seconds, nanoseconds
        return clock_gettime(ClockBootTime, time) == 0
            ? ((ulong)time[0] * 1_000_000_000) + (ulong)time[1]
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), "clock_gettime(CLOCK_BOOTTIME)");
    }

    /// <summary>A time of CLOCK_MONOTONIC as CLOCK_BOOTTIME has it. Both run alike, but for the machine's sleep.</summary>
    public static ulong MonotonicToBootNs(ulong monotonicNs)
    {
        long* time = stackalloc long[2];
        return clock_gettime(ClockMonotonic, time) == 0
            ? monotonicNs + BootNs() - (((ulong)time[0] * 1_000_000_000) + (ulong)time[1])
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), "clock_gettime(CLOCK_MONOTONIC)");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, long* time);
}
