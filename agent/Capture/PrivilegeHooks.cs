namespace Runtime.Agent.Capture;

/// <summary>The programs of identity.bpf.c, capability.bpf.c, namespace.bpf.c, privilege.bpf.c and signal.bpf.c.</summary>
internal static class PrivilegeHooks
{
    public static readonly IReadOnlyList<Hook> All =
    [
        After("setuid", 64, "processes that become root through setuid()"),
        After("setreuid", 65, "processes that become root through setreuid()"),
        After("setresuid", 66, "processes that become root through setresuid()"),
        After("setgid", 67, "processes that take root's group through setgid()"),
        After("setregid", 68, "processes that take root's group through setregid()"),
        After("setresgid", 69, "processes that take root's group through setresgid()"),
        Before("setuid", 70, "processes that become root through setuid()"),
        Before("setreuid", 71, "processes that become root through setreuid()"),
        Before("setresuid", 72, "processes that become root through setresuid()"),
        Before("setgid", 73, "processes that take root's group through setgid()"),
        Before("setregid", 74, "processes that take root's group through setregid()"),
        Before("setresgid", 75, "processes that take root's group through setresgid()"),
        After("capset", 76, "capabilities raised through capset()"),
        After("ptrace", 77, "processes that take hold of others through ptrace()"),
        After("process_vm_writev", 78, "writes into other processes' memory through process_vm_writev()"),
        After("process_vm_readv", 111, "reads of other processes' memory through process_vm_readv()"),
        After("mount", 79, "mounts through mount()"),
        After("fsmount", 80, "mounts made through fsmount()"),
        After("move_mount", 81, "mounts put in place through move_mount()"),
        After("unshare", 82, "namespaces made through unshare()"),
        After("setns", 83, "namespaces joined through setns()"),
        After("pivot_root", 84, "root directories changed through pivot_root()"),
        After("bpf", 85, "BPF programs loaded, attached or taken over"),
        After("perf_event_open", 86, "performance events opened"),
        After("init_module", 87, "kernel modules loaded through init_module()"),
        After("finit_module", 88, "kernel modules loaded through finit_module()"),
        After("keyctl", 89, "keys of the kernel read, changed or handed over"),
        After("userfaultfd", 90, "page faults taken over through userfaultfd()"),
        After("io_uring_setup", 91, "io_uring rings set up"),
        After("pidfd_getfd", 92, "descriptors taken from other processes through pidfd_getfd()"),
        After("open_by_handle_at", 93, "files opened by handle, past every path"),
        new("on_task_rename", 94, EventKind.Privilege, "tp_btf/task_rename", "processes that take a kernel thread's name"),
        new("on_signal_generate", 95, EventKind.Privilege, "tp_btf/signal_generate", "processes that end many others"),
        Before("capset", 100, "capabilities raised through capset()"),
        new("on_clone_namespace", 101, EventKind.Privilege, "tp_btf/sched_process_fork", "namespaces made through clone()"),
        new("on_capability", 110, EventKind.Privilege, "tp_btf/cap_capable", "first uses of capabilities that reach the node (from Linux 6.14 on)"),
    ];

    private static Hook After(string call, int id, string loses) =>
        new($"on_{call}", id, EventKind.Privilege, $"tp/syscalls/sys_exit_{call}", loses);

    /// <summary>Sees who the caller was; alone it tells nothing.</summary>
    private static Hook Before(string call, int id, string loses) =>
        new($"on_before_{call}", id, EventKind.Privilege, $"tp/syscalls/sys_enter_{call}", loses);
}
