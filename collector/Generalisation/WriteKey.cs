using Runtime.Collector.Baselines;

namespace Runtime.Collector.Generalisation;

/// <summary>The parts of a write's full key, for those writes whose names may be generalised at all.</summary>
/// <remarks>
/// <code>
/// w/usr/sbin/nginx|create|/var/cache/nginx/a1/page|other
/// └ Head ─────────────────┘└ Path ───────────────┘└ Tail
/// w/app|chmod+x|/srv/x|other      no: only operations that change what a file holds, or its name
/// w/app|create|/srv/x.php|php     no: what can be run by its name keeps its name
/// w/app|create|/srv/…#0f3c…       no: a key that was cut has no end
/// </code>
/// '|' and '%' stand as %7C and %25 within parts (<see cref="ItemKey"/>), so the bars part a key and no name can hold "%{".
/// </remarks>
internal readonly ref struct WriteKey
{
    public const string Tail = "|other";

    /// <summary>Kind, program and operation, with the bar behind.</summary>
    public ReadOnlySpan<char> Head { get; private init; }

    /// <summary>Begins with '/'.</summary>
    public ReadOnlySpan<char> Path { get; private init; }

    public static bool TrySplit(ReadOnlySpan<char> fullKey, out WriteKey key)
    {
        key = default;
        if (fullKey.IsEmpty || fullKey[0] != (char)ItemKind.FileWrite || !fullKey.EndsWith(Tail, StringComparison.Ordinal))
        {
            return false;
        }

        var first = fullKey.IndexOf('|');
        var second = fullKey[(first + 1)..].IndexOf('|') + first + 1;
        var end = fullKey.Length - Tail.Length;
        if (second == first || second + 1 >= end || fullKey[second + 1] != '/' || !ChangesNameOrContent(fullKey[(first + 1)..second]))
        {
            return false;
        }

        key = new WriteKey { Head = fullKey[..(second + 1)], Path = fullKey[(second + 1)..end] };
        return true;
    }

    private static bool ChangesNameOrContent(ReadOnlySpan<char> operation) =>
        operation is "write" or "create" or "rename" or "unlink" or "link" or "truncate";
}
