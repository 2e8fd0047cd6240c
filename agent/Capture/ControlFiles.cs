namespace Runtime.Agent.Capture;

/// <summary>Files by which the kernel is told what to do: who writes them acts on the node, from whichever container.</summary>
/// <remarks>
/// core(5), cgroups(7) release_agent, Documentation/admin-guide/{binfmt-misc,sysrq}.rst, lib/kobject_uevent.c, kernel/module/kmod.c. They lie where
/// they are mounted; a container may mount them elsewhere, so the ends are what is compared.
/// </remarks>
internal static class ControlFiles
{
    private static readonly byte[][] Ends =
    [
        .. new[]
        {
            "/sys/kernel/core_pattern", "/sys/kernel/modprobe", "/sys/kernel/hotplug", "/sys/kernel/usermodehelper/bset", "/sys/kernel/usermodehelper/inheritable",
            "/kernel/uevent_helper", "/release_agent", "/notify_on_release", "/binfmt_misc/register", "/sysrq-trigger", "/sys/vm/nr_hugepages", "/sys/vm/nr_overcommit_hugepages",
            "/sys/vm/mmap_min_addr", "/sys/kernel/kptr_restrict", "/sys/kernel/randomize_va_space", "/sys/kernel/yama/ptrace_scope", "/sys/kernel/unprivileged_bpf_disabled",
            "/sys/kernel/perf_event_paranoid", "/sys/fs/suid_dumpable",
        }.Select(global::System.Text.Encoding.ASCII.GetBytes),
    ];

    /// <param name="path">Absolute.</param>
    public static bool Contains(ReadOnlySpan<byte> path)
    {
        // "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
        if (path.EndsWith("/nr_hugepages"u8) && path.IndexOf("/hugepages-"u8) >= 0)
            return true;
        foreach (var end in Ends)
            if (path.EndsWith(end)) return true;
        return false;
    }
}
