using Runtime.Agent.Binaries;

namespace Runtime.Agent.Packages;

/// <summary>Why nothing is known of a database that is there.</summary>
internal enum DatabaseGap
{
    None = 0,

    /// <summary>Berkeley DB, which rpm wrote up to RHEL 8 and Fedora 32.</summary>
    BerkeleyDb,

    /// <summary>rpm's own format, which SUSE has.</summary>
    Ndb,

    /// <summary>What was written last lies in a log beside the file: rpm is at work, or was cut off.</summary>
    Unsettled,

    /// <summary>No SQLite database of rpm's, or larger than <see cref="RpmDatabase.MaxFileBytes"/>.</summary>
    Unreadable,
}

/// <summary>Reads rpm's database of a container: SQLite with a header for each package, as RHEL 9, Fedora 33 and those after them have it.</summary>
internal static class RpmDatabase
{
    public const string Log = "-wal";
    private const string Journal = "-journal";

    /// <summary>Of the whole file, of which indexes that are not read are a part.</summary>
    public const long MaxFileBytes = 512 * 1024 * 1024;

    private static readonly string[] Folders = ["var/lib/rpm", "usr/lib/sysimage/rpm"];

    /// <summary>Its one file. What rpm leaves empty beside it ("-wal", "-shm") says nothing.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Folders.Select(folder => folder + "/rpmdb.sqlite")];

    /// <summary>Of the formats that are not read.</summary>
    public static IReadOnlyDictionary<string, DatabaseGap> OtherFiles { get; } =
        Folders.SelectMany(folder => new[] { (folder + "/Packages", DatabaseGap.BerkeleyDb), (folder + "/Packages.db", DatabaseGap.Ndb) }).ToDictionary(other => other.Item1, other => other.Item2);

    /// <param name="maxBytes">To be read at most; packages beyond are not known, and the index is not complete.</param>
    public static DatabaseGap Read(ContainerRoot root, string file, PackageIndexBuilder index, long maxBytes)
    {
        if (!IsSettled(root, file))
            return DatabaseGap.Unsettled;
        var (before, isRead) = (root.Look(file), false);
        root.Read(file, MaxFileBytes, (readAt, size) => isRead = TryRead(readAt, size, maxBytes, index));
        if (!isRead)
            return DatabaseGap.Unreadable;
        // A half of the old pages and a half of the new ones accuse at random.
        return IsSettled(root, file) && root.Look(file) == before ? DatabaseGap.None : DatabaseGap.Unsettled;
    }

    /// <returns>False when it is no database of rpm's.</returns>
    public static bool TryRead(ReadAt readAt, long size, long maxBytes, PackageIndexBuilder index)
    {
        if (SqlitePages.Open(readAt, size, maxBytes)?.Find("Packages"u8) is not { } packages)
            return false;
        // CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)
        for (var rows = 0; packages.TryNext(out var row); rows++)
        {
            if (rows == PackageIndexBuilder.MaxPackages || index.Files >= PackageIndexBuilder.MaxFiles)
            {
                index.IsComplete = false;
                return true;
            }
            if (SqliteRow.TryBytes(row, 1, out var header))
                RpmPackage.Read(header, index);
            else
                index.IsComplete = false;
        }
        index.IsComplete &= packages.IsWhole;
        return true;
    }

    private static bool IsSettled(ContainerRoot root, string file) =>
        root.Look(file + Log) is null or { Size: 0 } && root.Look(file + Journal) is null or { Size: 0 };
}
