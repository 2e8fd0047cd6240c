using System.Text;

namespace Runtime.Agent.Packages;

/// <summary>Reads dpkg's database of a container: one status file with lists beside it, or the folder of a distroless image.</summary>
internal static class DpkgDatabase
{
    public const string Folder = "var/lib/dpkg";
    public const string Status = Folder + "/status";
    public const string Info = Folder + "/info";
    public const string StatusFolder = Folder + "/status.d";
    public const int MaxStatusBytes = 16 * 1024 * 1024;

    /// <summary>The kernel's sources have 80,000 files: 8 MiB.</summary>
    public const int MaxListBytes = 16 * 1024 * 1024;
    private const int MaxDiversionBytes = 1024 * 1024;
    private const int MaxDiversions = 4096;

    /// <param name="maxBytes">Of all its files together; what is beyond is not read, and the index is not complete.</param>
    public static void Read(ContainerRoot root, PackageIndexBuilder index, long maxBytes)
    {
        var end = root.BytesRead + maxBytes;
        var diversions = ReadDiversions(root, index.Aliases);
        var listed = new HashSet<ulong>();
        for (ReadOnlySpan<byte> rest = root.Read(Status, MaxStatusBytes); DpkgText.TryTake(ref rest, out var stanza);)
        {
            if (!stanza.IsInstalled || Add(index, stanza) is not (>= 0 and var package))
                continue;
            var (name, architecture) = (Encoding.Latin1.GetString(stanza.Name), Encoding.Latin1.GetString(stanza.Architecture));
            var files = stanza.IsMultiArchSame ? $"{Info}/{name}:{architecture}" : $"{Info}/{name}";
            var hasRoom = root.BytesRead < end;
            var list = hasRoom ? root.Read(files + ".list", MaxListBytes) : null;
            // A package has a list, be it of "/." alone: without one nobody knows what it has.
            index.IsComplete &= list is not null;
            Add(index, package, name, list, hasRoom ? root.Read(files + ".md5sums", MaxListBytes) : null, diversions, listed);
        }
        foreach (var name in root.Names(StatusFolder, PackageIndexBuilder.MaxPackages))
        {
            if (name.EndsWith(".md5sums", StringComparison.Ordinal) || root.BytesRead >= end)
                continue;
            ReadOnlySpan<byte> rest = root.Read($"{StatusFolder}/{name}", MaxStatusBytes);
            if (!DpkgText.TryTake(ref rest, out var stanza) || Add(index, stanza) is not (>= 0 and var package))
                continue;
            var sums = root.Read($"{StatusFolder}/{name}.md5sums", MaxListBytes);
            index.IsComplete &= sums is not null;
            Add(index, package, name, null, sums, diversions, listed);
        }
    }

    private static int Add(PackageIndexBuilder index, in DpkgStanza stanza)
    {
        if (DpkgText.IsFileName(stanza.Name) && DatabaseText.IsName(stanza.Version))
            return index.Add(new(stanza.Name.ToArray(), stanza.Version.ToArray(), DpkgText.IsFileName(stanza.Architecture) ? stanza.Architecture.ToArray() : []));
        index.IsComplete = false;
        return -1;
    }

    /// <summary>
    /// What the list has counts, with the sum that the package brought: where another package takes a file over, dpkg takes it
    /// from the list and leaves its sum. Without a list the sums are all there is.
    /// </summary>
    private static void Add(PackageIndexBuilder index, int package, string name, byte[]? list, byte[]? sums, Dictionary<ulong, Diversion> diversions, HashSet<ulong> listed)
    {
        listed.Clear();
        for (ReadOnlySpan<byte> rest = list; DatabaseText.TryTakeLine(ref rest, out var path) && listed.Count < PackageIndexBuilder.MaxFiles;)
            listed.Add(index.Aliases.KeyOf(path));
        for (ReadOnlySpan<byte> rest = sums; DpkgText.TryTakeSum(ref rest, out var sum, out var path);)
        {
            var key = index.Aliases.KeyOf(path);
            if (list is null || listed.Remove(key))
                index.Own(package, Divert(key, name, diversions), sum);
        }
        foreach (var key in listed)
            index.Own(package, Divert(key, name, diversions), null);
    }

    private static ulong Divert(ulong key, string package, Dictionary<ulong, Diversion> diversions) =>
        diversions.TryGetValue(key, out var diversion) && diversion.By != package ? diversion.To : key;

    private static Dictionary<ulong, Diversion> ReadDiversions(ContainerRoot root, PathAliases aliases)
    {
        var diversions = new Dictionary<ulong, Diversion>();
        ReadOnlySpan<byte> rest = root.Read(Folder + "/diversions", MaxDiversionBytes);
        while (diversions.Count < MaxDiversions && DpkgText.TryTakeDiversion(ref rest, out var from, out var to, out var by))
            diversions[aliases.KeyOf(from)] = new(aliases.KeyOf(to), Encoding.Latin1.GetString(by));
        return diversions;
    }

    private readonly record struct Diversion(ulong To, string By);
}
