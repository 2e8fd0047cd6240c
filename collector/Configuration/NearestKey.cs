namespace Runtime.Collector.Configuration;

/// <summary>What somebody may have meant who wrote a key that does not exist.</summary>
internal static class NearestKey
{
    /// <param name="known">Not empty.</param>
    public static string Words(string key, string parent, IEnumerable<string> known)
    {
        var (name, distance) = known.Select(candidate => (candidate, Distance(key, candidate))).MinBy(pair => (pair.Item2, pair.candidate));
        var path = parent.Length > 0 ? $"{parent}:{name}" : name;

        // Beyond that, a suggestion is more likely a wrong guess than a corrected typing error.
        return distance <= Math.Max(2, key.Length / 2)
            ? $"is not a setting; did you mean {path}?"
            : $"is not a setting; the nearest is {path}, and {(parent.Length > 0 ? parent : "the top level")} has {string.Join(", ", known.Order(StringComparer.Ordinal))}";
    }

    /// <summary>Levenshtein distance, letters' case ignored.</summary>
    internal static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost));
            }
        }

        return row[right.Length];
    }
}
