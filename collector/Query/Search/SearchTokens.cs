using System.Globalization;

namespace Runtime.Collector.Query.Search;

/// <summary>Page tokens of searches: the cursor's numbers divided by dots, tied to the query. Whoever makes one up gets an answer of another moment.</summary>
internal static class SearchTokens
{
    private const int Parts = 7;
    private const string Rule = "must be the next_page_token of an answer to the same query";

    public static string Of(string query, SearchCursor? cursor) => cursor is null ? "" : QuestionTokens.Tie(query, string.Create(
        CultureInfo.InvariantCulture, $"{cursor.Now.UtcTicks}.{cursor.Events}.{cursor.Deviations}.{cursor.Incidents}.{cursor.Time ?? 0}.{cursor.Rank}.{cursor.Number}"));

    /// <exception cref="QueryFault">Not of this question.</exception>
    public static SearchCursor Read(string query, string token)
    {
        if (QuestionTokens.Untie(query, token) is { } place && Numbers(place) is { Length: Parts } numbers
            && numbers[0] <= DateTimeOffset.MaxValue.UtcTicks && numbers[5] <= 2)
        {
            return new(new DateTimeOffset(numbers[0], TimeSpan.Zero), numbers[1], numbers[2], numbers[3], numbers[4], (int)numbers[5], numbers[6]);
        }

        throw QueryFault.Invalid("page_token", token, Rule);
    }

    private static long[] Numbers(string text) =>
        [.. text.Split('.').Select(part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).Where(number => number >= 0)];
}
