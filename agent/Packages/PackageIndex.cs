using System.Buffers.Binary;

namespace Runtime.Agent.Packages;

/// <summary>By what a database names the content of a file.</summary>
internal enum SumKind
{
    None = 0,
    Md5,
    Sha1,

    /// <summary>What the agent tells of every file that it reads: nothing more has to be computed.</summary>
    Sha256,
}

/// <summary>Which package has which file, and what it should hold. Immutable, made by <see cref="PackageIndexBuilder"/>.</summary>
/// <remarks>
/// Paths are kept as 64 bits, sums as their first 128: a database is its image's word, and who writes it need not search for a file
/// that collides with it. 32 bytes a file.
/// </remarks>
internal sealed class PackageIndex
{
    private readonly PathAliases _aliases;

    // Sorted; a path that several packages have is there as often. Bounded by the builder.
    private readonly ulong[] _paths;
    private readonly Entry[] _entries;
    private readonly PackageName[] _packages;

    internal PackageIndex(SumKind sums, PathAliases aliases, ulong[] paths, Entry[] entries, PackageName[] packages, bool isComplete, byte[] distribution)
    {
        (Sums, _aliases, _paths, _entries, _packages, IsComplete, Distribution) = (sums, aliases, paths, entries, packages, isComplete, distribution);
        Array.Sort(_paths, _entries);
    }

    /// <param name="Sum">Its first 16 bytes, big-endian; meaningless without <paramref name="HasSum"/>.</param>
    internal readonly record struct Entry(UInt128 Sum, int Package, bool HasSum);

    public SumKind Sums { get; }

    /// <summary>It lists the files of all its packages: a file that it does not name is nobody's.</summary>
    public bool IsComplete { get; }

    /// <summary>"debian 12"; empty when not known.</summary>
    public byte[] Distribution { get; }
    public int Files => _paths.Length;

    /// <summary>What has to be computed of a file before it can be judged.</summary>
    /// <param name="path">From the container's root, as the kernel resolved it.</param>
    public SumKind Needs(ReadOnlySpan<byte> path)
    {
        foreach (var entry in Of(path))
        {
            if (entry.HasSum)
                return Sums;
        }
        return SumKind.None;
    }

    /// <param name="sum">Of <see cref="Sums"/>; empty when it was not computed.</param>
    public (PackageVerdict Verdict, PackageName Package) Judge(ReadOnlySpan<byte> path, ReadOnlySpan<byte> sum)
    {
        var owners = Of(path);
        if (owners.IsEmpty)
            return (IsComplete ? PackageVerdict.Unowned : PackageVerdict.Unknown, PackageName.None);
        int withSum = -1, without = -1;
        for (var i = 0; i < owners.Length; i++)
        {
            if (!owners[i].HasSum)
                without = i;
            else if (sum.Length >= 16 && owners[i].Sum == BinaryPrimitives.ReadUInt128BigEndian(sum))
                return (PackageVerdict.Matches, _packages[owners[i].Package]);
            else
                withSum = i;
        }
        // One of its owners says nothing of what it should hold: it may be that one's.
        if (without >= 0)
            return (PackageVerdict.OwnedWithoutSum, _packages[owners[without].Package]);
        return (sum.Length >= 16 ? PackageVerdict.Mismatch : PackageVerdict.Unknown, _packages[owners[withSum].Package]);
    }

    private ReadOnlySpan<Entry> Of(ReadOnlySpan<byte> path)
    {
        var key = _aliases.KeyOf(path);
        var at = key == 0 ? -1 : Array.BinarySearch(_paths, key);
        if (at < 0)
            return [];
        var (first, last) = (at, at);
        while (first > 0 && _paths[first - 1] == key)
            first--;
        while (last + 1 < _paths.Length && _paths[last + 1] == key)
            last++;
        return _entries.AsSpan(first, last - first + 1);
    }
}

/// <summary>Takes in what a database says, as far as there is room. One use; one thread.</summary>
internal sealed class PackageIndexBuilder(SumKind sums, PathAliases aliases)
{
    /// <summary>A large desktop has 150,000 files; 8 MB.</summary>
    public const int MaxFiles = 262_144;
    public const int MaxPackages = 16_384;

    // Bounded by MaxFiles and MaxPackages.
    private readonly List<ulong> _paths = [];
    private readonly List<PackageIndex.Entry> _entries = [];
    private readonly List<PackageName> _packages = [];

    public SumKind Sums => sums;
    public PathAliases Aliases => aliases;

    /// <summary>Set to false by who could not read all of it.</summary>
    public bool IsComplete { get; set; } = true;
    public int Files => _paths.Count;

    /// <returns>Its number; -1 when there is no room.</returns>
    public int Add(PackageName package)
    {
        if (_packages.Count >= MaxPackages)
        {
            IsComplete = false;
            return -1;
        }
        _packages.Add(package);
        return _packages.Count - 1;
    }

    /// <param name="key">Of <see cref="PathAliases.KeyOf"/>; 0 is passed over.</param>
    /// <param name="sum">Null when the database has none.</param>
    public void Own(int package, ulong key, UInt128? sum)
    {
        if (key == 0)
            return;
        if (_paths.Count >= MaxFiles)
        {
            IsComplete = false;
            return;
        }
        _paths.Add(key);
        _entries.Add(new(sum ?? 0, package, sum is not null));
    }

    public PackageIndex Build(byte[] distribution) => new(sums, aliases, [.. _paths], [.. _entries], [.. _packages], IsComplete, distribution);
}
