using System.Text;

namespace Runtime.Collector.Query.Search;

/// <summary>A text to compare with: as it is, or with wildcards.</summary>
internal sealed class SearchPattern
{
    private const char AnyRun = '*', AnyOne = '?';

    private readonly string _text;

    // Same length: where a character of the text is a wildcard and not itself.
    private readonly bool[] _isWildcard;

    /// <param name="isWildcard">As long as the text.</param>
    public SearchPattern(string text, bool[] isWildcard)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(isWildcard.Length, text.Length);
        (_text, _isWildcard) = (text, isWildcard);
    }

    public static SearchPattern Exactly(string text) => new(text, new bool[text.Length]);

    /// <summary>No wildcards: the text itself, and <see cref="Prefix"/>.</summary>
    public bool IsExact => !_isWildcard.Contains(true);

    /// <summary>What every match begins with; may be empty.</summary>
    public string Prefix => Array.IndexOf(_isWildcard, true) is >= 0 and var first ? _text[..first] : _text;

    /// <summary>Wildcards that take any number of characters: each multiplies what a comparison may cost.</summary>
    public int Runs => _text.Where((letter, i) => _isWildcard[i] && letter == AnyRun).Count();

    /// <summary>For SQLite's GLOB, where '[' begins a set of characters.</summary>
    public string Glob
    {
        get
        {
            var glob = new StringBuilder();
            for (var i = 0; i < _text.Length; i++)
            {
                var isOwn = _isWildcard[i] || _text[i] is not (AnyRun or AnyOne or '[');
                glob.Append(isOwn ? _text[i].ToString() : $"[{_text[i]}]");
            }

            return glob.ToString();
        }
    }

    public SearchPattern ToLower() => new(_text.ToLowerInvariant(), _isWildcard);

    /// <summary>Parts between a character that is itself, for "shop/web*".</summary>
    public IReadOnlyList<SearchPattern> Split(char separator)
    {
        var parts = new List<SearchPattern>();
        for (var start = 0; start <= _text.Length;)
        {
            var end = start;
            while (end < _text.Length && (_text[end] != separator || _isWildcard[end]))
            {
                end++;
            }

            parts.Add(new(_text[start..end], _isWildcard[start..end]));
            start = end + 1;
        }

        return parts;
    }

    /// <summary>In steps at most pattern times text: what a run took is lengthened, never retried by another.</summary>
    public bool IsMatch(ReadOnlySpan<char> text)
    {
        int here = 0, there = 0, run = -1, runEnd = 0;
        while (there < text.Length)
        {
            if (here < _text.Length && _isWildcard[here] && _text[here] == AnyRun)
            {
                (run, runEnd) = (here++, there);
            }
            else if (here < _text.Length && ((_isWildcard[here] && _text[here] == AnyOne) || (!_isWildcard[here] && _text[here] == text[there])))
            {
                here++;
                there++;
            }
            else if (run >= 0)
            {
                (here, there) = (run + 1, ++runEnd);
            }
            else
            {
                return false;
            }
        }

        while (here < _text.Length && _isWildcard[here] && _text[here] == AnyRun)
        {
            here++;
        }

        return here == _text.Length;
    }
}
