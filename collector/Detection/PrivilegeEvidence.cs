using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What the first use of a privilege weighs.</summary>
internal static class PrivilegeEvidence
{
    /// <summary>On a host mounts, namespaces and identities are daily work of its own services; power over other processes is not.</summary>
    private const double HostsDailyWork = 2;

    /// <summary>File systems that are the kernel itself, and the way out of a container when they are mounted in one.</summary>
    private static readonly string[] KernelFileSystems = ["cgroup", "cgroup2", "proc", "sysfs", "debugfs", "tracefs", "securityfs", "configfs", "bpf", "devtmpfs", "binfmt_misc"];

    public static Assessment Assess(PrivilegeObservation observation, in Surroundings surroundings)
    {
        var match = ClassOf(observation);
        var ratio = match.Ratio;
        var gravity = match.Gravity;
        if (observation.Scope.IsHost && IsDailyWork(observation.Operation) && !(PrivilegeNames.IsOfAgent(observation) && IsOfPerson(observation.Process)))
        {
            ratio = Math.Min(ratio, HostsDailyWork);
        }

        if (observation.Error != 0)
        {
            // Libraries try what they can do without (io_uring, perf); a refused attempt shows the wish and not the power.
            ratio = Math.Max(1, ratio / 2);
            gravity = gravity > Severity.High ? Severity.High : gravity;
        }

        return Weighing.Weigh(
            [match with { Ratio = ratio, Gravity = gravity }], observation.Process, surroundings, lowerLayer: (observation.Process.Flags & ProcessFlags.UpperLayer) == 0);
    }

    /// <summary>A service manager and a container runtime stop the agent at every update; they have no login.</summary>
    private static bool IsOfPerson(ProcessInfo process) => process.LoginUid != uint.MaxValue;

    private static bool IsDailyWork(PrivilegeOperation operation) => operation is not (
        PrivilegeOperation.Ptrace or PrivilegeOperation.MemoryWrite or PrivilegeOperation.MemoryRead or PrivilegeOperation.TakeDescriptor or PrivilegeOperation.SetName or PrivilegeOperation.Userfaultfd or PrivilegeOperation.Rounding);

    private static ClassMatch ClassOf(PrivilegeObservation o)
    {
        var words = "it " + PrivilegeWords.Did(o, DisplayText.Path);
        return o.Operation switch
        {
            PrivilegeOperation.SetUid => new("became_root", 24, words, "T1548.001"),
            PrivilegeOperation.SetGid => new("became_root", 4, words, "T1548.001"),
            PrivilegeOperation.SetCapabilities => new("capability", 5, words, "T1548"),
            PrivilegeOperation.CapabilityUsed => new("capability", 15, words, "T1548"),
            PrivilegeOperation.Ptrace => PrivilegeNames.Trace(o.Value) switch
            {
                "traceme" => new("traced", 30, words, "T1055.008"),
                "attach" => new("injection", 60, words, "T1055.008", Severity.High),
                _ => new("injection", 80, words, "T1055.008", Severity.High),
            },
            PrivilegeOperation.MemoryWrite => new("injection", 80, words, "T1055", Severity.High),
            PrivilegeOperation.Rounding => new("randomx", 300, words + ", as RandomX does, the proof of work of Monero", "T1496.001", Severity.Critical),
            PrivilegeOperation.MemoryRead => new("memory_of_another", 80, words, "T1003.007", Severity.High),
            PrivilegeOperation.TakeDescriptor => new("injection", 80, words, "T1055", Severity.High),
            PrivilegeOperation.Mount => OfMount(o, words),
            PrivilegeOperation.Unshare when (o.Value & PrivilegeNames.UserNamespace) != 0 => new("user_namespace", 60, words + "; root in a user namespace reaches far more of the kernel", "T1611", Severity.High),
            PrivilegeOperation.Unshare => new("namespace", 15, words, "T1611"),
            PrivilegeOperation.SetNamespace when o.Detail == "host" => new("host_namespace", 300, words, "T1611", Severity.High),
            PrivilegeOperation.SetNamespace => new("other_namespace", 60, words, "T1611", Severity.High),
            PrivilegeOperation.PivotRoot => new("namespace", 60, words, "T1611", Severity.High),
            PrivilegeOperation.Bpf => PrivilegeNames.Bpf(o.Value) switch
            {
                "program_load" or "program_by_id" or "map_by_id" or "link_by_id" or "link_detach" or "program_detach" => new("bpf", 100, words, "T1014", Severity.High),
                _ => new("bpf", 30, words, "T1014", Severity.High),
            },
            PrivilegeOperation.PerfEvent => new("kernel_surface", 8, words, "T1068"),
            PrivilegeOperation.LoadModule => new("kernel_module", 300, words, "T1547.006", Severity.Critical),
            PrivilegeOperation.Keyctl => new("keys", 8, words, "T1552"),
            PrivilegeOperation.Userfaultfd => new("kernel_surface", o.Process.Euid == 0 ? 30 : 60, words + ", which exploits of the kernel use", "T1068", Severity.High),
            PrivilegeOperation.IoUring => new("io_uring", 8, words + ", which does calls past what watches calls", "T1562.001"),
            PrivilegeOperation.Kill when PrivilegeNames.IsOfAgent(o) => new("agent_ended", 100, words, "T1562.001", Severity.High),
            PrivilegeOperation.Kill => new("mass_kill", 60, words, "T1489", Severity.High),
            PrivilegeOperation.SetName => new("masquerade", 80, words, "T1036.004"),
            PrivilegeOperation.OpenByHandle => new("open_by_handle", 80, words + ", past every path and mount", "T1611"),
            _ => new("other_privilege", 2, words, ""),
        };
    }

    private static ClassMatch OfMount(PrivilegeObservation mount, string words)
    {
        if (KernelFileSystems.Contains(PrivilegeNames.MountType(mount)) || PrivilegeNames.MountSource(mount).StartsWith("/dev/", StringComparison.Ordinal))
        {
            return new("mount_of_host", 100, words + ", which leads out of the container", "T1611", Severity.High);
        }

        if (mount.Subject.StartsWith("/proc/", StringComparison.Ordinal))
        {
            return new("mount_over_process", 100, words + ", which hides what is below", "T1564", Severity.High);
        }

        // What changes only how mounts spread, or a mount that was there, takes nothing in.
        return PrivilegeNames.Mount(mount.Value) is "propagation" or "remount" ? new("mount_change", 8, words, "T1611") : new("mount", 60, words, "T1611");
    }
}
