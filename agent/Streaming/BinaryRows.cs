using Runtime.Agent.Reduction;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>One row of a batch's table of binaries.</summary>
internal static class BinaryRows
{
    /// <param name="text">Gives a text's index in the batch.</param>
    public static void Add(BinaryColumns table, BinaryFact fact, long time, uint process, Func<byte[], uint> text)
    {
        table.Time.Add(time);
        table.Process.Add(process);
        table.Path.Add(text(fact.Path));
        table.Inode.Add(fact.File.Inode);
        table.Device.Add(fact.File.Device);
        table.Size.Add(fact.File.Size);
        table.ModifiedUnixS.Add(fact.File.ModifiedSeconds);
        table.ChangedUnixS.Add(fact.File.ChangedSeconds);
        table.Sha256.Add(text(fact.Sha256));
        table.Traits.Add((uint)fact.Traits);
        table.ElsewhereSha256.Add(text(fact.ElsewhereSha256));
        table.PackageVerdict.Add((uint)fact.Package.Verdict);
        table.PackageFlags.Add((uint)fact.Package.Flags);
        table.PackageName.Add(text(fact.Package.Package.Name));
        table.PackageVersion.Add(text(fact.Package.Package.Version));
        table.PackageArchitecture.Add(text(fact.Package.Package.Architecture));
        table.Distribution.Add(text(fact.Package.Distribution));
    }

    public static IEnumerable<byte[]> TextsOf(BinaryFact fact) =>
        [fact.Path, fact.Sha256, fact.ElsewhereSha256, fact.Package.Package.Name, fact.Package.Package.Version, fact.Package.Package.Architecture, fact.Package.Distribution];
}
