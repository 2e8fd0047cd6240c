using System.Text;

namespace Runtime.Collector.Query.Search;

/// <summary>
/// Reads the search language (search.md): terms FIELD:VALUE[,VALUE…] and words, side by side all must hold, "or" between them, "-" or "not" before
/// one, parentheses. Goes on after a fault, so that all are told at once. Never throws but for faults; time and memory grow with the text, which is bounded.
/// </summary>
internal sealed class SearchParser
{
    /// <summary>In UTF-16 units.</summary>
    public const int MaxLength = 2000;

    /// <summary>Values in all terms together: each is a comparison for every row that is looked at.</summary>
    public const int MaxValues = 64;
    public const int MaxDepth = 8;
    public const int MaxFaults = 16;

    private readonly string _text;
    private readonly SearchValues _values;
    private readonly List<SearchFault> _faults = [];
    private int _at;
    private int _depth;
    private int _valueCount;

    private SearchParser(string text, DateTimeOffset now)
    {
        _text = text;
        _values = new SearchValues(now, Fault);
    }

    /// <param name="now">What ages count from, by the collector's clock.</param>
    /// <returns>Null for a text of nothing but spaces: everything.</returns>
    /// <exception cref="SearchFaultException">With all faults.</exception>
    public static SearchNode? Parse(string text, DateTimeOffset now)
    {
        if (text.Length > MaxLength)
        {
            throw new SearchFaultException(text, [new(MaxLength, text.Length - MaxLength, $"a query has at most {MaxLength} characters, this has {text.Length}")]);
        }

        var parser = new SearchParser(text, now);
        var root = parser.ReadAll();
        if (parser._faults.Count == 0 && root is not null)
        {
            parser.CheckTypes(root);
        }

        return parser._faults.Count == 0 ? root : throw new SearchFaultException(text, [.. parser._faults.OrderBy(fault => fault.Column).Take(MaxFaults)]);
    }

    private SearchNode? ReadAll()
    {
        var root = ReadOr();
        while (_at < _text.Length)
        {
            // ReadOr ends early only before a parenthesis that closes nothing.
            Fault(_at++, 1, "there is no ( that this closes; put a text that has one in quotes");
            root = ReadOr() ?? root;
        }

        return root;
    }

    private SearchNode? ReadOr()
    {
        List<SearchNode> parts = [];
        while (true)
        {
            var start = _at;
            if (ReadAnd() is { } part)
            {
                parts.Add(part);
            }
            else if (parts.Count > 0 || AtWord("or"))
            {
                Fault(Math.Min(start, _text.Length), 1, "\"or\" needs a term on both sides; put the word itself in quotes");
            }

            if (!TakeWord("or"))
            {
                return parts.Count switch { 0 => null, 1 => parts[0], _ => new SearchOr(parts) };
            }
        }
    }

    private SearchNode? ReadAnd()
    {
        List<SearchNode> parts = [];
        while (true)
        {
            SkipSpace();
            if (TakeWord("and"))
            {
                continue;
            }

            if (_at == _text.Length || _text[_at] == ')' || AtWord("or"))
            {
                return parts.Count switch { 0 => null, 1 => parts[0], _ => new SearchAnd(parts) };
            }

            if (ReadNot() is { } part)
            {
                parts.Add(part);
            }
        }
    }

    private SearchNode? ReadNot()
    {
        var start = _at;
        var isNegated = false;
        while (true)
        {
            // A loop, so that no number of signs deepens the stack.
            if (TakeSign() || TakeWord("not"))
            {
                isNegated = !isNegated;
                SkipSpace();
                if (_at == _text.Length || _text[_at] == ')')
                {
                    Fault(start, Math.Max(1, _at - start), "\"-\" and \"not\" need a term behind them; put the text itself in quotes");
                    return null;
                }

                continue;
            }

            var part = ReadPart();
            return part is not null && isNegated ? new SearchNot(part) : part;
        }
    }

    private bool TakeSign()
    {
        if (_text[_at] != '-')
        {
            return false;
        }

        _at++;
        return true;
    }

    private SearchNode? ReadPart()
    {
        if (_text[_at] != '(')
        {
            return ReadTerm();
        }

        var start = _at++;
        if (_depth == MaxDepth)
        {
            Fault(start, 1, $"parentheses are at most {MaxDepth} deep");
            _at = _text.Length;
            return null;
        }

        _depth++;
        var inner = ReadOr();
        _depth--;
        if (_at == _text.Length)
        {
            Fault(start, 1, "this ( is never closed");
            return inner;
        }

        _at++;
        if (inner is null)
        {
            Fault(start, _at - start, "there is nothing between the parentheses");
        }

        return inner;
    }

    private SearchTerm? ReadTerm()
    {
        var start = _at;
        var name = TakeFieldName();
        if (name is null)
        {
            return Term(SearchFields.Find("text")!, start, start);
        }

        if (SearchFields.Find(name) is not { } field)
        {
            var nearest = NearestName.Of(name, SearchFields.All.Select(known => known.Name));
            Fault(start, name.Length, $"there is no field \"{name}\"{(nearest is null ? "; runtimectl search --fields lists them, and a text with a colon is put in quotes" : $"; did you mean \"{nearest}\"?")}");
            SkipValues();
            return null;
        }

