using Runtime.Agent.Processes;

namespace Runtime.Agent.Capture.Scan;

/// <summary>A living process as the rungs without kernel programs know it.</summary>
internal sealed class Sighting(uint pid, ulong startBootNs)
{
    public uint Pid => pid;

    /// <summary>In /proc's steps of 10 ms.</summary>
    public ulong StartBootNs => startBootNs;

    public uint ParentPid { get; set; }
    public CgroupKey Cgroup { get; set; }

    /// <summary>When <see cref="Cgroup"/> was last read: somebody may have moved the process since. Boot clock.</summary>
    public ulong PlacedBootNs { get; set; }

    /// <summary>Of the image that runs, its own or its parent's; 0 when not known.</summary>
    public ulong StackStart { get; set; }

    /// <summary>What /proc told of the image, without its arguments; null for kernel threads and what was gone before it was read.</summary>
    public ProcfsProcess? Image { get; set; }

    /// <summary>The look that last met it.</summary>
    public uint Look { get; set; }

    public EventOrigin At(ulong timeBootNs) => new(timeBootNs, Cgroup, pid, pid, startBootNs);
}
