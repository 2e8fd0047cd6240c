using Runtime.Collector.Query.Search;

namespace Runtime.Collector.Storage;

/// <summary>Values of terms as SQL. What people wrote becomes values ($1, $2 …) only; SQL text is ours.</summary>
internal sealed class SearchValuesSql
{
    private readonly List<object?> _values = [];

    public object?[] Values => [.. _values];

    public string Add(object? value)
    {
        _values.Add(value);
        return "$" + _values.Count;
    }

    /// <summary>For a text as it is in <paramref name="expression"/>.</summary>
    public string Text(string expression, SearchTerm term)
    {
        var column = term.Field.Type == SearchFieldType.Name ? $"lower({expression})" : expression;
        return Any(term, value => Pattern(column, value.Pattern!));
    }

    /// <summary>For the number of a word.</summary>
    public string Word(string column, SearchTerm term) => $"{column} IN (SELECT number FROM words WHERE {Any(term, value => Pattern("value", value.Pattern!))})";

    public string Choice(string expression, IEnumerable<string> words) => $"{expression} IN ({string.Join(", ", words.Select(Add))})";

    public string Number(string expression, SearchTerm term) => Any(term, value => value.To is { } to
        ? $"{expression} BETWEEN {Add(value.Number)} AND {Add(to)}"
        : $"{expression} {Sign(value.Comparison)} {Add(value.Number)}");

    public string Severity(string expression, SearchTerm term) => Any(term, value => $"{expression} {Sign(value.Comparison)} {Add(value.Level)}");

    public string Time(string expression, SearchTerm term) => Any(term, value => $"{expression} {Sign(term.Field.Name switch
    {
        "since" => Comparison.GreaterOrEqual,
        "until" => Comparison.LessOrEqual,
        _ => value.Comparison,
    })} {Add(value.Time.ToMicros())}");

    public string Flag(string expression, SearchTerm term) => Any(term, value => $"{expression} = {Add(value.Flag ? 1 : 0)}");

    public string Address(string expression, SearchTerm term) => Any(term, value => AddressRange(expression, value));

    public string AddressRange(string expression, SearchValue value) => $"{expression} BETWEEN {Add(value.First!.GetAddressBytes())} AND {Add(value.Last!.GetAddressBytes())}";

    public string Contains(string expression, SearchTerm term) => Any(term, value => $"{expression} LIKE {Add(Like(value.Text))} ESCAPE '\\'");

    /// <summary>With the range that an index can walk in front of the comparison.</summary>
    public string Pattern(string column, SearchPattern pattern)
    {
        if (pattern.IsExact)
        {
            return $"{column} = {Add(pattern.Prefix)}";
        }

        var glob = $"{column} GLOB {Add(pattern.Glob)}";
        if (pattern.Prefix.Length == 0)
        {
            return glob;
        }

        var prefix = Add(pattern.Prefix);
        return $"({column} >= {prefix} AND {column} < {prefix} || char(1114111) AND {glob})";
    }

    private static string Any(SearchTerm term, Func<SearchValue, string> condition) => "(" + string.Join(" OR ", term.Values.Select(condition)) + ")";

    private static string Sign(Comparison comparison) => comparison switch
    {
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.Greater => ">",
        Comparison.GreaterOrEqual => ">=",
        _ => "=",
    };

    private static string Like(string text) =>
        "%" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%";
}
