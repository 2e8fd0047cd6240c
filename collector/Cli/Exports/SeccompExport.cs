using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runtime.Cli.Exports;

/// <summary>
/// A seccomp profile as OCI runtimes, containerd and Docker take it. Baselines do not know calls: it is the usual profile of container runtimes, less those calls whose use the agent
/// tells of and the baseline does not have.
/// </summary>
internal static class SeccompExport
{
    private const int NotPermitted = 1;
    private const int NoSuchCall = 38;

    // CLONE_NEWNS and the other namespaces'.
    private const long NewNamespaces = 0x7E020000;
    private const int VirtualSockets = 40;

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Calls by what the agent tells of.</summary>
    private static readonly (string Operation, string[] Calls)[] _watched =
    [
        ("bpf", ["bpf"]),
        ("io_uring", ["io_uring_enter", "io_uring_register", "io_uring_setup"]),
        ("keyctl", ["add_key", "keyctl", "request_key"]),
        ("memory_read", ["process_vm_readv"]),
        ("memory_write", ["process_vm_writev"]),
        ("module", ["delete_module", "finit_module", "init_module"]),
        ("mount", ["fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree", "umount", "umount2"]),
        ("open_by_handle", ["open_by_handle_at"]),
        ("perf_event", ["perf_event_open"]),
        ("pivot_root", ["pivot_root"]),
        ("ptrace", ["ptrace"]),
        ("setns", ["setns"]),
        ("take_descriptor", ["pidfd_getfd"]),
        ("unshare", ["unshare"]),
        ("userfaultfd", ["userfaultfd"]),
    ];

    /// <summary>What container runtimes allow to everybody, without what is watched.</summary>
    private static readonly string[] _usual =
        """
        _llseek _newselect accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget capset chdir chmod chown chown32 chroot clock_adjtime clock_adjtime64 clock_getres
        clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
        epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate
        fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs
        fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat get_mempolicy get_robust_list get_thread_area getcpu getcwd
        getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
        getresgid32 getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr inotify_add_watch inotify_init inotify_init1
        inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc kill landlock_add_rule
        landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat lstat64 madvise map_shadow_stack
        membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify mq_open mq_timedreceive
        mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat open
        openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6
        pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat
        renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
        rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
        sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send
        sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer
        setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr shmat shmctl shmdt
        shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs
        sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64
        timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid
        write writev
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    public static string Of(ExportSource source)
    {
        // A call that was refused was tried: it needs no right.
        var used = source.Privileges.Where(privilege => !privilege.IsRefused).Select(privilege => privilege.Operation).ToHashSet();
        var allowed = _usual.Concat(_watched.Where(watched => used.Contains(watched.Operation)).SelectMany(watched => watched.Calls)).Order(StringComparer.Ordinal);
        string[] limits =
        [
            "which calls were made: baselines do not know them. It is what container runtimes allow by default, less these, whose use the agent tells of and this baseline does not have: "
                + string.Join(", ", _watched.Where(watched => !used.Contains(watched.Operation)).SelectMany(watched => watched.Calls).Order(StringComparer.Ordinal)),
            "what each capability allows besides: calls that runtimes allow to holders of capabilities are not in it, but for those of this baseline",
            "which program calls, and with what: a profile is for the whole container",
        ];
        var profile = new JsonObject
        {
            // JSON knows no comments; runtimes pass over a key that they do not know.
            ["comment"] = new JsonArray([.. ExportText.Comment(source, "Seccomp profile", limits, []).Select(line => (JsonNode)JsonValue.Create(line))]),
            ["defaultAction"] = "SCMP_ACT_ERRNO",
            ["defaultErrnoRet"] = NotPermitted,
            ["architectures"] = new JsonArray("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"),
            ["syscalls"] = new JsonArray(
                Rule("SCMP_ACT_ALLOW", [.. allowed]),
                Rule("SCMP_ACT_ALLOW", ["clone"], Argument(0, NewNamespaces, "SCMP_CMP_MASKED_EQ", 0)),
                Errno(["clone3"], NoSuchCall),
                Rule("SCMP_ACT_ALLOW", ["socket"], Argument(0, VirtualSockets, "SCMP_CMP_NE")),
                Rule("SCMP_ACT_ALLOW", ["personality"], Argument(0, 0x0, "SCMP_CMP_EQ")),
                Rule("SCMP_ACT_ALLOW", ["personality"], Argument(0, 0x8, "SCMP_CMP_EQ")),
                Rule("SCMP_ACT_ALLOW", ["personality"], Argument(0, 0x20000, "SCMP_CMP_EQ")),
                Rule("SCMP_ACT_ALLOW", ["personality"], Argument(0, 0x20008, "SCMP_CMP_EQ")),
                Rule("SCMP_ACT_ALLOW", ["personality"], Argument(0, 0xFFFFFFFF, "SCMP_CMP_EQ"))),
        };
        return profile.ToJsonString(_indented) + "\n";
    }

    private static JsonObject Rule(string action, string[] names, JsonObject? argument = null)
    {
        var rule = new JsonObject { ["names"] = new JsonArray([.. names.Select(name => (JsonNode)JsonValue.Create(name))]), ["action"] = action };
        if (argument is not null)
        {
            rule["args"] = new JsonArray(argument);
        }

        return rule;
    }

    private static JsonObject Errno(string[] names, int errno)
    {
        var rule = Rule("SCMP_ACT_ERRNO", names);
        rule["errnoRet"] = errno;
        return rule;
    }

    private static JsonObject Argument(int index, long value, string comparison, long? second = null)
    {
        var argument = new JsonObject { ["index"] = index, ["value"] = value, ["op"] = comparison };
        if (second is { } other)
        {
            argument["valueTwo"] = other;
        }

        return argument;
    }
}
