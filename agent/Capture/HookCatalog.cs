namespace Runtime.Agent.Capture;

/// <summary>One program of the kernel side.</summary>
/// <param name="Program">Its function's name in agent/bpf.</param>
/// <param name="Id">enum program_id of programs.h: its place in the map "counters".</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Loses">What a node without it does not see, in words.</param>
/// <param name="Call">The target of the system call without which there is nothing to see.</param>
/// <param name="Twin">The program that does the same on other kernels: where its tracepoint is, this one is not missed.</param>
/// <param name="Over">The map for each of whose entries it runs when the agent asks; null for a program that the kernel runs by itself.</param>
internal sealed record Hook(string Program, int Id, EventKind Kind, string Target, string Loses, string? Call = null, string? Twin = null, string? Over = null)
{
    /// <summary>As counters and <see cref="HookState"/> name it: the program without "on_".</summary>
    public string Name => Program["on_".Length..];
}

/// <summary>Every program of the object; a test compares the list with the object itself.</summary>
internal static class HookCatalog
{
    /// <summary>Bounds <see cref="Hook.Id"/>: PROGRAM_LIMIT of programs.h.</summary>
    public const int ProgramLimit = 128;

    public static readonly IReadOnlyList<Hook> All =
    [
        new("on_fork", 0, EventKind.Fork, "tp_btf/sched_process_fork", "processes that start without a new program; lineage is then repaired from /proc"),
        new("on_exec", 1, EventKind.Exec, "tp_btf/sched_process_exec", "program starts"),
        new("on_exit", 2, EventKind.Exit, "tp_btf/sched_process_exit", "ends of processes, their exit codes and run times"),
        new("on_cgroup_mkdir", 3, EventKind.Cgroup, "tp_btf/cgroup_mkdir", "new containers' cgroups at once; they are then found by scanning"),
        new("on_cgroup_rmdir", 4, EventKind.Cgroup, "tp_btf/cgroup_rmdir", "ends of containers at once; they are then found by scanning"),
        File("open", 10, "files opened for writing, created, or read where sensitive, through open()"),
        File("openat", 11, "files opened for writing, created, or read where sensitive, through openat()"),
        File("openat2", 12, "files opened for writing, created, or read where sensitive, through openat2()"),
        File("creat", 13, "files created through creat()"),
        File("rename", 14, "renames through rename()"),
        File("renameat", 15, "renames through renameat()"),
        File("renameat2", 16, "renames through renameat2()"),
        File("unlink", 17, "files removed through unlink()"),
        File("unlinkat", 18, "files removed through unlinkat()"),
        File("link", 19, "hard links made through link()"),
        File("linkat", 20, "hard links made through linkat()"),
        File("symlink", 21, "symbolic links made through symlink()"),
        File("symlinkat", 22, "symbolic links made through symlinkat()"),
        File("chmod", 23, "files made executable through chmod()"),
        File("fchmod", 24, "files made executable through fchmod()"),
        File("fchmodat", 25, "files made executable through fchmodat()"),
        File("fchmodat2", 26, "files made executable through fchmodat2(), which Linux has from 6.6 on"),
        File("truncate", 27, "files cut through truncate()"),
        new("on_map_writable", 28, EventKind.File, "tp/syscalls/sys_exit_mmap", "files that are written through shared memory, past every call"),
        File("setxattr", 29, "extended attributes set through setxattr()"),
        File("lsetxattr", 30, "extended attributes set through lsetxattr()"),
        File("fsetxattr", 31, "extended attributes set through fsetxattr()"),
        File("ioctl", 32, "attributes such as immutable, set by chattr"),
        File("mknod", 33, "device nodes made through mknod()"),
        File("mknodat", 34, "device nodes made through mknodat()"),
        File("utimensat", 35, "modification times set by hand through utimensat()"),
        File("utimes", 36, "modification times set by hand through utimes()"),
        File("utime", 37, "modification times set by hand through utime()"),
        File("futimesat", 38, "modification times set by hand through futimesat()"),
        File("file_setattr", 39, "attributes such as immutable, set through file_setattr(), which Linux has from 6.17 on"),
        new("on_set_state", 40, EventKind.Network, "tp_btf/inet_sock_set_state", "TCP connects, listeners and closes"),
        new("on_send", 41, EventKind.Network, "tp_btf/sock_send_length", "the first bytes of new TCP connections and questions to name servers (from Linux 6.3 on): protocols are judged by port only, peers have addresses only"),
        Network("connect", 42, "UDP peers through connect(), TCP connects that fail without a packet, connections to runtimes' sockets"),
        Network("socket", 48, "packet, raw and ICMP sockets, and those to the hypervisor or the kernel's ciphers"),
        Network("accept", 43, "accepted TCP connections through accept()"),
        Network("accept4", 44, "accepted TCP connections through accept4()"),
        Network("sendto", 45, "UDP peers through sendto()"),
        Network("sendmsg", 46, "UDP peers through sendmsg()"),
        Network("sendmmsg", 47, "UDP peers through sendmmsg()"),
        new(FlowProgress.Program, 49, EventKind.Network, "iter/bpf_map_elem", "what connections that live long have moved, before they end", Over: "connections"),
        new(RoundingScan.Program, 112, EventKind.Privilege, "iter/task", "miners of RandomX that are told by how they round, whatever they are called and wherever they connect"),
        new("on_name_sendmmsg", 61, EventKind.Network, "tp/syscalls/sys_exit_sendmmsg", "questions to name servers through sendmmsg(), as the C library asks"),
        new("on_name_receive", 62, EventKind.Network, "tp_btf/sock_recv_length", "answers of name servers (from Linux 6.3 on): peers have addresses only"),
        .. PrivilegeHooks.All,
        .. LibraryHooks.All,
        .. UringHooks.All,
        File("removexattr", 105, "extended attributes removed through removexattr()"),
        File("lremovexattr", 106, "extended attributes removed through lremovexattr()"),
        File("fremovexattr", 107, "extended attributes removed through fremovexattr()"),
        File("setxattrat", 108, "extended attributes set through setxattrat(), which Linux has from 6.13 on"),
        File("removexattrat", 109, "extended attributes removed through removexattrat(), which Linux has from 6.13 on"),
    ];

    private static Hook File(string call, int id, string loses) =>
        new($"on_{call}", id, EventKind.File, $"tp/syscalls/sys_exit_{call}", loses);

    private static Hook Network(string call, int id, string loses) =>
        new($"on_{call}", id, EventKind.Network, $"tp/syscalls/sys_exit_{call}", loses);
}
