using System.Text;
using Tmds.Linux;

namespace Runtime.Agent.Capture;

/// <summary>Tracepoints are found through tracefs, which small systems do not mount.</summary>
internal static unsafe class Tracefs
{
    private const string MountPoint = "/sys/kernel/tracing";
    private const string DebugMountPoint = "/sys/kernel/debug/tracing";

    /// <summary>Where that is not possible the tracepoints' own errors say what is missing.</summary>
    public static void EnsureMounted()
    {
        // libbpf takes debugfs' way when it is there.
        if (Directory.Exists(DebugMountPoint) || Directory.Exists($"{MountPoint}/events")) return;
        fixed (byte* type = "tracefs"u8.ToArray().Append((byte)0).ToArray())
        fixed (byte* target = Encoding.UTF8.GetBytes(MountPoint + '\0'))
            _ = LibC.mount(type, target, type, 0, null);
    }

    /// <summary>
    /// The kernel was built without that system call (modules, older kernels), so there is nothing to see. False where that cannot
    /// be told, and for targets that are no system call's.
    /// </summary>
    /// <param name="target">"tp/syscalls/sys_exit_openat"; the category's folder lists the calls that there are.</param>
    public static bool LacksCall(string target)
    {
        if (!target.StartsWith("tp/syscalls/", StringComparison.Ordinal)) return false;
        var events = Directory.Exists(DebugMountPoint) ? $"{DebugMountPoint}/events" : $"{MountPoint}/events";
        return Directory.Exists($"{events}/syscalls") && !Directory.Exists($"{events}/{target["tp/".Length..]}");
    }
}
