namespace Runtime.Collector.Query;

/// <summary>
/// Page tokens of lists: the store's token, tied to the list and its filters. With other filters the next page would silently be one of another list.
/// </summary>
internal static class PageTokens
{
    private const string Rule = "must be the next_page_token of an answer to the same question with the same filters";

    /// <returns>Empty for the last page.</returns>
    public static string Wrap(string list, ListFilter filter, string storeToken) => storeToken.Length == 0 ? "" : QuestionTokens.Tie(Question(list, filter), storeToken);

    /// <exception cref="QueryFault">Not of this list and these filters.</exception>
    public static string Unwrap(string list, ListFilter filter, string pageToken) =>
        pageToken.Length == 0 ? "" : QuestionTokens.Untie(Question(list, filter), pageToken) ?? throw QueryFault.Invalid("page_token", pageToken, Rule);

    /// <summary>The page size may change from page to page, and so may times that were given as "the last two hours"; but a list by time is in another order.</summary>
    private static string Question(string list, ListFilter filter)
    {
        var byTime = filter.Since is not null || filter.Until is not null;
        return $"{list}\0{byTime}\0{filter with { PageSize = 0, PageToken = "", Since = null, Until = null }}\0";
    }
}
