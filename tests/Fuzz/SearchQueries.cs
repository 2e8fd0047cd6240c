using System.Text;
using Runtime.Collector.Query.Search;

namespace Runtime.Fuzz;

/// <summary>The search language, and what becomes of its patterns.</summary>
internal static class SearchQueries
{
    private static readonly DateTimeOffset Now = new(2026, 4, 25, 12, 0, 0, TimeSpan.Zero);

    /// <exception cref="SearchFaultException">The text cannot be asked.</exception>
    public static void Run(ReadOnlySpan<byte> input)
    {
        var query = Encoding.UTF8.GetString(input);
        try
        {
            var root = SearchParser.Parse(query, Now);
            var values = root?.Terms.SelectMany(term => term.Values).ToList() ?? [];
            Targets.Require(values.Count <= SearchParser.MaxValues, "no more values than are compared");
            foreach (var term in root?.Terms ?? [])
            {
                Targets.Require(term.Column >= 0 && term.Length > 0 && term.Column + term.Length <= query.Length, "a term lies in its text");
                Targets.Require(term.Values.Count > 0, "a term has a value");
            }

            foreach (var pattern in values.Select(value => value.Pattern).OfType<SearchPattern>())
            {
                Targets.Require(pattern.Runs <= SearchValues.MaxRuns, "no more wildcards than are allowed");
                Targets.Require(!pattern.IsExact || pattern.IsMatch(pattern.Prefix), "a text matches itself");
                pattern.IsMatch(query);
                Targets.Require(pattern.Glob.Length >= pattern.Prefix.Length, "a pattern holds its beginning");
            }
        }
        catch (SearchFaultException refused)
        {
            Targets.Require(refused.Faults.Count is > 0 and <= SearchParser.MaxFaults, "a refusal says why");
            foreach (var fault in refused.Faults)
                Targets.Require(fault.Column >= 0 && fault.Column <= query.Length && fault.Length > 0, "a fault lies in its text");
            throw;
        }
    }
}
