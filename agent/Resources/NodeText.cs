using System.Buffers.Text;

namespace Runtime.Agent.Resources;

internal readonly record struct PacketCounters(ulong Received, ulong Sent);

/// <summary>What a process used, in USER_HZ, and when it began.</summary>
internal readonly record struct ProcessTicks(ulong StartTicks, ulong UsedTicks);

/// <summary>Parsers of /proc's text about the node and about network namespaces. Pure; any bytes give an answer.</summary>
/// <remarks>proc(5), Linux 6.1.</remarks>
internal static class NodeText
{
    // /proc/stat, USER_HZ; guest time is in user and nice already. The lines of the single processors, and others, follow.
    // cpu  10132153 290696 3084719 46828483 16683 0 25195 0 175628 0
    //      user     nice   system  idle     iowait irq softirq steal guest guest_nice
    public static bool TryParseStat(ReadOnlySpan<byte> text, out CpuCounters cpu)
    {
        cpu = default;
        if (!text.StartsWith("cpu "u8))
            return false;
        var end = text.IndexOf((byte)'\n');
        Span<ulong> fields = stackalloc ulong[8];
        var count = Numbers((end < 0 ? text : text[..end])[4..], fields);
        cpu = new((fields[0] + fields[1]) * CgroupText.TickNs, (fields[2] + fields[5] + fields[6]) * CgroupText.TickNs);
        return count >= 4;
    }

    // /proc/meminfo:  MemTotal:       16384000 kB
    // HugePages_Total:       0 has no unit; Hugetlb:  0 kB counts pages of every size, free ones too.
    public static bool TryParseMeminfo(ReadOnlySpan<byte> text, out ulong used, out ulong hugePages)
    {
        var ok = TryKilobytes(text, "MemTotal:"u8, out var total) & TryKilobytes(text, "MemAvailable:"u8, out var available);
        used = total > available ? (total - available) * 1024 : 0;
        hugePages = TryKilobytes(text, "Hugetlb:"u8, out var huge) ? huge * 1024 : 0;
        return ok;
    }

    // /proc/vmstat:  pgpgin 1234567   pgpgout 7654321   KiB of all block devices since boot
    public static bool TryParseVmstat(ReadOnlySpan<byte> text, out IoCounters io)
    {
        var ok = CgroupText.TryNumber(text, "pgpgin"u8, out var read) & CgroupText.TryNumber(text, "pgpgout"u8, out var written);
        io = new(read << 10, written << 10);
        return ok;
    }

    // /proc/loadavg:  0.20 0.18 0.12 1/80 11206      runnable / all tasks
    public static bool TryParseTasks(ReadOnlySpan<byte> text, out uint tasks)
    {
        tasks = 0;
        var slash = text.IndexOf((byte)'/');
        return slash >= 0 && Utf8Parser.TryParse(text[(slash + 1)..], out tasks, out _);
    }

    // /proc/PID/net/dev, two lines of heading. Large numbers can follow the colon without a space. Loopback is left out.
    //   Inter-|   Receive                                                |  Transmit
    //    face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    //     eth0: 5038120   5164    0    0    0     0          0         0   419860    4021    0    0    0     0       0          0
    public static PacketCounters ParseNetDev(ReadOnlySpan<byte> text)
    {
        ulong received = 0, sent = 0;
        Span<ulong> fields = stackalloc ulong[16];
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            // An interface's name may not hold a colon since 4.15 but for aliases, whose counters are the device's: the last one counts.
            var colon = line.LastIndexOf((byte)':');
            if (colon < 0 || line[..colon].Trim((byte)' ').SequenceEqual("lo"u8) || Numbers(line[(colon + 1)..], fields) < 16)
                continue;
            received += fields[1];
            sent += fields[9];
        }
        return new(received, sent);
    }

    // /proc/PID/stat: 1234 (tmux: server) S 1 …  fields 14 and 15 are utime and stime, 22 the start. The last parenthesis counts.
    public static bool TryParseProcess(ReadOnlySpan<byte> text, out ProcessTicks ticks)
    {
        ticks = default;
        var close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 4 >= text.Length)
            return false;
        ulong used = 0, start = 0;
        var field = 3;
        var rest = text[(close + 2)..];
        foreach (var range in rest.Split((byte)' '))
        {
            if (field is 14 or 15 or 22)
            {
                if (!Utf8Parser.TryParse(rest[range], out ulong value, out _))
                    return false;
                (used, start) = field == 22 ? (used, value) : (used + value, start);
            }
            if (field++ == 22)
                break;
        }
        ticks = new(start, used);
        return field == 23;
    }

    /// <returns>How many were read: numbers between spaces, until something else comes.</returns>
    private static int Numbers(ReadOnlySpan<byte> text, Span<ulong> into)
    {
        var count = 0;
        while (count < into.Length)
        {
            text = text.TrimStart((byte)' ');
            if (!Utf8Parser.TryParse(text, out ulong value, out var length))
                break;
            into[count++] = value;
            text = text[length..];
        }
        return count;
    }

    private static bool TryKilobytes(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out ulong value)
    {
        value = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            if (text[range].StartsWith(name))
                return Utf8Parser.TryParse(text[range][name.Length..].TrimStart((byte)' '), out value, out _);
        }
        return false;
    }
}
