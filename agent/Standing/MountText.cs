using System.Text;
using Runtime.Agent.Containers;

namespace Runtime.Agent.Standing;

/// <summary>One mount of a mount namespace; text as the kernel has it, octal escapes undone.</summary>
/// <param name="Device">"254:0".</param>
/// <param name="Root">What of that file system is mounted.</param>
internal sealed record Mount(string Device, string Root, string Point, string Type, string Source);

/// <summary>Parser of /proc/PID/mountinfo, and what of it matters. Pure.</summary>
internal static class MountText
{
    // What an escape from a container goes through. A path below one of them is as ordinary as a mounted log folder, the folder itself is not.
    private static readonly string[] HostFolders =
        ["/", "/etc", "/root", "/home", "/boot", "/usr", "/usr/bin", "/bin", "/lib", "/var", "/var/lib", "/var/run", "/run", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd", "/etc/kubernetes", "/etc/cron.d", "/root/.ssh"];

    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    // id parent dev root point options [optional fields] - type source options;  a space in a path is \040
    /// <param name="most">Mounts taken of one namespace.</param>
    public static IReadOnlyList<Mount> Parse(ReadOnlySpan<byte> text, int most)
    {
        var mounts = new List<Mount>();
        foreach (var range in text.Split((byte)'\n'))
        {
            if (mounts.Count == most)
                break;
            var line = text[range];
            var separator = line.IndexOf(" - "u8);
            if (separator < 0)
                continue;
            var before = Encoding.UTF8.GetString(line[..separator]).Split(' ');
            var after = Encoding.UTF8.GetString(line[(separator + 3)..]).Split(' ');
            if (before.Length >= 6 && after.Length >= 2)
                mounts.Add(new(before[2], Plain(before[3]), Plain(before[4]), after[0], Plain(after[1])));
        }
        return mounts;
    }

    /// <summary>The mounts of a container by which it reaches the host, with the host's path as source where there is one.</summary>
    /// <param name="host">The host's own mounts.</param>
    public static IEnumerable<Mount> ThatReachTheHost(IReadOnlyList<Mount> mounts, IReadOnlyList<Mount> host)
    {
        foreach (var mount in mounts)
        {
            // Every container has its own at these places; masked parts of them are mounts over themselves.
            if (mount.Type is "proc" or "sysfs")
            {
                if (mount.Root == "/" && mount.Point is not ("/proc" or "/sys") && !mount.Point.StartsWith("/proc/", StringComparison.Ordinal) && !mount.Point.StartsWith("/sys/", StringComparison.Ordinal))
                    yield return mount;
                continue;
            }
            if (HostPathOf(mount, host) is { } path && (HostFolders.Contains(path) || RuntimeSockets.IsReach(path)))
                yield return mount with { Source = path };
        }
    }

    /// <summary>Through the host's mount of the same file system that holds what the container has mounted.</summary>
    private static string? HostPathOf(Mount mount, IReadOnlyList<Mount> host)
    {
        Mount? best = null;
        foreach (var candidate in host)
        {
            if (candidate.Device == mount.Device && IsBelow(mount.Root, candidate.Root) && (best is null || candidate.Root.Length > best.Root.Length))
                best = candidate;
        }
        if (best is null)
            return null;
        var rest = mount.Root[(best.Root == "/" ? 0 : best.Root.Length)..].Trim('/');
        return rest.Length == 0 ? best.Point : $"{best.Point.TrimEnd('/')}/{rest}";
    }

    private static bool IsBelow(string path, string root) => root == "/" || path == root || path.StartsWith(root + "/", StringComparison.Ordinal);

    private static string Plain(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '\\' && i + 3 < bytes.Length && bytes[i + 1] is >= (byte)'0' and <= (byte)'3' && bytes[i + 2] is >= (byte)'0' and <= (byte)'7' && bytes[i + 3] is >= (byte)'0' and <= (byte)'7')
            {
                bytes[length++] = (byte)(((bytes[i + 1] - '0') << 6) | ((bytes[i + 2] - '0') << 3) | (bytes[i + 3] - '0'));
                i += 3;
            }
            else
            {
                bytes[length++] = bytes[i];
            }
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
