using System.Net;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Rules;

/// <summary>What a field's value is compared with.</summary>
internal enum Operator
{
    /// <summary>One of the values.</summary>
    In,

    /// <summary>One of the patterns fits the whole text: '*' is any text, '?' any character.</summary>
    Like,

    /// <summary>Is, or is below, one of the values: a folder, a domain, a network.</summary>
    Under,

    /// <summary>From a number to a number, both included.</summary>
    Range,
}

/// <summary>One comparison. A field that has no value in an observation holds none; one of several values has to fit.</summary>
/// <param name="Values">As they stand in the file; for a range its two ends.</param>
internal sealed record Condition(RuleField Field, Operator Operator, IReadOnlyList<string> Values)
{
    /// <summary>Of <see cref="Values"/>, for numbers.</summary>
    public IReadOnlyList<long> Numbers { get; init; } = [];

    /// <summary>Of <see cref="Values"/>, for addresses.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    public bool Holds(Observation observation) => Field.Type switch
    {
        FieldType.Number => Field.Number!(observation) is { } number && (Operator == Operator.Range ? number >= Numbers[0] && number <= Numbers[1] : Numbers.Contains(number)),
        FieldType.Flag => Field.Flag!(observation) == (Values[0] == RuleFields.Yes),
        FieldType.Address => Field.Address!(observation) is { } address && Networks.Any(network => network.Contains(address)),
        _ when Field.Many is { } many => many(observation).Any(Fits),
        _ => Fits(Field.One!(observation)),
    };

    private bool Fits(string text)
    {
        if (text.Length == 0)
        {
            return false;
        }

        foreach (var value in Values)
        {
            if (Operator switch
            {
                Operator.Like => RuleSet.Matches(value, text, ignoreCase: Field.Type == FieldType.Name),
                Operator.Under => Field.Type == FieldType.Name ? IsBelow(text.AsSpan().TrimEnd('.'), value) : IsWithin(text, value),
                _ => Field.Type == FieldType.Name ? text.AsSpan().TrimEnd('.').Equals(value, StringComparison.OrdinalIgnoreCase) : text == value,
            })
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsBelow(ReadOnlySpan<char> name, string domain) =>
        name.EndsWith(domain, StringComparison.OrdinalIgnoreCase) && (name.Length == domain.Length || name[^(domain.Length + 1)] == '.');

    private static bool IsWithin(string path, string folder)
    {
        var place = folder.TrimEnd('/');
        return path.StartsWith(place, StringComparison.Ordinal) && (path.Length == place.Length || path[place.Length] == '/');
    }
}
