using System.Globalization;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Hardening;

/// <summary>linux/capability.h, as far as the agent speaks of them.</summary>
internal enum Capability
{
    DacOverride = 1,
    DacReadSearch = 2,
    SetPcap = 8,
    NetAdmin = 12,
    SysPtrace = 19,
    SysAdmin = 21,
    Perfmon = 38,
    Bpf = 39,
}

/// <summary>The process's capabilities: capabilities(7).</summary>
internal static unsafe partial class Capabilities
{
    private const int CapabilityBoundingSetDrop = 24; // PR_CAPBSET_DROP, linux/prctl.h

    /// <summary>What a running agent uses: other processes' links below /proc, other users' files, sockets of .NET processes of other users.</summary>
    public static readonly IReadOnlyList<Capability> OfARunningAgent = [Capability.SysPtrace, Capability.DacReadSearch, Capability.DacOverride];

    /// <param name="rung">
    /// The first: before Linux 5.19 also the maps of one's own programs need a capability (kernel/bpf/syscall.c, sysctl_unprivileged_bpf_disabled).
    /// The second: fanotify and other network namespaces need SYS_ADMIN for as long as it watches, the proc connector and sock_diag NET_ADMIN.
    /// </param>
    /// <param name="kernelRelease">"6.18.44", "5.10.0-28-amd64".</param>
    public static IReadOnlyList<Capability> ToKeep(int rung, string kernelRelease)
    {
        if (rung > 1)
            return rung == 2 ? [.. OfARunningAgent, Capability.NetAdmin, Capability.SysAdmin] : OfARunningAgent;
        var parts = kernelRelease.Split('.', '-');
        var isOld = parts.Length < 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor) || (major, minor).CompareTo((5, 19)) < 0;
        return isOld ? [.. OfARunningAgent, Capability.Bpf] : OfARunningAgent;
    }

    /// <summary>The sets of the calling thread, as a bit each.</summary>
    public static ulong Read(string set) =>
        // CapEff:	000001ffffffffff
        ulong.Parse(
            File.ReadLines("/proc/thread-self/status").First(line => line.StartsWith(set + ":", StringComparison.Ordinal))[(set.Length + 1)..].Trim(),
            NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>What the next program that this thread executes can have at most. Needs SETPCAP.</summary>
    /// <returns>errno; 0 when all is done.</returns>
    public static int BoundTo(IReadOnlyList<Capability> kept)
    {
        var bounding = Read("CapBnd");
        for (var capability = 0; capability < 64; capability++)
        {
            if ((bounding >> capability & 1) == 0 || kept.Contains((Capability)capability))
                continue;
            if (prctl(CapabilityBoundingSetDrop, (nuint)capability, 0, 0, 0) != 0)
                return Marshal.GetLastPInvokeError();
        }
        return 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);
}
