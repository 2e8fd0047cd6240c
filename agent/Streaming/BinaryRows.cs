using Runtime.Agent.Reduction;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>One row of a batch's table of binaries.</summary>
internal static class BinaryRows
{
    public static void Add(BinaryColumns table, BinaryFact fact, long time, uint process, uint path, uint sha256, uint elsewhere)
    {
        table.Time.Add(time);
        table.Process.Add(process);
        table.Path.Add(path);
        table.Inode.Add(fact.File.Inode);
        table.Device.Add(fact.File.Device);
        table.Size.Add(fact.File.Size);
        table.ModifiedUnixS.Add(fact.File.ModifiedSeconds);
        table.ChangedUnixS.Add(fact.File.ChangedSeconds);
        table.Sha256.Add(sha256);
        table.Traits.Add((uint)fact.Traits);
        table.ElsewhereSha256.Add(elsewhere);
    }
}
