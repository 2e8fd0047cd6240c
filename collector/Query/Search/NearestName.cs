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
        var (name, distance) = names.Select(name => (name, Distance: Distance(lower, name))).MinBy(candidate => candidate.Distance);
        return distance <= Math.Max(1, lower.Length / 3) ? name : names.FirstOrDefault(name => lower.Length > 2 && (name.StartsWith(lower, StringComparison.Ordinal) || name.EndsWith('.' + lower, StringComparison.Ordinal)));
    }

    /// <summary>Letters to insert, take out, replace or swap with their neighbour (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            table[i, 0] = i;
        }

        for (var j = 0; j <= b.Length; j++)
        {
            table[0, j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var same = a[i - 1] == b[j - 1] ? 0 : 1;
                table[i, j] = Math.Min(Math.Min(table[i - 1, j] + 1, table[i, j - 1] + 1), table[i - 1, j - 1] + same);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }
            }
        }

        return table[a.Length, b.Length];
    }
}