        return Term(field, start, _at);
    }

    private SearchTerm? Term(SearchField field, int start, int valuesFrom)
    {
        List<SearchValue> values = [];
        var faults = _faults.Count;
        _at = valuesFrom;
        while (true)
        {
            var from = _at;
            var (text, isWildcard, wasQuoted) = TakeValue();
            if (text.Length == 0 && !wasQuoted)
            {
                Fault(Math.Min(from, _text.Length), Math.Max(1, _at - from), $"{field.Name}: needs a value, such as {field.Example}");
            }
            else if (++_valueCount > MaxValues)
            {
                if (_valueCount == MaxValues + 1)
                {
                    Fault(from, Math.Max(1, _at - from), $"a query has at most {MaxValues} values");
                }
            }
            else if (_values.Read(field, text, isWildcard, wasQuoted, from, Math.Max(1, _at - from)) is { } value)
            {
                values.Add(value);
            }

            if (_at == _text.Length || _text[_at] != ',')
            {
                return _faults.Count == faults ? new SearchTerm(field, values, start, Math.Max(1, _at - start)) : null;
            }

            _at++;
        }
    }

    /// <summary>"image.registry:"; null, and nothing is taken, when no name and colon stand here: "10.0.0.9:443" is a word.</summary>
    private string? TakeFieldName()
    {
        var end = _at;
        while (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] is '.' or '_'))
        {
            end++;
        }

        if (end == _text.Length || _text[end] != ':' || end == _at || !char.IsAsciiLetter(_text[_at]))
        {
            return null;
        }

        var name = _text[_at..end];
        _at = end + 1;
        return name;
    }

    /// <summary>Up to a space, a comma or a parenthesis that closes; all of them are a value's own in quotes or behind a backslash.</summary>
    private (string Text, bool[] IsWildcard, bool WasQuoted) TakeValue()
    {
        var text = new StringBuilder();
        List<bool> wildcards = [];

        // A comparison stands before the quotes: severity:>="high".
        var signs = _at;
        while (signs < _text.Length && _text[signs] is '<' or '>' or '=')
        {
            signs++;
        }

        var quote = signs < _text.Length && _text[signs] == '"' ? signs : -1;
        var inQuotes = false;
        for (; _at < _text.Length; _at++)
        {
            var letter = _text[_at];
            if (_at == quote)
            {
                inQuotes = true;
                continue;
            }

            if (inQuotes && letter == '"')
            {
                _at++;
                if (_at < _text.Length && !IsEnd(_text[_at]))
                {
                    Fault(_at, 1, "a quoted text ends at its quote; a space or comma must follow");
                    SkipValues();
                }

                return (text.ToString(), [.. wildcards], true);
            }

            if (letter == '\\' && _at + 1 < _text.Length)
            {
                letter = _text[++_at];
            }
            else if (!inQuotes && IsEnd(letter))
            {
                break;
            }
            else
            {
                wildcards.Add(!inQuotes && letter is '*' or '?');
                text.Append(letter);
                continue;
            }

            wildcards.Add(false);
            text.Append(letter);
        }

        if (inQuotes)
        {
            Fault(quote, Math.Max(1, _text.Length - quote), "this quote is never closed");
        }

        return (text.ToString(), [.. wildcards], quote >= 0);
    }

    private bool IsEnd(char letter) => letter == ',' || char.IsWhiteSpace(letter) || (letter == ')' && _depth > 0);

    private void SkipValues()
    {
        while (_at < _text.Length && (!IsEnd(_text[_at]) || _text[_at] == ','))
        {
            _at++;
        }
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private bool TakeWord(string word)
    {
        if (!AtWord(word))
        {
            return false;
        }

        _at += word.Length;
        return true;
    }

    /// <summary>"or" with a space, a parenthesis or the end behind it; "or:x" and "order" are none.</summary>
    private bool AtWord(string word)
    {
        SkipSpace();
        var end = _at + word.Length;
        return end <= _text.Length && _text.AsSpan(_at, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase)
            && (end == _text.Length || char.IsWhiteSpace(_text[end]) || _text[end] is '(' or ')');
    }

    /// <summary>A question that no record can answer is a mistake: severity is of deviations, sha256 of events.</summary>
    private void CheckTypes(SearchNode root)
    {
        if (new[] { RecordTypes.Events, RecordTypes.Deviations, RecordTypes.Incidents }.Any(root.MayFind))
        {
            return;
        }

        // The first term that leaves nothing is where the mistake shows.
        var left = RecordTypes.All;
        var term = root.Terms.First();
        foreach (var next in root.Terms)
        {
            term = next;
            left &= TypesOf(next);
            if (left == RecordTypes.None)
            {
                break;
            }
        }

        var others = root.Terms.TakeWhile(other => other != term).Where(other => TypesOf(other) != RecordTypes.All).Select(Says);
        Fault(term.Column, term.Length, $"no record has all of it: {string.Join(", ", others.Append(Says(term)).Distinct())}");

        static string Says(SearchTerm term) => term.Field.Name == "type" ? $"type is {string.Join(" or ", term.Values.Select(value => value.Text))}" : $"{term.Field.Name} is of {SearchFields.Names(term.Field.Of)}";

        static RecordTypes TypesOf(SearchTerm term) =>
            new[] { RecordTypes.Events, RecordTypes.Deviations, RecordTypes.Incidents }.Where(term.MayFind).Aggregate(RecordTypes.None, (all, type) => all | type);
    }

    private void Fault(int column, int length, string message)
    {
        // Bounded: what follows the first of them is seldom worth more.
        if (_faults.Count < 4 * MaxFaults)
        {
            _faults.Add(new(column, length, message));
        }
    }
}
