using System.IO.Hashing;

namespace Runtime.Agent.Packages;

/// <summary>
/// One key for a file, whatever folder a database names it by: where /bin is a link to /usr/bin, a database says bin/cat and the kernel /usr/bin/cat.
/// Immutable.
/// </summary>
/// <param name="Links">Folders that lead elsewhere, without slashes around, and where. Bounded by <see cref="Folders"/>.</param>
internal sealed record PathAliases(IReadOnlyList<(byte[] From, byte[] To)> Links)
{
    public const int MaxPath = 4096;

    /// <summary>Those that distributions merged, one way or the other.</summary>
    public static readonly IReadOnlyList<string> Folders =
        ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/local/sbin"];

    /// <summary>Longer than any real one, so that a path cannot grow beyond its buffer: four steps at most.</summary>
    private const int MaxTarget = 64;
    private const int Steps = 4;

    public static readonly PathAliases None = new([]);

    /// <summary>As the container's root has them now.</summary>
    public static PathAliases Of(ContainerRoot root)
    {
        var links = new List<(byte[], byte[])>();
        foreach (var folder in Folders)
        {
            if (root.Resolve(folder) is { Length: > 0 and <= MaxTarget } real && real != folder)
                links.Add((global::System.Text.Encoding.Latin1.GetBytes(folder), global::System.Text.Encoding.Latin1.GetBytes(real)));
        }
        return new(links);
    }

    /// <param name="path">From the root: "/usr/bin/cat", "usr/bin/cat" or "./usr/bin/cat".</param>
    /// <returns>0 when it is too long to be one, or names the root.</returns>
    public ulong KeyOf(ReadOnlySpan<byte> path)
    {
        if (path.StartsWith("./"u8))
            path = path[2..];
        path = path.TrimStart((byte)'/');
        if (path.IsEmpty || path.Length > MaxPath)
            return 0;
        Span<byte> buffer = stackalloc byte[MaxPath + Steps * (MaxTarget + 1)];
        path.CopyTo(buffer);
        var length = path.Length;
        for (var step = 0; step < Steps; step++)
        {
            var link = Leading(buffer[..length]);
            if (link < 0)
                break;
            var (from, to) = Links[link];
            buffer[from.Length..length].CopyTo(buffer[to.Length..]);
            to.CopyTo(buffer);
            length += to.Length - from.Length;
        }
        return XxHash3.HashToUInt64(buffer[..length]);
    }

    private int Leading(ReadOnlySpan<byte> path)
    {
        for (var i = 0; i < Links.Count; i++)
        {
            var from = Links[i].From;
            if (path.Length > from.Length && path[from.Length] == (byte)'/' && path.StartsWith(from))
                return i;
        }
        return -1;
    }
}
