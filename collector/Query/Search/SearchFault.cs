namespace Runtime.Collector.Query.Search;

/// <summary>One thing that is wrong in a question.</summary>
/// <param name="Column">Where it begins in the text, in UTF-16 units from 0.</param>
/// <param name="Length">Of what is wrong; at least 1, also at the text's end.</param>
/// <param name="Message">For a person, with what would be right.</param>
internal sealed record SearchFault(int Column, int Length, string Message);

/// <summary>A question that cannot be asked, with all that is wrong in it.</summary>
internal sealed class SearchFaultException(string query, IReadOnlyList<SearchFault> faults) : Exception(string.Join("; ", faults.Select(fault => $"column {fault.Column + 1}: {fault.Message}")))
{
    public string Query { get; } = query;

    /// <summary>At least one, in the order of the text, at most <see cref="SearchParser.MaxFaults"/>.</summary>
    public IReadOnlyList<SearchFault> Faults { get; } = faults;
}
