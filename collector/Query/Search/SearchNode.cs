using System.Net;

namespace Runtime.Collector.Query.Search;

/// <summary>A question, checked. Every value fits its field.</summary>
internal abstract record SearchNode
{
    /// <summary>Whether a record of this type can be an answer: a term whose field the type does not have finds none of it, negated or not.</summary>
    /// <param name="type">One of the types.</param>
    public abstract bool MayFind(RecordTypes type);

    public virtual IEnumerable<SearchTerm> Terms => [];
}

/// <param name="Parts">At least one.</param>
internal sealed record SearchAnd(IReadOnlyList<SearchNode> Parts) : SearchNode
{
    public override IEnumerable<SearchTerm> Terms => Parts.SelectMany(part => part.Terms);

    public override bool MayFind(RecordTypes type) => Parts.All(part => part.MayFind(type));
}

internal sealed record SearchOr(IReadOnlyList<SearchNode> Parts) : SearchNode
{
    public override IEnumerable<SearchTerm> Terms => Parts.SelectMany(part => part.Terms);

    public override bool MayFind(RecordTypes type) => Parts.Any(part => part.MayFind(type));
}

internal sealed record SearchNot(SearchNode Part) : SearchNode
{
    public override IEnumerable<SearchTerm> Terms => Part.Terms;

    public override bool MayFind(RecordTypes type) => Part is SearchTerm { Field.Name: "type" } term ? !term.MayFind(type) : Part.MayFind(type);
}

/// <summary>A field and the values of which one must fit.</summary>
/// <param name="Column">Of the term's first character in the text, from 0.</param>
internal sealed record SearchTerm(SearchField Field, IReadOnlyList<SearchValue> Values, int Column, int Length) : SearchNode
{
    public override IEnumerable<SearchTerm> Terms => [this];

    public override bool MayFind(RecordTypes type) => (Field.Of & type) != 0 && (Field.Name != "type" || Values.Any(value => TypeOf(value.Text) == type));

    private static RecordTypes TypeOf(string word) => word switch
    {
        "event" => RecordTypes.Events,
        "deviation" => RecordTypes.Deviations,
        _ => RecordTypes.Incidents,
    };
}

internal enum Comparison
{
    Equal = 0,
    Less = 1,
    LessOrEqual = 2,
    Greater = 3,
    GreaterOrEqual = 4,
}

/// <summary>One value; what is set beside the text is what the field's type says.</summary>
/// <param name="Text">Without quotes and escapes, wildcards as they were written.</param>
internal sealed record SearchValue(Comparison Comparison, string Text)
{
    /// <summary>Of Text and Name.</summary>
    public SearchPattern? Pattern { get; init; }

    /// <summary>Of Number.</summary>
    public double Number { get; init; }

    /// <summary>Of Number: the upper end of FROM-TO; null for a single one.</summary>
    public double? To { get; init; }

    /// <summary>Of Severity: the API's number.</summary>
    public int Level { get; init; }

    /// <summary>Of Time: by the collector's clock. Of an age the comparison was turned: less old is later.</summary>
    public DateTimeOffset Time { get; init; }

    public bool Flag { get; init; }

    /// <summary>Of Address: first and last of the network, IPv4 as mapped IPv6. Both set or none.</summary>
    public IPAddress? First { get; init; }
    public IPAddress? Last { get; init; }
}
