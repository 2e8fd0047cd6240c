using System.Buffers.Text;

namespace Runtime.Agent.Resources;

/// <summary>Counters of the processor since the cgroup was made. Nanoseconds.</summary>
internal readonly record struct CpuCounters(ulong UserNs, ulong SystemNs);

/// <param name="Periods">Of the quota, in which anything ran.</param>
internal readonly record struct ThrottleCounters(uint Periods, uint Throttled, ulong ThrottledNs);

internal readonly record struct IoCounters(ulong ReadBytes, ulong WrittenBytes);

/// <summary>Parsers of the cgroup files' text, both versions. Pure; any bytes give an answer, a line that does not fit is passed over.</summary>
/// <remarks>Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/*.rst, Linux 6.1.</remarks>
internal static class CgroupText
{
    /// <summary>USER_HZ is 100 on every architecture that the agent runs on.</summary>
    public const ulong TickNs = 10_000_000;

    // cpu.stat, v2. The lines of the quota are missing where the cpu controller is not enabled for the cgroup.
    //   usage_usec 123456
    //   user_usec 100000
    //   system_usec 23456
    //   nr_periods 10
    //   nr_throttled 2
    //   throttled_usec 4000
    public static bool TryParseCpuStat(ReadOnlySpan<byte> text, out CpuCounters cpu, out ThrottleCounters? throttle)
    {
        ulong user = 0, system = 0;
        var seen = 0;
        if (TryNumber(text, "user_usec"u8, out var value))
            (user, seen) = (value, seen | 1);
        if (TryNumber(text, "system_usec"u8, out value))
            (system, seen) = (value, seen | 2);
        cpu = new(Multiply(user, 1000), Multiply(system, 1000));
        throttle = ParseThrottling(text, "throttled_usec"u8, 1000);
        return seen == 3;
    }

    // cpu.stat, v1: nr_periods 10 | nr_throttled 2 | throttled_time 4000000 (nanoseconds); nr_bursts and burst_time may follow.
    public static ThrottleCounters? ParseCpuStatV1(ReadOnlySpan<byte> text) => ParseThrottling(text, "throttled_time"u8, 1);

    // cpuacct.stat, v1, USER_HZ:
    //   user 4711
    //   system 815
    public static bool TryParseCpuacct(ReadOnlySpan<byte> text, out CpuCounters cpu)
    {
        var ok = TryNumber(text, "user"u8, out var user) & TryNumber(text, "system"u8, out var system);
        cpu = new(Multiply(user, TickNs), Multiply(system, TickNs));
        return ok;
    }

    // cpu.max, v2: "max 100000" without a quota, else "50000 100000": microseconds in a period of microseconds.
    /// <returns>Share of one processor, in billionths; 0 without a quota.</returns>
    public static ulong ParseCpuMax(ReadOnlySpan<byte> text)
    {
        var space = text.IndexOf((byte)' ');
        return space > 0 && TryWhole(text[..space], out var quota) && TryWhole(text[(space + 1)..], out var period) ? Share(quota, period) : 0;
    }

    // cpu.cfs_quota_us, v1: -1 without a quota. cpu.cfs_period_us: 100000.
    /// <returns>As <see cref="ParseCpuMax"/>.</returns>
    public static ulong ParseQuota(ReadOnlySpan<byte> quota, ReadOnlySpan<byte> period) =>
        TryWhole(quota, out var q) && TryWhole(period, out var p) ? Share(q, p) : 0;

    // memory.current, pids.current, hugetlb.2MB.current …: one number and a newline.
    public static bool TryWhole(ReadOnlySpan<byte> text, out ulong value)
    {
        text = text.TrimEnd((byte)'\n');
        return Utf8Parser.TryParse(text, out value, out var length) && length == text.Length;
    }

    // io.stat, v2: a line for each device that was used; a device may have no numbers at all.
    //   254:0 rbytes=8192 wbytes=4096 rios=2 wios=1 dbytes=0 dios=0
    //   7:0
    public static IoCounters ParseIoStat(ReadOnlySpan<byte> text)
    {
        ulong read = 0, written = 0;
        foreach (var line in text.Split((byte)'\n'))
        {
            foreach (var range in text[line].Split((byte)' '))
            {
                var field = text[line][range];
                if (field.StartsWith("rbytes="u8) && TryWhole(field[7..], out var bytes))
                    read = Add(read, bytes);
                else if (field.StartsWith("wbytes="u8) && TryWhole(field[7..], out bytes))
                    written = Add(written, bytes);
            }
        }
        return new(read, written);
    }

    // blkio.throttle.io_service_bytes_recursive, v1; also Sync, Async, Discard, Total for each device, and a last "Total 12288".
    //   254:0 Read 8192
    //   254:0 Write 4096
    public static IoCounters ParseBlkio(ReadOnlySpan<byte> text)
    {
        ulong read = 0, written = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            var first = line.IndexOf((byte)' ');
            var rest = first < 0 ? default : line[(first + 1)..];
            if (rest.StartsWith("Read "u8) && TryWhole(rest[5..], out var bytes))
                read = Add(read, bytes);
            else if (rest.StartsWith("Write "u8) && TryWhole(rest[6..], out bytes))
                written = Add(written, bytes);
        }
        return new(read, written);
    }

    // cgroup.procs: a process on each line; one of another pid namespace, which has no number here, is 0.
    /// <param name="into">Gets the first of them.</param>
    /// <returns>All of them.</returns>
    public static int ParseProcesses(ReadOnlySpan<byte> text, Span<uint> into, out int stored)
    {
        var count = 0;
        stored = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            if (!TryWhole(text[range], out var pid) || pid > int.MaxValue)
                continue;
            count++;
            if (pid != 0 && stored < into.Length)
                into[stored++] = (uint)pid;
        }
        return count;
    }

    private static ThrottleCounters? ParseThrottling(ReadOnlySpan<byte> text, ReadOnlySpan<byte> timeName, ulong unit) =>
        TryNumber(text, "nr_periods"u8, out var periods) && TryNumber(text, "nr_throttled"u8, out var throttled) && TryNumber(text, timeName, out var time)
            ? new((uint)periods, (uint)throttled, Multiply(time, unit))
            : null;

    private static ulong Share(ulong quota, ulong period) => period is 0 or > 10_000_000 || quota > 1_000_000_000_000 ? 0 : (ulong)((UInt128)quota * 1_000_000_000 / period);

    /// <summary>"name value" on a line of its own.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out ulong value)
    {
        value = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.Length > name.Length && line[name.Length] == ' ' && line.StartsWith(name))
                return TryWhole(line[(name.Length + 1)..], out value);
        }
        return false;
    }

    // A counter beyond 64 bits is garbage: it stops there instead of beginning anew.
    private static ulong Multiply(ulong value, ulong unit) => value > ulong.MaxValue / unit ? ulong.MaxValue : value * unit;

    private static ulong Add(ulong a, ulong b) => a > ulong.MaxValue - b ? ulong.MaxValue : a + b;
}
