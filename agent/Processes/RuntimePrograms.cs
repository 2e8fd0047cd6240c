namespace Runtime.Agent.Processes;

/// <summary>Programs of the container runtimes that run inside a container's cgroup before they execute the container's own.</summary>
internal static class RuntimePrograms
{
    // runc executes itself again from a memfd ("runc_cloned:/proc/self/exe") and shows as "exe"; shims and conmon may be moved in.
    private static readonly byte[][] Names = ["runc"u8.ToArray(), "crun"u8.ToArray(), "youki"u8.ToArray(), "runsc"u8.ToArray(), "docker-runc"u8.ToArray(), "exe"u8.ToArray(), "conmon"u8.ToArray(), "crio"u8.ToArray()];

    public static bool Contains(ReadOnlySpan<byte> binary)
    {
        if (binary.StartsWith("/memfd:runc_cloned:"u8))
            return true;
        var name = binary[(binary.LastIndexOf((byte)'/') + 1)..];
        if (name.StartsWith("containerd-shim"u8))
            return true;
        foreach (var known in Names)
        {
            if (name.SequenceEqual(known))
                return true;
        }
        return false;
    }
}
