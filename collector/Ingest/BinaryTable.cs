using System.Globalization;
using Runtime.V1;

namespace Runtime.Collector.Ingest;

internal sealed partial class EventTables
{
    private const uint KnownTraits = 511;
    private const uint KnownPackageFlags = 7;

    public void Add(BinaryColumns c)
    {
        // An older agent has none of these.
        Columns.FillAbsent(c.ElsewhereSha256, c.Time.Count);
        Columns.FillAbsent(c.PackageVerdict, c.Time.Count);
        Columns.FillAbsent(c.PackageFlags, c.Time.Count);
        Columns.FillAbsent(c.PackageName, c.Time.Count);
        Columns.FillAbsent(c.PackageVersion, c.Time.Count);
        Columns.FillAbsent(c.PackageArchitecture, c.Time.Count);
        Columns.FillAbsent(c.Distribution, c.Time.Count);
        var rows = Begin(
            "binaries", ("time", c.Time.Count), ("process", c.Process.Count), ("path", c.Path.Count), ("inode", c.Inode.Count), ("device", c.Device.Count), ("size", c.Size.Count),
            ("modified_unix_s", c.ModifiedUnixS.Count), ("changed_unix_s", c.ChangedUnixS.Count), ("sha256", c.Sha256.Count), ("traits", c.Traits.Count),
            ("elsewhere_sha256", c.ElsewhereSha256.Count), ("package_verdict", c.PackageVerdict.Count), ("package_flags", c.PackageFlags.Count), ("package_name", c.PackageName.Count),
            ("package_version", c.PackageVersion.Count), ("package_architecture", c.PackageArchitecture.Count), ("distribution", c.Distribution.Count));
        for (_row = 0; _row < rows; _row++)
        {
            if (Common(c.Time[_row], c.Time[_row], 1, c.Process[_row]) is { } row
                && Holds(c.Path[_row] != 0, "path", c.Path[_row], "a file has a path")
                && Text("path", c.Path[_row], out var path)
                && Hash("sha256", c.Sha256[_row], out var sha256)
                && Hash("elsewhere_sha256", c.ElsewhereSha256[_row], out var elsewhere)
                && Package(c, out var package))
            {
                Observations.Add(new BinaryObservation
                {
                    Scope = row.Scope, AgentId = agent.AgentId, Node = agent.Node, Container = row.Container, First = row.First, Last = row.Last, Lineage = row.Lineage,
                    Path = path, Inode = c.Inode[_row], Device = c.Device[_row], Size = c.Size[_row], Sha256 = sha256,
                    // A newer agent's traits are not ours to show.
                    Traits = (BinaryTraits)(c.Traits[_row] & KnownTraits), ElsewhereSha256 = elsewhere, Package = package,
                });
            }
        }
    }

    private bool Package(BinaryColumns c, out PackageFinding package)
    {
        package = PackageFinding.Unknown;
        if (!Text("package_name", c.PackageName[_row], out var name) || !Text("package_version", c.PackageVersion[_row], out var version)
            || !Text("package_architecture", c.PackageArchitecture[_row], out var architecture) || !Text("distribution", c.Distribution[_row], out var distribution))
        {
            return false;
        }

        // What a newer agent finds out, and we do not know, is not known.
        var verdict = c.PackageVerdict[_row] <= (uint)PackageVerdict.Mismatch ? (PackageVerdict)c.PackageVerdict[_row] : PackageVerdict.Unknown;
        package = new(verdict, (PackageFlags)(c.PackageFlags[_row] & KnownPackageFlags), name, version, architecture, distribution);
        return true;
    }

    private bool Hash(string column, uint index, out string hash)
    {
        hash = "";
        if (texts.TryGetBytes(index, out var bytes) is { } rule)
        {
            return Holds(false, column, index, rule);
        }

        if (bytes.Length is not (0 or 32))
        {
            rejections.Add(_table, _row, column, bytes.Length.ToString(CultureInfo.InvariantCulture) + " bytes", "a SHA-256 has 32 bytes");
            return false;
        }

        hash = Convert.ToHexStringLower(bytes);
        return true;
    }
}
