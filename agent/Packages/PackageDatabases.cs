using Runtime.Agent.Binaries;
using Runtime.Agent.Containers;

namespace Runtime.Agent.Packages;

/// <summary>What is asked of a container's database about one file.</summary>
/// <param name="Path">From the container's root.</param>
internal sealed record PackageQuestion(PackageIndex Index, byte[] Path, PackageFlags Flags)
{
    /// <summary>What has to be computed of the file.</summary>
    public SumKind Needs => Index.Needs(Path);

    /// <param name="sum">Empty when it was not computed.</param>
    public PackageFinding Judge(ReadOnlySpan<byte> sum)
    {
        var (verdict, package) = Index.Judge(Path, sum);
        return new(verdict, Flags, package, Index.Distribution);
    }
}

/// <summary>The package databases of the node's containers: dpkg's, apk's and rpm's. One thread.</summary>
/// <remarks>
/// A database is read through the root that the runtime made for the container, in the host's mounts: what the container mounts over it does not count.
/// It is read once for all containers of an image, as long as none of them has written to it. Who has, has a database of its own, whose
/// word is told as the container's: it may have been made to fit.
/// </remarks>
internal sealed class PackageDatabases(ImageLayers layers, HashBudget budget)
{
    private const string OsRelease = "etc/os-release";
    private const int MaxOsRelease = 64 * 1024;

    /// <summary>Of one database, all its files.</summary>
    private const long MaxBytes = 64 * 1024 * 1024;

    /// <summary>Of all that are kept: 16 MB.</summary>
    private const int MaxFiles = 2 * PackageIndexBuilder.MaxFiles;

