using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Runtime.Stack;

/// <summary>
/// Keeps the tracepoints of the kernel side in use while the tests run, so that an agent that ends is not the last one: at each tracepoint's
/// last user the kernel waits some 20 ms, one after the other, for every processor (perf_trace_event_unreg in kernel/trace/trace_event_perf.c).
/// An agent's end then takes 0.3 s and not 2.5. Nothing of what an agent sees or misses depends on it.
/// </summary>
/// <remarks>Where it cannot hold them (no root, no tracefs) the tests are slower. The kernel gives the events back when the process ends.</remarks>
public sealed partial class HeldTracepoints : IDisposable
{
    private const int AttributeBytes = 128; // PERF_ATTR_SIZE_VER7
    private const uint TypeTracepoint = 2;
    private const ulong FlagDisabled = 1;
    private const ulong CloseOnExec = 8;

    // Bounded by the programs of agent/bpf.
    private readonly List<int> _events = [];

    public HeldTracepoints()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Runtime.sln"))) folder = folder.Parent;
        var built = Path.Combine(folder?.FullName ?? "", "agent", "bpf", "out", "runtime.bpf.o");
        if (folder is null || !File.Exists(built)) return;
        foreach (var target in SectionName().Matches(File.ReadAllText(built, Encoding.Latin1)).Select(m => m.Groups[1].Value).Distinct())
        {
            var identity = $"/sys/kernel/tracing/events/{target}/id";
            if (!File.Exists(identity)) continue;
            var attribute = new byte[AttributeBytes];
            BinaryPrimitives.WriteUInt32LittleEndian(attribute, TypeTracepoint);
            BinaryPrimitives.WriteUInt32LittleEndian(attribute.AsSpan(4), AttributeBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(attribute.AsSpan(8), ulong.Parse(File.ReadAllText(identity)));
            BinaryPrimitives.WriteUInt64LittleEndian(attribute.AsSpan(40), FlagDisabled);
            var descriptor = (int)Call(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 241 : 298, attribute, -1, 0, -1, CloseOnExec);
            if (descriptor >= 0) _events.Add(descriptor);
        }
    }

    public void Dispose()
    {
        foreach (var descriptor in _events) _ = Close(descriptor);
    }

    /// <summary>Of the object: "tp/syscalls/sys_exit_openat", ended by a zero.</summary>
    [GeneratedRegex("tp/([a-z0-9_]+/[a-z0-9_]+)\0")]
    private static partial Regex SectionName();

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long Call(long number, [In] byte[] attribute, int process, int processor, int group, ulong flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
