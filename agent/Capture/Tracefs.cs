using System.Text;
using Tmds.Linux;

namespace Runtime.Agent.Capture;

/// <summary>Tracepoints are found through tracefs, which small systems do not mount.</summary>
internal static unsafe class Tracefs
{
    private const string MountPoint = "/sys/kernel/tracing";

    /// <summary>Where that is not possible the tracepoints' own errors say what is missing.</summary>
    public static void EnsureMounted()
    {
        // libbpf takes debugfs' way when it is there.
        if (Directory.Exists("/sys/kernel/debug/tracing") || Directory.Exists($"{MountPoint}/events")) return;
        fixed (byte* type = "tracefs"u8.ToArray().Append((byte)0).ToArray())
        fixed (byte* target = Encoding.UTF8.GetBytes(MountPoint + '\0'))
            _ = LibC.mount(type, target, type, 0, null);
    }
}
