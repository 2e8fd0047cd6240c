using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Capture.Connector;

/// <summary>A program that ended before /proc could be read: what it was is known from the files it was started from, who ran it from its parent.</summary>
internal static class ExecRemains
{
    /// <param name="known">The process as its fork left it; null when the fork was not seen.</param>
    /// <param name="files">Not empty; the given file first.</param>
    /// <param name="script">Empty when no interpreter ran.</param>
    public static ProcfsProcess Of(uint pid, ulong timeBootNs, Sighting? known, IReadOnlyList<OpenedFile> files, out byte[] script)
    {
        // ELF: program, loader. Script: script, interpreter, loader. Static: program alone.
        var isScript = files.Count > 1 && !IsLoader(files[1].Path);
        var binary = isScript ? files[1] : files[0];
        script = isScript ? files[0].Path : [];
        var image = known?.Image;
        return new()
        {
            Pid = pid,
            Stat = new(known?.ParentPid ?? 0, (known?.StartBootNs ?? timeBootNs) / ProcessSightings.TickNs, false),
            Status = image?.Status ?? default,
            Cgroup = default,
            Binary = binary.Path,
            Arguments = [],
            Cwd = image?.Cwd ?? [],
            Flags = ProcessFlags.ArgumentsTruncated | (binary.Links == 0 ? ProcessFlags.Deleted : ProcessFlags.None),
            LoginUid = image?.LoginUid ?? uint.MaxValue,
            Inode = binary.Inode,
            Device = binary.Device,
            Links = binary.Links,
            Size = binary.Size,
            ModifiedUnixSeconds = binary.ModifiedUnixSeconds,
            ChangedUnixSeconds = binary.ChangedUnixSeconds,
            MountNamespace = image?.MountNamespace ?? 0,
            PidNamespace = image?.PidNamespace ?? 0,
            NetworkNamespace = image?.NetworkNamespace ?? 0,
            UserNamespace = image?.UserNamespace ?? 0,
        };
    }

    // ld-linux-x86-64.so.2, ld-linux-aarch64.so.1, ld-2.31.so, ld-musl-x86_64.so.1, ld.so.1
    private static bool IsLoader(ReadOnlySpan<byte> path)
    {
        var name = path[(path.LastIndexOf((byte)'/') + 1)..];
        return (name.StartsWith("ld-"u8) || name.StartsWith("ld."u8)) && name.IndexOf(".so"u8) > 0;
    }
}
