using Runtime.Collector.Configuration;

namespace Runtime.Collector.Query.Search;

/// <summary>What somebody may have meant by a name that is none.</summary>
internal static class NearestName
{
    // Longer than every name; what is longer is no slip of the hand.
    private const int MaxLength = 32;

    /// <returns>Null: nothing is near enough to be worth a guess.</returns>
    public static string? Of(string written, IEnumerable<string> names)
    {
        if (written.Length is 0 or > MaxLength)
        {
            return null;
        }

        var lower = written.ToLowerInvariant();
        var (name, distance) = names.Select(name => (name, Distance: NearestKey.Distance(lower, name))).MinBy(candidate => candidate.Distance);
        return distance <= Math.Max(1, lower.Length / 3) ? name : names.FirstOrDefault(name => lower.Length > 2 && (name.StartsWith(lower, StringComparison.Ordinal) || name.EndsWith('.' + lower, StringComparison.Ordinal)));
    }
}
