using System.Buffers;

namespace Runtime.Agent.Packages;

/// <summary>What the texts of all databases have in common. Pure; no line of them is too long, as nothing of a line is copied before its length was checked.</summary>
internal static class DatabaseText
{
    private static readonly SearchValues<byte> Controls = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), 127]);

    /// <summary>The next line, without its end; false at the end of the text.</summary>
    public static bool TryTakeLine(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        line = [];
        if (rest.IsEmpty)
            return false;
        var end = rest.IndexOf((byte)'\n');
        line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return true;
    }

    /// <summary>A name, a version or an architecture that can be told.</summary>
    public static bool IsName(ReadOnlySpan<byte> text) => text.Length is > 0 and <= PackageName.MaxName && !text.ContainsAny(Controls);

    /// <returns>"debian 12"; empty when the file does not name it. The version is left out where there is none (os-release(5): rolling releases).</returns>
    // ID=debian
    // VERSION_ID="12"
    public static byte[] Distribution(ReadOnlySpan<byte> osRelease)
    {
        ReadOnlySpan<byte> id = [], version = [];
        for (var rest = osRelease; TryTakeLine(ref rest, out var line);)
        {
            if (line.StartsWith("ID="u8))
                id = line[3..].Trim("\"' \r"u8);
            else if (line.StartsWith("VERSION_ID="u8))
                version = line[11..].Trim("\"' \r"u8);
        }
        if (!IsName(id))
            return [];
        return IsName(version) ? [.. id, (byte)' ', .. version] : id.ToArray();
    }
}
