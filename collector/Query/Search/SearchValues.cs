using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Runtime.Collector.Query.Search;

/// <summary>Reads single values by their field's type.</summary>
/// <param name="now">What ages count from.</param>
/// <param name="fault">Column, length, message.</param>
internal sealed class SearchValues(DateTimeOffset now, Action<int, int, string> fault)
{
    /// <summary>In UTF-16 units.</summary>
    public const int MaxLength = 256;

    /// <summary>Of '*' in one value.</summary>
    public const int MaxRuns = 4;

    private const double MaxAgeDays = 36500;
    private const string TimeRule = "an age (30s, 10m, 12h, 7d, 2w) or a time (2026-04-25, 2026-04-25T13:00Z; UTC unless it says otherwise)";

    private static readonly string[] _timeForms =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <returns>Null after a fault.</returns>
    public SearchValue? Read(SearchField field, string text, bool[] isWildcard, bool wasQuoted, int column, int length)
    {
        if (text.Length > MaxLength)
        {
            return Wrong($"a value has at most {MaxLength} characters");
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return Wrong("a value has no NUL character");
        }

        var (comparison, signs) = field.Type is SearchFieldType.Number or SearchFieldType.Severity or SearchFieldType.Time ? Sign(text) : (Comparison.Equal, 0);
        var rest = text[signs..];
        var value = new SearchValue(comparison, rest);
        switch (field.Type)
        {
            case SearchFieldType.Words:
                return text.Length == 0 ? Wrong("needs something to look for") : value;
            case SearchFieldType.Text or SearchFieldType.Name:
                var pattern = new SearchPattern(text, wasQuoted ? new bool[text.Length] : isWildcard);
                return pattern.Runs > MaxRuns ? Wrong($"a value has at most {MaxRuns} *")
                    : field.Name == "deployment" && pattern.Split('/').Count is not (1 or 2 or 3 or 5) ? Wrong("must be NAME, NAMESPACE/NAME, NAMESPACE/NAME/CONTAINER or CLUSTER/NAMESPACE/KIND/NAME/CONTAINER")
                    : value with { Pattern = field.Type == SearchFieldType.Name ? pattern.ToLower() : pattern };
            case SearchFieldType.Choice:
                return field.Choices.Contains(rest) ? value : Wrong(NotOneOf(field, rest));
            case SearchFieldType.Severity:
                return field.Choices.ToList().IndexOf(rest.ToLowerInvariant()) is >= 0 and var level ? value with { Level = level + 1 } : Wrong(NotOneOf(field, rest));
            case SearchFieldType.Flag:
                return rest is "true" or "false" ? value with { Flag = rest == "true" } : Wrong("must be true or false");
            case SearchFieldType.Number:
                return Number(value) ?? Wrong("must be a number, as in " + field.Example);
            case SearchFieldType.Time:
                return Time(field, value, signs > 0, column, length);
            default:
                return Network(value) ?? Wrong("must be an address or a network: 203.0.113.9, 10.0.0.0/8, 2001:db8::/32");
        }

        SearchValue? Wrong(string rule)
        {
            fault(column, length, $"{field.Name}: {rule}");
            return null;
        }
    }

    /// <returns>Null: it is no address and no network.</returns>
    public static SearchValue? NetworkOf(string text) => text.Length <= MaxLength ? Network(new SearchValue(Comparison.Equal, text)) : null;

    private static (Comparison Comparison, int Signs) Sign(string text) => text switch
    {
        ['>', '=', ..] => (Comparison.GreaterOrEqual, 2),
        ['<', '=', ..] => (Comparison.LessOrEqual, 2),
        ['>', ..] => (Comparison.Greater, 1),
        ['<', ..] => (Comparison.Less, 1),
        ['=', ..] => (Comparison.Equal, 1),
        _ => (Comparison.Equal, 0),
    };

    private static string NotOneOf(SearchField field, string word) =>
        NearestName.Of(word, field.Choices) is { } nearest ? $"there is no \"{word}\"; did you mean \"{nearest}\"?" : $"must be one of {string.Join(", ", field.Choices)}";

    private static SearchValue? Number(SearchValue value)
    {
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (value.Text.IndexOf('-') is > 0 and var dash && value.Comparison == Comparison.Equal
            && double.TryParse(value.Text.AsSpan(0, dash), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var from)
            && double.TryParse(value.Text.AsSpan(dash + 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var to))
        {
            return from <= to ? value with { Number = from, To = to } : null;
        }

        return double.TryParse(value.Text, Style, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? value with { Number = number } : null;
    }

    private SearchValue? Time(SearchField field, SearchValue value, bool isCompared, int column, int length)
    {
        var problem = field.IsBound == isCompared || (isCompared && value.Comparison == Comparison.Equal)
            ? field.IsBound ? $"takes no comparison: it is {field.Name}:7d" : $"needs < or > before it, as in {field.Example}"
            : null;
        if (problem is null)
        {
            if (Age(value.Text) is { } age)
            {
                return value with { Time = now - age, Comparison = Turn(value.Comparison) };
            }

            if (DateTimeOffset.TryParseExact(value.Text, _timeForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            {
                return value with { Time = time };
            }
        }

        fault(column, length, $"{field.Name}: {problem ?? "must be " + TimeRule}");
        return null;
    }

    /// <summary>Less old is later.</summary>
    private static Comparison Turn(Comparison comparison) => comparison switch
    {
        Comparison.Less => Comparison.Greater,
        Comparison.LessOrEqual => Comparison.GreaterOrEqual,
        Comparison.Greater => Comparison.Less,
        Comparison.GreaterOrEqual => Comparison.LessOrEqual,
        _ => comparison,
    };

    private static TimeSpan? Age(string text)
    {
        var days = text.LastOrDefault() switch { 's' => 1 / 86400.0, 'm' => 1 / 1440.0, 'h' => 1 / 24.0, 'd' => 1, 'w' => 7, _ => 0 };
        return days > 0 && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number * days <= MaxAgeDays
            ? TimeSpan.FromDays(number * days)
            : null;
    }

    /// <remarks>IPAddress.Parse takes "10" and "0x7f.1" for addresses too: nobody means those.</remarks>
    private static SearchValue? Network(SearchValue value)
    {
        var slash = value.Text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? value.Text : value.Text[..slash];
        if (host.Contains('%', StringComparison.Ordinal) || (!host.Contains(':', StringComparison.Ordinal) && (host.Count(letter => letter == '.') != 3 || !host.All(letter => char.IsAsciiDigit(letter) || letter == '.')))
            || !IPAddress.TryParse(host, out var address))
        {
            return null;
        }

        var whole = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var bits = whole;
        if (slash >= 0 && (!int.TryParse(value.Text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > whole))
        {
            return null;
        }

        Span<byte> first = stackalloc byte[16];
        Span<byte> last = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(first, out _);
        first.CopyTo(last);
        for (var bit = 128 - whole + bits; bit < 128; bit++)
        {
            first[bit / 8] &= (byte)~(0x80 >> (bit % 8));
            last[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return value with { First = new IPAddress(first), Last = new IPAddress(last) };
    }
}
