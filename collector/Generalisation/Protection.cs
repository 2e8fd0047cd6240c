using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Generalisation;

/// <summary>Where no name is ever generalised. Asked when names are collapsed and again when a name is looked up.</summary>
internal static class Protection
{
    private static readonly string[] Folders =
    [
        "/etc/", "/bin/", "/sbin/", "/usr/", "/root/", "/boot/", "/proc/sys/", "/sys/kernel/",
        "/var/spool/cron", "/var/spool/anacron/", "/var/spool/at/", "/var/cron/", "/run/secrets/", "/var/run/secrets/",
    ];

    /// <summary>A name in one of these places, or of a library, a secret, a socket of a container runtime or a file that shells read.</summary>
    /// <param name="path">Of the file itself, or as it stands in a key.</param>
    public static bool Covers(string path) =>
        IsInFolder(path)
        || path.StartsWith("/lib", StringComparison.Ordinal)
        || (path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/pts/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal))
        || IsProgramsOfOpt(path)
        || path.EndsWith(".so", StringComparison.Ordinal) || path.Contains(".so.", StringComparison.Ordinal)
        || path.Contains("/../", StringComparison.Ordinal)
        || Places.IsProfile(path)
        || IsSecret(path);

    /// <summary>Whether this sighting may be known by a template: not when something beside the name makes it another act.</summary>
    /// <remarks>
    /// A file that can be executed, a device, a program that runs: the name says nothing of it. A secret that gets a harmless name is
    /// known by its old name only.
    /// </remarks>
    public static bool Admits(FileObservation file) =>
        (file.Flags & (FileFlags.Executable | FileFlags.Device | FileFlags.RunningProgram | FileFlags.PathTruncated)) == 0
        && !Covers(file.Path)
        && (file.Operation is not (FileOperation.Rename or FileOperation.Link) || !Covers(file.OtherPath));

    private static bool IsSecret(string path) => !ReferenceEquals(Places.SensitiveClass(path), path);

    private static bool IsInFolder(string path)
    {
        foreach (var folder in Folders)
        {
            if (path.StartsWith(folder, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    // /opt/*/bin
    private static bool IsProgramsOfOpt(string path)
    {
        const string opt = "/opt/";
        if (!path.StartsWith(opt, StringComparison.Ordinal))
        {
            return false;
        }

        var slash = path.IndexOf('/', opt.Length);
        return slash > 0 && path.AsSpan(slash).StartsWith("/bin/", StringComparison.Ordinal);
    }
}
