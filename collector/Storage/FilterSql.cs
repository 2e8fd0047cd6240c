using System.Globalization;
using System.Text;
using Runtime.Collector.Query;

namespace Runtime.Collector.Storage;

/// <summary>Turns a filter into conditions and values. Only values come from outside; SQL text is ours.</summary>
internal sealed class FilterSql
{
    private readonly StringBuilder _where = new("WHERE 1");
    private readonly List<object?> _values = [];

    public string Where => _where.ToString();

    public object?[] Values => [.. _values];

    /// <param name="condition">With {0} for the value.</param>
    public FilterSql And(bool wanted, string condition, object? value)
    {
        if (wanted)
        {
            _values.Add(value);
            _where.Append(" AND ").AppendFormat(CultureInfo.InvariantCulture, condition, "$" + _values.Count);
        }

        return this;
    }

    public FilterSql And(bool wanted, string condition)
    {
        if (wanted)
        {
            _where.Append(" AND ").Append(condition);
        }

        return this;
    }

    /// <summary>Rows of scopes whose id holds the words.</summary>
    public FilterSql InScope(string column, string words) =>
        And(words.Length > 0, column + " IN (SELECT number FROM scopes WHERE scope_id LIKE {0} ESCAPE '\\')", Like(words));

    public FilterSql HasText(string text) => And(text.Length > 0, "text LIKE {0} ESCAPE '\\'", Like(text));

    /// <summary>The rows after a page. Tokens are the last row's number.</summary>
    public FilterSql Below(string column, string pageToken) => And(pageToken.Length > 0, column + " < {0}", ReadToken(pageToken));

    /// <summary>As above, where rows are in the order of two columns.</summary>
    public FilterSql Below(string column, string then, string pageToken)
    {
        if (pageToken.Length == 0)
        {
            return this;
        }

        var parts = pageToken.Split('.', 2);
        _values.Add(ReadToken(parts[0]));
        _values.Add(parts.Length > 1 ? ReadToken(parts[1]) : 0);
        _where.Append(CultureInfo.InvariantCulture, $" AND ({column}, {then}) < (${_values.Count - 1}, ${_values.Count})");
        return this;
    }

    public string Limit(int rows)
    {
        _values.Add(rows);
        return "LIMIT $" + _values.Count;
    }

    /// <summary>One row more than the page was read, to know whether there is a next one.</summary>
    public static Page<T> Cut<T>(List<(string Token, T Item)> rows, ListFilter filter)
    {
        var more = rows.Count > filter.PageSize;
        var items = rows.Take(filter.PageSize).ToArray();
        return new([.. items.Select(row => row.Item)], more ? items[^1].Token : "");
    }

    public static string Token(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Token(long first, long then) => string.Create(CultureInfo.InvariantCulture, $"{first}.{then}");

    // A token that is not a number was not made here: nothing lies below it.
    private static long ReadToken(string token) => long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>LIKE of SQLite ignores the case of ASCII letters.</summary>
    private static string Like(string text) =>
        "%" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%";
}
