using System.Runtime.InteropServices;

namespace Runtime.Agent.Hardening;

/// <summary>
/// A seccomp filter over all threads: calls that an agent at work never makes, and that would give whoever took it over power over the node.
/// They are refused with EPERM. Seccomp cannot read memory, so execve stays: the probes of sight need it. open_by_handle_at stays too: it finds a
/// cgroup's folder by the number that the kernel's events name it by.
/// </summary>
/// <remarks>kernel: include/uapi/linux/{seccomp,filter,audit}.h. Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.</remarks>
internal static unsafe partial class SystemCallFilter
{
    private const int SetNoNewPrivileges = 38;  // PR_SET_NO_NEW_PRIVS
    private const long ModeFilter = 1;          // SECCOMP_SET_MODE_FILTER
    private const long AllThreads = 1;          // SECCOMP_FILTER_FLAG_TSYNC
    private const uint Allow = 0x7fff0000, Refuse = 0x00050000 | 1; // SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM

    // BPF_LD | BPF_W | BPF_ABS; BPF_JMP | BPF_JEQ | BPF_K; BPF_JMP | BPF_JGE | BPF_K; BPF_ALU | BPF_AND | BPF_K; BPF_RET | BPF_K
    private const ushort Load = 0x20, JumpEqual = 0x15, JumpAtLeast = 0x35, And = 0x54, Return = 0x06;

    // struct seccomp_data: nr, arch, instruction_pointer, args[6]; low words first on both processors.
    private const uint NumberAt = 0, ArchitectureAt = 4, FirstArgumentAt = 16, SecondArgumentAt = 24;

    /// <summary>x86-64 | x32's numbers: the same calls under other numbers.</summary>
    private const uint X32Bit = 0x40000000;

    private const uint AddressFamilyUnix = 1, AddressFamilyInternet = 2, AddressFamilyInternet6 = 10, AddressFamilyNetlink = 16;
    private const uint SocketTypeMask = 0xf, SocketRaw = 3;

    /// <summary>Number on x86-64, number on arm64 (-1: there is none), name.</summary>
    internal static readonly (int X64, int Arm64, string Name)[] Refused =
    [
        (101, 117, "ptrace"), (310, 270, "process_vm_readv"), (311, 271, "process_vm_writev"),
        (165, 40, "mount"), (166, 39, "umount2"), (155, 41, "pivot_root"), (161, 51, "chroot"), (428, 428, "open_tree"), (429, 429, "move_mount"), (430, 430, "fsopen"),
        (431, 431, "fsconfig"), (432, 432, "fsmount"), (433, 433, "fspick"), (442, 442, "mount_setattr"),
        (272, 97, "unshare"), (175, 105, "init_module"), (313, 273, "finit_module"), (176, 106, "delete_module"),
        (246, 104, "kexec_load"), (320, 294, "kexec_file_load"), (169, 142, "reboot"), (167, 224, "swapon"), (168, 225, "swapoff"),
        (248, 217, "add_key"), (249, 218, "request_key"), (250, 219, "keyctl"), (298, 241, "perf_event_open"), (323, 282, "userfaultfd"),
        (425, 425, "io_uring_setup"), (426, 426, "io_uring_enter"), (427, 427, "io_uring_register"), (135, 92, "personality"), (163, 89, "acct"),
        (164, 170, "settimeofday"), (227, 112, "clock_settime"), (159, 171, "adjtimex"), (305, 266, "clock_adjtime"),
        (170, 161, "sethostname"), (171, 162, "setdomainname"), (179, 60, "quotactl"), (103, 116, "syslog"), (153, 58, "vhangup"),
        (172, -1, "iopl"), (173, -1, "ioperm"), (154, -1, "modify_ldt"), (133, -1, "mknod"), (259, 33, "mknodat"),
        (105, 146, "setuid"), (106, 144, "setgid"), (113, 145, "setreuid"), (114, 143, "setregid"), (117, 147, "setresuid"), (119, 149, "setresgid"), (116, 159, "setgroups"),
        (126, 91, "capset"), (322, 281, "execveat"),
    ];

