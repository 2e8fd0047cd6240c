using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>A BPF operation that the kernel or libbpf refused.</summary>
/// <param name="operation">What was tried, e.g. "load runtime.bpf.o".</param>
/// <param name="errno">Positive.</param>
/// <param name="log">What libbpf said; empty when nothing.</param>
internal sealed class BpfException(string operation, int errno, string log = "")
    : Exception(Compose(operation, errno, log))
{
    private const int OperationNotPermitted = 1, NoSuchEntry = 2, NoSuchProcess = 3, TooBig = 7, NoMemory = 12, AccessDenied = 13,
        Invalid = 22, NoSpace = 28, NotSupported = 95;

    public int Errno { get; } = errno;

    // libbpf: prog 'on_fork': BPF program load failed: Invalid argument
    // libbpf: prog 'on_fork': failed to load: -22
    // libbpf: failed to load object 'runtime'

    /// <summary>The program that the log speaks of last: the one that made the load fail. Null when it names none.</summary>
    public string? Program { get; } = LastProgram(log);

    /// <summary>What an operator can do about it; empty when there is nothing to say.</summary>
    internal static string Hint(int errno) => errno switch
    {
        OperationNotPermitted => "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN before Linux 5.8; lockdown and seccomp can refuse it too",
        AccessDenied => "the verifier refused the program, or tracepoints take CAP_SYS_ADMIN because kernel.perf_event_paranoid is above 2 (Debian, Ubuntu)",
        NoSuchEntry => "the kernel has no such tracepoint, or no BTF (CONFIG_DEBUG_INFO_BTF), or tracefs is not mounted at /sys/kernel/tracing",
        NoSuchProcess => "the kernel has no such tracepoint",
        TooBig => "the program is too large for this kernel's verifier",
        NoMemory => "no memory, or RLIMIT_MEMLOCK is too low before Linux 5.11",
        Invalid => "this kernel does not know the program type, a helper or a map type",
        NoSpace => "no space left for the object",
        NotSupported => "the kernel was built without this hook",
        _ => "",
    };

    private static string? LastProgram(string log)
    {
        const string mark = "prog '";
        var from = log.LastIndexOf(mark, StringComparison.Ordinal) + mark.Length;
        var to = from < mark.Length ? -1 : log.IndexOf('\'', from);
        return to < 0 ? null : log[from..to];
    }

    private static string Compose(string operation, int errno, string log)
    {
        var message = $"{operation}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
        if (Hint(errno) is { Length: > 0 } hint) message += $": {hint}";
        return log.Length == 0 ? message : $"{message}\n{log}";
    }
}
