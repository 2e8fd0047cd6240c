using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

internal sealed partial class ItemKey
{
    /// <remarks>
    /// privilege  /usr/bin/strace|ptrace|attach /bin/app       what was done, and to whom
    ///            /usr/bin/node|io_uring||refused              a refused attempt is another behaviour than one that succeeds
    /// Mount points are not part of it: storage drivers make a new one for each volume.
    /// </remarks>
    public ReadOnlySpan<char> Privilege(PrivilegeObservation privilege)
    {
        Start(ItemKind.Privilege);
        Part(privilege.Process.Binary);
        Raw("|");
        Raw(OperationName(privilege.Operation));
        Raw("|");
        Part(Variant(privilege));
        if (privilege.Error != 0)
        {
            Raw("|refused");
        }

        return Finish();
    }

    public static string OperationName(PrivilegeOperation operation) => operation switch
    {
        PrivilegeOperation.SetUid => "setuid",
        PrivilegeOperation.SetGid => "setgid",
        PrivilegeOperation.SetCapabilities => "capset",
        PrivilegeOperation.CapabilityUsed => "capability",
        PrivilegeOperation.Ptrace => "ptrace",
        PrivilegeOperation.MemoryWrite => "memory_write",
        PrivilegeOperation.MemoryRead => "memory_read",
        PrivilegeOperation.Rounding => "rounding",
        PrivilegeOperation.Mount => "mount",
        PrivilegeOperation.Unshare => "unshare",
        PrivilegeOperation.SetNamespace => "setns",
        PrivilegeOperation.PivotRoot => "pivot_root",
        PrivilegeOperation.Bpf => "bpf",
        PrivilegeOperation.PerfEvent => "perf_event",
        PrivilegeOperation.LoadModule => "module",
        PrivilegeOperation.Keyctl => "keyctl",
        PrivilegeOperation.Userfaultfd => "userfaultfd",
        PrivilegeOperation.IoUring => "io_uring",
        PrivilegeOperation.Kill => "kill",
        PrivilegeOperation.SetName => "kernel_name",
        PrivilegeOperation.TakeDescriptor => "take_descriptor",
        PrivilegeOperation.OpenByHandle => "open_by_handle",
        _ => "unknown",
    };

    private static string Variant(PrivilegeObservation o) => o.Operation switch
    {
        PrivilegeOperation.SetUid or PrivilegeOperation.SetGid => o.Value == 0 ? "root" : "other",
        PrivilegeOperation.CapabilityUsed => PrivilegeNames.Capability(o.Value),
        PrivilegeOperation.Ptrace => $"{PrivilegeNames.Trace(o.Value)} {VaryingPath.Type(o.Subject)}",
        PrivilegeOperation.MemoryWrite or PrivilegeOperation.MemoryRead or PrivilegeOperation.TakeDescriptor => VaryingPath.Type(o.Subject),
        PrivilegeOperation.Mount => MountVariant(o),
        PrivilegeOperation.Unshare => PrivilegeNames.NamespacesOf(o.Value),
        PrivilegeOperation.SetNamespace => $"{PrivilegeNames.NamespacesOf(o.Value)} {o.Detail}",
        PrivilegeOperation.Bpf => PrivilegeNames.Bpf(o.Value),
        PrivilegeOperation.Keyctl => PrivilegeNames.Keyctl(o.Value),
        PrivilegeOperation.Kill when PrivilegeNames.IsOfAgent(o) => $"{PrivilegeNames.Signal(o.Value)} {o.Detail}",
        PrivilegeOperation.Kill => PrivilegeNames.Signal(o.Value),
        _ => "",
    };

    private static string MountVariant(PrivilegeObservation mount)
    {
        var kind = PrivilegeNames.Mount(mount.Value);
        var type = PrivilegeNames.MountType(mount);
        var device = PrivilegeNames.MountSource(mount).StartsWith("/dev/", StringComparison.Ordinal) ? " device" : "";
        return (kind == "new" ? type : kind) + device;
    }
}
