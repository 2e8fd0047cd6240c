using System.Buffers.Text;

namespace Runtime.Agent.Processes;

/// <summary>What /proc/PID/stat tells that we use.</summary>
/// <param name="StartTicks">Hundredths of a second since boot (USER_HZ), rounded down; field 22.</param>
/// <param name="IsKernelThread">PF_KTHREAD of field 9.</param>
internal readonly record struct ProcStat(uint ParentPid, ulong StartTicks, bool IsKernelThread)
{
    /// <summary>Where the image's stack begins; field 28. Drawn anew by every exec, kept by a fork; 0 or 1 where it may not be read.</summary>
    public ulong StackStart { get; init; }
}

/// <summary>What /proc/PID/status tells that we use.</summary>
/// <param name="InnermostPid">In the innermost pid namespace; 0 when the kernel does not tell.</param>
/// <param name="PidNamespaces">1 in the reader's own.</param>
internal readonly record struct ProcStatus(uint Uid, uint Euid, uint Gid, ulong EffectiveCapabilities, uint InnermostPid, int PidNamespaces);

/// <summary>Paths from the root of their hierarchies; null where the file has no such line.</summary>
internal readonly record struct ProcCgroup(string? V2, string? Memory, string? Pids);

/// <summary>Parsers of /proc's text. Pure; proc(5), Linux 6.1.</summary>
internal static class ProcfsText
{
    private const uint KernelThreadFlag = 0x0020_0000;

    // 1234 (tmux: server) S 1 1234 1234 0 -1 4194624 …   field 4 = parent, 9 = flags, 22 = start in ticks.
    // The name is the process's own choice, e.g. ") R 1 (": what counts is the last parenthesis.
    public static bool TryParseStat(ReadOnlySpan<byte> text, out ProcStat stat)
    {
        stat = default;
        var close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= text.Length)
            return false;
        uint parent = 0;
        ulong flags = 0, start = 0, stack = 0;
        var field = 3;
        foreach (var range in text[(close + 2)..].Split((byte)' '))
        {
            var value = text[(close + 2)..][range];
            var ok = field switch
            {
                4 => Utf8Parser.TryParse(value, out parent, out var n) && n == value.Length,
                9 => Utf8Parser.TryParse(value, out flags, out var n) && n == value.Length,
                22 => Utf8Parser.TryParse(value.TrimEnd((byte)'\n'), out start, out _),
                28 => Utf8Parser.TryParse(value.TrimEnd((byte)'\n'), out stack, out _),
                _ => true,
            };
            if (!ok)
                return false;
            if (field++ == 28)
                break;
        }
        if (field <= 22)
            return false;
        stat = new(parent, start, (flags & KernelThreadFlag) != 0) { StackStart = stack };
        return true;
    }

    // Uid:\t1000\t0\t1000\t1000   real, effective, saved, file system     CapEff:\t000001ffffffffff     NSpid:\t4711\t1
    // Name: comes first and is the process's own choice; the kernel escapes its newlines.
    public static bool TryParseStatus(ReadOnlySpan<byte> text, out ProcStatus status)
    {
        uint uid = 0, euid = 0, gid = 0, innermost = 0;
        ulong capabilities = 0;
        var namespaces = 0;
        var seen = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.StartsWith("Uid:\t"u8))
                seen |= Number(line[5..], 0, out uid) && Number(line[5..], 1, out euid) ? 1 : 0;
            else if (line.StartsWith("Gid:\t"u8))
                seen |= Number(line[5..], 0, out gid) ? 2 : 0;
            else if (line.StartsWith("CapEff:\t"u8))
                seen |= Utf8Parser.TryParse(line[8..], out capabilities, out _, 'x') ? 4 : 0;
            else if (line.StartsWith("NSpid:\t"u8))
                for (namespaces = 0; Number(line[7..], namespaces, out var pid); namespaces++)
                    innermost = pid;
        }
        status = new(uid, euid, gid, capabilities, innermost, namespaces);
        return seen == 7;
    }

    // 0::/kubepods.slice/…       v2
    // 4:memory:/docker/…         v1; a controller list may hold several: 5:cpu,cpuacct:/…, and 1:name=systemd:/…
    // A path may hold colons (the kubelet's .slice:cri-containerd:id form) and " (deleted)" at its end.
    public static ProcCgroup ParseCgroup(ReadOnlySpan<byte> text)
    {
        string? v2 = null, memory = null, pids = null;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            var first = line.IndexOf((byte)':');
            if (first < 0)
                continue;
            var second = line[(first + 1)..].IndexOf((byte)':');
            if (second < 0)
                continue;
            var controllers = line.Slice(first + 1, second);
            var bytes = line[(first + second + 2)..];
            if (bytes.EndsWith(" (deleted)"u8))
                bytes = bytes[..^10];
            if (bytes is not [(byte)'/', ..])
                continue;
            if (controllers.IsEmpty && line[..first].SequenceEqual("0"u8))
                v2 = global::System.Text.Encoding.UTF8.GetString(bytes);
            else if (HasController(controllers, "memory"u8))
                memory = global::System.Text.Encoding.UTF8.GetString(bytes);
            else if (HasController(controllers, "pids"u8))
                pids = global::System.Text.Encoding.UTF8.GetString(bytes);
        }
        return new(v2, memory, pids);
    }

    // mnt:[4026531841]
    public static uint ParseNamespaceLink(ReadOnlySpan<byte> link)
    {
        var open = link.IndexOf((byte)'[');
        return open >= 0 && Utf8Parser.TryParse(link[(open + 1)..], out uint inode, out _) ? inode : 0;
    }

    private static bool HasController(ReadOnlySpan<byte> list, ReadOnlySpan<byte> name)
    {
        foreach (var range in list.Split((byte)','))
        {
            if (list[range].SequenceEqual(name))
                return true;
        }
        return false;
    }

    /// <summary>The number at <paramref name="index"/> of a line of numbers between tabs.</summary>
    private static bool Number(ReadOnlySpan<byte> line, int index, out uint value)
    {
        value = 0;
        foreach (var range in line.Split((byte)'\t'))
        {
            if (index-- == 0)
                return Utf8Parser.TryParse(line[range], out value, out _);
        }
        return false;
    }
}