    /// <summary>
    /// BPF_MAP_LOOKUP_ELEM to BPF_MAP_GET_NEXT_KEY, BPF_OBJ_GET_INFO_BY_FD, BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_ITER_CREATE: for one's own
    /// maps and links.
    /// </summary>
    private static readonly uint[] BpfCommands = [1, 2, 3, 4, 15, 25, 33];

    /// <summary>Applies to every thread of the process, now and later, and to what it executes.</summary>
    /// <returns>errno; 0 when it is in force.</returns>
    public static int Install()
    {
        var isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        if (prctl(SetNoNewPrivileges, 1, 0, 0, 0) != 0)
            return Marshal.GetLastPInvokeError();
        var program = Assemble(isArm);
        fixed (Instruction* instructions = program)
        {
            var filter = new Program { Length = (ushort)program.Length, Instructions = instructions };
            // A positive answer names a thread that could not take the filter.
            return syscall(isArm ? 277 : 317, ModeFilter, AllThreads, &filter) switch
            {
                0 => 0,
                -1 => Marshal.GetLastPInvokeError(),
                _ => 11, // EAGAIN
            };
        }
    }

    internal static Instruction[] Assemble(bool isArm)
    {
        var program = new List<Instruction>
        {
            new(Load, 0, 0, ArchitectureAt),
            // AUDIT_ARCH_AARCH64, AUDIT_ARCH_X86_64: calls of another processor's table would pass under other numbers.
            new(JumpEqual, 1, 0, isArm ? 0xC00000B7 : 0xC000003E),
            new(Return, 0, 0, Refuse),
            new(Load, 0, 0, NumberAt),
        };
        if (!isArm)
        {
            program.Add(new(JumpAtLeast, 0, 1, X32Bit));
            program.Add(new(Return, 0, 0, Refuse));
        }
        foreach (var (x64, arm64, _) in Refused)
        {
            if ((isArm ? arm64 : x64) is >= 0 and var number)
            {
                program.Add(new(JumpEqual, 0, 1, (uint)number));
                program.Add(new(Return, 0, 0, Refuse));
            }
        }
        AddBpf(program, isArm ? 280u : 321u);
        AddSocket(program, isArm ? 198u : 41u);
        program.Add(new(Return, 0, 0, Allow));
        return [.. program];
    }

    /// <summary>Own maps stay in reach; nothing is loaded, attached or taken over any more.</summary>
    private static void AddBpf(List<Instruction> program, uint number)
    {
        program.Add(new(JumpEqual, 0, (byte)(BpfCommands.Length + 3), number));
        program.Add(new(Load, 0, 0, FirstArgumentAt));
        for (var i = 0; i < BpfCommands.Length; i++)
            program.Add(new(JumpEqual, (byte)(BpfCommands.Length - i), 0, BpfCommands[i]));
        program.Add(new(Return, 0, 0, Refuse));
        program.Add(new(Return, 0, 0, Allow));
    }

    /// <summary>Unix, internet and netlink sockets, none of them raw but netlink's, which are all.</summary>
    private static void AddSocket(List<Instruction> program, uint number)
    {
        program.Add(new(JumpEqual, 0, 11, number));
        program.Add(new(Load, 0, 0, FirstArgumentAt));
        program.Add(new(JumpEqual, 7, 0, AddressFamilyNetlink));
        program.Add(new(JumpEqual, 6, 0, AddressFamilyUnix));
        program.Add(new(JumpEqual, 2, 0, AddressFamilyInternet));
        program.Add(new(JumpEqual, 1, 0, AddressFamilyInternet6));
        program.Add(new(Return, 0, 0, Refuse));
        program.Add(new(Load, 0, 0, SecondArgumentAt));
        program.Add(new(And, 0, 0, SocketTypeMask));
        program.Add(new(JumpEqual, 1, 0, SocketRaw));
        program.Add(new(Return, 0, 0, Allow));
        program.Add(new(Return, 0, 0, Refuse));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, long first, long second, void* third);

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct Instruction(ushort Code, byte JumpTrue, byte JumpFalse, uint Value);

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public ushort Length;
        public Instruction* Instructions;
    }
}
