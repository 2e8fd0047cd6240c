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

    /// <summary>Letters to insert, take out, replace or swap with their neighbour (optimal string alignment); their case is ignored.</summary>
    internal static int Distance(string left, string right)
    {
        // The last three rows: a swap looks two back.
        var (before, above, row) = (new int[right.Length + 1], new int[right.Length + 1], Enumerable.Range(0, right.Length + 1).ToArray());
        for (var i = 1; i <= left.Length; i++)
        {
            (before, above, row) = (above, row, before);
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                row[j] = Math.Min(Math.Min(above[j] + 1, row[j - 1] + 1), above[j - 1] + (Same(i - 1, j - 1) ? 0 : 1));
                if (i > 1 && j > 1 && Same(i - 1, j - 2) && Same(i - 2, j - 1))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }
        }

        return row[right.Length];

        bool Same(int i, int j) => char.ToUpperInvariant(left[i]) == char.ToUpperInvariant(right[j]);
    }
}
