using System.Collections.Frozen;

namespace Runtime.Collector.Rules;

/// <summary>
/// Patterns of paths, asked about every write and exec: whole paths and "*/name" are looked up, only others are tried one by one. Immutable; any thread.
/// </summary>
internal sealed class PathPatterns
{
    /// <summary>Of those that are tried one by one.</summary>
    public const int MaxTried = 256;

    private readonly FrozenSet<string> _whole;
    private readonly FrozenSet<string> _names;
    private readonly string[] _tried;

    public PathPatterns(IEnumerable<string> patterns)
    {
        All = [.. patterns.Order(StringComparer.Ordinal)];
        _whole = All.Where(IsPlain).ToFrozenSet(StringComparer.Ordinal);
        _names = All.Where(IsOfName).Select(pattern => pattern[2..]).ToFrozenSet(StringComparer.Ordinal);
        _tried = [.. All.Where(IsTried)];
    }

    public IReadOnlyList<string> All { get; }

    /// <summary>Neither a whole path nor a name in any folder.</summary>
    public static bool IsTried(string pattern) => !IsPlain(pattern) && !IsOfName(pattern);

    public bool Match(string path)
    {
        if (_whole.Contains(path) || _names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(path.AsSpan(path.LastIndexOf('/') + 1)))
        {
            return true;
        }

        foreach (var pattern in _tried)
        {
            if (RuleSet.Matches(pattern, path))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPlain(string pattern) => pattern.AsSpan().IndexOfAny('*', '?', '\\') < 0;

    private static bool IsOfName(string pattern) => pattern.StartsWith("*/", StringComparison.Ordinal) && pattern.Length > 2 && IsPlain(pattern[2..]) && pattern.LastIndexOf('/') == 1;
}