    private static readonly string[] ApkFiles = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];

    // The least used last; bounded by MaxKept and by MaxFiles over all of them. A null is a database that has nothing for us.
    private const int MaxKept = 64;
    private readonly LinkedList<(DatabaseKey Key, PackageIndex? Index)> _kept = [];

    private readonly ulong[] _gaps = new ulong[Enum.GetValues<DatabaseGap>().Length];

    /// <summary>Since start; any thread reads them.</summary>
    public ulong Read { get; private set; }
    public ulong ReadBytes { get; private set; }

    /// <summary>Databases that are there and say nothing, each counted when it is met; likewise.</summary>
    public ulong Unread(DatabaseGap gap) => Volatile.Read(ref _gaps[(int)gap]);

    /// <param name="identity">Of a file as it is now, its device the overlay's.</param>
    /// <param name="path">As the kernel has it, from the root of the container's mounts.</param>
    /// <returns>Null when the file is not on a root that a runtime made for the container, or there is no database.</returns>
    public PackageQuestion? Of(ContainerRecord container, in FileIdentity identity, byte[] path, CancellationToken stop)
    {
        // Removed while it runs: what is at its path now is another file, or none.
        if (path.AsSpan().EndsWith(" (deleted)"u8) || layers.RootOf(container, identity.Device) is not { } folder)
            return null;
        using var root = ContainerRoot.Open(folder);
        if (root is null || Find(root, container, identity.Device, stop) is not var (index, isOfImage))
            return null;
        var flags = isOfImage ? PackageFlags.DatabaseOfImage : PackageFlags.None;
        if (layers.Hold(container, identity, path))
            flags |= PackageFlags.FileOfImage;
        else if (layers.HasWritten(container, identity.Device, path))
            flags |= PackageFlags.FileOfContainer;
        return new(index, path, flags);
    }

    private (PackageIndex Index, bool IsOfImage)? Find(ContainerRoot root, ContainerRecord container, uint device, CancellationToken stop)
    {
        foreach (var (file, beside, written) in Places())
        {
            // Behind a link the container's changes would lie elsewhere in its upper folder than they are looked for.
            if (root.Resolve(Path.GetDirectoryName(file)!) != Path.GetDirectoryName(file) || root.Look(file) is not { } main
                || (beside.Length > 0 && root.Resolve(beside) is { } real && real != beside))
                continue;
            var times = beside.Length > 0 ? root.Look(beside) ?? default : default;
            var isOfImage = IsOfImage(root, container, device, written);
            // On an overlay the device is each container's own, and a folder's number may be.
            var key = new DatabaseKey(isOfImage ? "" : container.Id, file, main with { Device = 0 }, times with { Device = 0, Inode = 0 });
            if (Recall(key) is not { } known)
            {
                known = (key, Parse(root, file, stop));
                // Written to while it was read: then it is the container's that was read.
                if (isOfImage && !IsOfImage(root, container, device, written))
                    (isOfImage, known.Key) = (false, key with { Container = container.Id });
                Keep(known);
            }
            if (known.Index is not null)
                return (known.Index, isOfImage);
        }
        return null;
    }

    /// <summary>The container has written neither to the database nor to what names its distribution, which mostly is a link.</summary>
    private bool IsOfImage(ContainerRoot root, ContainerRecord container, uint device, string written) =>
        layers.IsUntouched(container, device, written) && layers.IsUntouched(container, device, OsRelease)
        && (root.Resolve(OsRelease) is not { } named || layers.IsUntouched(container, device, named));

    /// <summary>Where a database's first file is, what lies beside it and tells by its times of changes to others, and what of it a container may write to.</summary>
    private static IEnumerable<(string File, string Beside, string Written)> Places()
    {
        yield return (DpkgDatabase.Status, DpkgDatabase.Info, DpkgDatabase.Folder);
        yield return (DpkgDatabase.StatusFolder, DpkgDatabase.StatusFolder, DpkgDatabase.Folder);
        foreach (var file in ApkFiles)
            yield return (file, "", file);
        // Whoever asks rpm makes the files beside it anew, empty: that writes nothing to the database.
        foreach (var file in RpmDatabase.Files)
            yield return (file, file + RpmDatabase.Log, file);
        foreach (var file in RpmDatabase.OtherFiles.Keys)
            yield return (file, "", file);
    }

    /// <returns>Null when nothing in it names a file.</returns>
    private PackageIndex? Parse(ContainerRoot root, string file, CancellationToken stop)
    {
        var gap = RpmDatabase.OtherFiles.GetValueOrDefault(file);
        var index = new PackageIndexBuilder(ApkFiles.Contains(file) ? SumKind.Sha1 : RpmDatabase.Files.Contains(file) ? SumKind.Sha256 : SumKind.Md5, PathAliases.Of(root));
        if (index.Sums == SumKind.Sha1)
            ApkText.Read(root.Read(file, (int)MaxBytes), index);
        else if (index.Sums == SumKind.Sha256)
            gap = RpmDatabase.Read(root, file, index, MaxBytes);
        else if (gap == DatabaseGap.None)
            DpkgDatabase.Read(root, index, MaxBytes);
        _ = gap == DatabaseGap.None ? Read++ : _gaps[(int)gap]++;
        var built = index.Files == 0 || gap != DatabaseGap.None ? null : index.Build(DatabaseText.Distribution(root.Read(OsRelease, MaxOsRelease, isLinkMeant: true)));
        ReadBytes += (ulong)root.BytesRead;
        // Paid for like the files that are hashed.
        if (budget.Spend((int)root.BytesRead) is { Ticks: > 0 } wait)
            stop.WaitHandle.WaitOne(wait);
        return built;
    }

    private (DatabaseKey Key, PackageIndex? Index)? Recall(in DatabaseKey key)
    {
        for (var node = _kept.First; node is not null; node = node.Next)
        {
            if (node.Value.Key != key)
                continue;
            _kept.Remove(node);
            _kept.AddFirst(node);
            return node.Value;
        }
        return null;
    }

    private void Keep((DatabaseKey Key, PackageIndex? Index) database)
    {
        _kept.AddFirst(database);
        while (_kept.Count > 1 && (_kept.Count > MaxKept || _kept.Sum(kept => kept.Index?.Files ?? 0) > MaxFiles))
            _kept.RemoveLast();
    }

    /// <param name="Container">Empty for an image's.</param>
    private readonly record struct DatabaseKey(string Container, string File, FileIdentity Main, FileIdentity Beside);
}
