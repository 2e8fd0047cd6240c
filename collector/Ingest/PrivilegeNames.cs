using System.Globalization;

namespace Runtime.Collector.Ingest;

/// <summary>What the numbers of a privilege observation stand for, as the kernel's headers name them.</summary>
internal static class PrivilegeNames
{
    /// <summary>A signal that halts or ends the agent itself, and not many others.</summary>
    public static bool IsOfAgent(PrivilegeObservation kill) => kill is { Operation: PrivilegeOperation.Kill, Detail: "agent" };

    // linux/sched.h
    private static readonly (ulong Flag, string Name)[] Namespaces =
    [
        (0x0000_0080, "time"), (0x0002_0000, "mount"), (0x0200_0000, "cgroup"), (0x0400_0000, "uts"), (0x0800_0000, "ipc"), (0x1000_0000, "user"), (0x2000_0000, "pid"), (0x4000_0000, "network"),
    ];

    /// <summary>CLONE_NEWUSER.</summary>
    public const ulong UserNamespace = 0x1000_0000;

    /// <summary>CLONE_* flags: "user, mount".</summary>
    public static string NamespacesOf(ulong flags) => string.Join(", ", Namespaces.Where(entry => (flags & entry.Flag) != 0).Select(entry => entry.Name));

    /// <summary>linux/ptrace.h: what a request does.</summary>
    public static string Trace(ulong request) => request switch
    {
        0 => "traceme",
        16 or 0x4206 => "attach",
        _ => "write",
    };

    /// <summary>linux/mount.h: what kind of mount the flags ask for.</summary>
    public static string Mount(ulong flags) =>
        (flags & 0x20) != 0 ? "remount"
        : (flags & 0x1000) != 0 ? "bind"
        : (flags & 0x2000) != 0 ? "move"
        : (flags & 0x1e_0000) != 0 ? "propagation"
        : "new";

    /// <summary>The file system's type: "tmpfs none" is type and source. Empty when none was given.</summary>
    public static string MountType(PrivilegeObservation mount)
    {
        var space = mount.Detail.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 ? mount.Detail[..space] : "";
    }

    public static string MountSource(PrivilegeObservation mount)
    {
        var space = mount.Detail.IndexOf(' ', StringComparison.Ordinal);
        return space >= 0 ? mount.Detail[(space + 1)..] : "";
    }

    /// <summary>linux/bpf.h, enum bpf_cmd.</summary>
    public static string Bpf(ulong command) => command switch
    {
        5 => "program_load",
        8 => "program_attach",
        9 => "program_detach",
        13 => "program_by_id",
        14 => "map_by_id",
        17 => "tracepoint_open",
        28 => "link_create",
        29 => "link_update",
        30 => "link_by_id",
        34 => "link_detach",
        _ => Number(command),
    };

    /// <summary>linux/keyctl.h.</summary>
    public static string Keyctl(ulong operation) => operation switch
    {
        2 => "update",
        3 => "revoke",
        4 => "chown",
        5 => "setperm",
        8 => "link",
        10 => "search",
        11 => "read",
        29 => "restrict",
        30 => "move",
        32 => "watch",
        _ => Number(operation),
    };

    public static string Signal(ulong signal) => signal switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        6 => "SIGABRT",
        9 => "SIGKILL",
        15 => "SIGTERM",
        19 => "SIGSTOP",
        _ => "signal " + Number(signal),
    };

    public static string Error(int error) => error switch
    {
        1 => "EPERM",
        2 => "ENOENT",
        9 => "EBADF",
        13 => "EACCES",
        22 => "EINVAL",
        38 => "ENOSYS",
        _ => "errno " + Number((ulong)error),
    };

    /// <summary>Linux capability's number, linux/capability.h: the ones that matter by name.</summary>
    public static string Capability(ulong number) => number switch
    {
        1 => "CAP_DAC_OVERRIDE",
        2 => "CAP_DAC_READ_SEARCH",
        6 => "CAP_SETGID",
        7 => "CAP_SETUID",
        12 => "CAP_NET_ADMIN",
        13 => "CAP_NET_RAW",
        16 => "CAP_SYS_MODULE",
        17 => "CAP_SYS_RAWIO",
        18 => "CAP_SYS_CHROOT",
        19 => "CAP_SYS_PTRACE",
        21 => "CAP_SYS_ADMIN",
        38 => "CAP_PERFMON",
        39 => "CAP_BPF",
        _ => "capability " + Number(number),
    };

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
