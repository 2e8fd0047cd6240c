using System.Globalization;
using Runtime.V1;

namespace Runtime.Collector.Ingest;

internal sealed partial class EventTables
{
    private const uint KnownTraits = 511;

    public void Add(BinaryColumns c)
    {
        var rows = Begin(
            "binaries", ("time", c.Time.Count), ("process", c.Process.Count), ("path", c.Path.Count), ("inode", c.Inode.Count), ("device", c.Device.Count), ("size", c.Size.Count),
            ("modified_unix_s", c.ModifiedUnixS.Count), ("changed_unix_s", c.ChangedUnixS.Count), ("sha256", c.Sha256.Count), ("traits", c.Traits.Count),
            // An older agent has none.
            ("elsewhere_sha256", c.ElsewhereSha256.Count == 0 ? c.Time.Count : c.ElsewhereSha256.Count));
        for (_row = 0; _row < rows; _row++)
        {
            if (Common(c.Time[_row], c.Time[_row], 1, c.Process[_row]) is { } row
                && Holds(c.Path[_row] != 0, "path", c.Path[_row], "a file has a path")
                && Text("path", c.Path[_row], out var path)
                && Hash("sha256", c.Sha256[_row], out var sha256)
                && Hash("elsewhere_sha256", c.ElsewhereSha256.Count == 0 ? 0 : c.ElsewhereSha256[_row], out var elsewhere))
            {
                Observations.Add(new BinaryObservation
                {
                    Scope = row.Scope, AgentId = agent.AgentId, Node = agent.Node, Container = row.Container, First = row.First, Last = row.Last, Lineage = row.Lineage,
                    Path = path, Inode = c.Inode[_row], Device = c.Device[_row], Size = c.Size[_row], Sha256 = sha256,
                    // A newer agent's traits are not ours to show.
                    Traits = (BinaryTraits)(c.Traits[_row] & KnownTraits), ElsewhereSha256 = elsewhere,
                });
            }
        }
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
