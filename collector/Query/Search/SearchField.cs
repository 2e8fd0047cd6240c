namespace Runtime.Collector.Query.Search;

/// <summary>What a search can answer.</summary>
[Flags]
internal enum RecordTypes
{
    None = 0,
    Events = 1,
    Deviations = 2,
    Incidents = 4,
    All = Events | Deviations | Incidents,
}

internal enum SearchFieldType
{
    /// <summary>Equal as written; * stands for any characters, ? for one.</summary>
    Text,

    /// <summary>As <see cref="Text"/>, upper and lower case alike.</summary>
    Name,

    /// <summary>Anywhere within, upper and lower case alike; no wildcards.</summary>
    Words,

    /// <summary>One of a fixed list.</summary>
    Choice,

    /// <summary>As Choice, in an order: comparisons are allowed.</summary>
    Severity,

    /// <summary>=, &lt;, &lt;=, &gt;, &gt;= and FROM..TO.</summary>
    Number,

    /// <summary>A moment; of a comparison an age (30d) or a moment.</summary>
    Time,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary>An address or a network (10.0.0.0/8).</summary>
    Address,
}

/// <summary>Something that a search can ask for.</summary>
/// <param name="Name">Lower case, parts divided by dots.</param>
/// <param name="Of">The records that have it: a term with this field finds no others.</param>
/// <param name="Meaning">For a person, one line.</param>
internal sealed record SearchField(string Name, SearchFieldType Type, RecordTypes Of, string Meaning, string Example)
{
    /// <summary>What a choice may be; empty for other types.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>A moment that stands alone: "since:7d". Other times are compared.</summary>
    public bool IsBound { get; init; }
}
