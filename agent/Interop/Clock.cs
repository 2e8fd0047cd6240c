using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>Clocks that .NET does not offer.</summary>
internal static unsafe partial class Clock
{
    private const int ClockBootTime = 7; // CLOCK_BOOTTIME, linux/time.h

    /// <summary>CLOCK_BOOTTIME, nanoseconds: counts while the machine sleeps, and is what the kernel programs stamp events with.</summary>
    public static ulong BootNs()
    {
        long* time = stackalloc long[2]; // struct timespec of 64-bit Linux: seconds, nanoseconds
        return clock_gettime(ClockBootTime, time) == 0
            ? ((ulong)time[0] * 1_000_000_000) + (ulong)time[1]
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), "clock_gettime(CLOCK_BOOTTIME)");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, long* time);
}
