using System.Text;

namespace Runtime.Agent.Capture.Scan;

/// <summary>One mount of a mount namespace. Paths are Latin-1, a character a byte.</summary>
/// <param name="Device">Kernel encoding: major &lt;&lt; 20 | minor.</param>
/// <param name="Root">What of the file system is mounted; "/" for all of it.</param>
/// <param name="Point">Where.</param>
/// <param name="UpperFolder">Overlay: where its changes are kept, as the mounter named it; empty else.</param>
internal sealed record MountEntry(uint Device, string Root, string Point, string Type, string UpperFolder)
{
    /// <summary>Overlay: what lies below its changes, the topmost first, as the mounter named it: absolute ones only. Else empty.</summary>
    public IReadOnlyList<string> LowerFolders { get; init; } = [];
}

/// <summary>Parser of /proc/PID/mountinfo. Pure; fs/proc_namespace.c show_mountinfo.</summary>
internal static class MountText
{
    /// <summary>Mounts read of one namespace.</summary>
    public const int MaxEntries = 4096;

    // 36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue
    // 612 580 0:53 / / rw,relatime - overlay overlay rw,lowerdir=…,upperdir=/var/lib/…/41/fs,workdir=…
    // Odd cases: blank, tab, newline and backslash are \040 \011 \012 \134 in paths; any number of optional fields before "-";
    // a path is any bytes: kept as Latin-1, a character a byte.

    /// <summary>A line that is none is left out.</summary>
    public static IReadOnlyList<MountEntry> Parse(ReadOnlySpan<byte> text)
    {
        var entries = new List<MountEntry>();
        foreach (var range in text.Split((byte)'\n'))
        {
            if (entries.Count < MaxEntries && TryParse(text[range], out var entry))
                entries.Add(entry);
        }
        return entries;
    }

    private static bool TryParse(ReadOnlySpan<byte> line, out MountEntry entry)
    {
        entry = null!;
        var fields = Encoding.Latin1.GetString(line).Split(' ');
        var dash = Array.IndexOf(fields, "-");
        if (dash < 6 || fields.Length < dash + 4)
            return false;
        var colon = fields[2].IndexOf(':');
        if (colon < 0 || !uint.TryParse(fields[2].AsSpan(0, colon), out var major) || !uint.TryParse(fields[2].AsSpan(colon + 1), out var minor))
            return false;
        const string upper = "upperdir=";
        var options = fields[dash + 3].Split(',');
        var option = options.FirstOrDefault(o => o.StartsWith(upper, StringComparison.Ordinal));
        entry = new(major << 20 | minor, Plain(fields[3]), Plain(fields[4]), fields[dash + 1], option is null ? "" : Plain(option[upper.Length..])) { LowerFolders = fields[dash + 1] == "overlay" ? Lower(options) : [] };
        return true;
    }

    // lowerdir=/a:/b; since Linux 6.8 lowerdir+=/a,lowerdir+=/b. A colon in a path is "\:", which mountinfo writes "\134:": such a path finds no folder.
    private static string[] Lower(string[] options)
    {
        const string all = "lowerdir=", one = "lowerdir+=";
        return [.. options.Where(o => o.StartsWith(all, StringComparison.Ordinal) || o.StartsWith(one, StringComparison.Ordinal))
            .SelectMany(o => o[(o.IndexOf('=', StringComparison.Ordinal) + 1)..].Split(':')).Select(Plain).Where(folder => folder.StartsWith('/'))];
    }

    private static string Plain(string path)
    {
        if (!path.Contains('\\'))
            return path;
        var plain = new StringBuilder(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            var isEscape = path[i] == '\\' && i + 3 < path.Length && path.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0;
            plain.Append(isEscape ? (char)(((path[i + 1] - '0') << 6) | ((path[i + 2] - '0') << 3) | (path[i + 3] - '0')) : path[i]);
            i += isEscape ? 3 : 0;
        }
        return plain.ToString();
    }
}

/// <summary>The mounts of one namespace: a path of the host as its processes name it. Paths are Latin-1, a character a byte.</summary>
internal sealed class MountView(IReadOnlyList<MountEntry> entries)
{
    public IReadOnlyList<MountEntry> Entries => entries;

    /// <summary>
    /// A path of the host as a process in this namespace names it: below an overlay's upper folder, or below what of a file system
    /// is mounted here. Where neither leads there, the host's.
    /// </summary>
    public string Translate(string hostPath, MountView host)
    {
        // The longest way in wins: a volume inside of an overlay.
        var best = hostPath;
        var longest = -1;
        foreach (var entry in entries)
        {
            if (entry.UpperFolder.Length > longest && Below(hostPath, entry.UpperFolder) is { } inner)
                (best, longest) = (Join(entry.Point, inner), entry.UpperFolder.Length);
        }
        if (longest >= 0 || ReferenceEquals(this, host))
            return best;
        if (host.Inside(hostPath) is not { } inside)
            return hostPath;
        foreach (var entry in entries)
        {
            if (entry.Device == inside.Device && entry.Root.Length > longest && Below(inside.Path, entry.Root) is { } inner)
                (best, longest) = (Join(entry.Point, inner), entry.Root.Length);
        }
        return best;
    }

    /// <summary>The upper folder of the overlay that the path lies on, and the path below it; null when it lies on none.</summary>
    public (string Folder, string Path)? Upper(string path)
    {
        var entry = At(path);
        return entry is { UpperFolder.Length: > 0 } ? (entry.UpperFolder, Below(path, entry.Point)!) : null;
    }

    /// <summary>Of a path: the file system, and the path within it.</summary>
    private (uint Device, string Path)? Inside(string path) =>
        At(path) is { } entry ? (entry.Device, Join(entry.Root, Below(path, entry.Point)!)) : null;

    private MountEntry? At(string path)
    {
        MountEntry? best = null;
        // Of two mounts at one place the later hides the earlier.
        foreach (var entry in entries)
        {
            if (Below(path, entry.Point) is not null && (best is null || entry.Point.Length >= best.Point.Length))
                best = entry;
        }
        return best;
    }

    /// <returns>The rest with its slash, "" for the folder itself; null when the path is not below it.</returns>
    private static string? Below(string path, string folder)
    {
        if (folder.Length == 0)
            return null;
        if (folder == "/")
            return path == "/" ? "" : path;
        return path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || path[folder.Length] == '/') ? path[folder.Length..] : null;
    }

    private static string Join(string folder, string rest) => folder == "/" ? rest.Length == 0 ? "/" : rest : folder + rest;
}
