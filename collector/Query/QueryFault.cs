namespace Runtime.Collector.Query;

internal enum QueryFaultKind
{
    /// <summary>The question is wrong; the message names the field, the value and the rule.</summary>
    Invalid = 0,
    NotFound = 1,

    /// <summary>The state of the thing does not allow it.</summary>
    NotNow = 2,

    /// <summary>The caller takes too much or reads too slowly.</summary>
    TooMuch = 3,
}

/// <summary>An answer that is not the one asked for. The message is for the caller.</summary>
internal sealed class QueryFault(QueryFaultKind kind, string message) : Exception(message)
{
    public QueryFaultKind Kind { get; } = kind;

    /// <param name="field">As in query.proto.</param>
    public static QueryFault Invalid(string field, string value, string rule) =>
        new(QueryFaultKind.Invalid, $"{field} = \"{(value.Length <= 100 ? value : value[..100] + "…")}\": {rule}");
}
