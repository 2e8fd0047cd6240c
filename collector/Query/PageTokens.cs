using System.Buffers.Text;
using System.IO.Hashing;
using System.Text;

namespace Runtime.Collector.Query;

/// <summary>
/// Ties the store's page token to the question that it continues: with other filters the next page would silently be one
/// of another list. Form: base64url of 8 bytes XxHash3 over list name, filters and the store's token, then that token.
/// Not a secret and not a proof: the store still checks what it reads.
/// </summary>
internal static class PageTokens
{
    // The longest that a store makes is far shorter; what is longer was not made by us.
    private const int MaxLength = 512;

    private const string Rule = "must be the next_page_token of an answer to the same question with the same filters";

    /// <returns>Empty for the last page.</returns>
    public static string Wrap(string list, ListFilter filter, string storeToken)
    {
        if (storeToken.Length == 0)
        {
            return "";
        }

        var token = Encoding.UTF8.GetBytes(storeToken);
        return Base64Url.EncodeToString([.. Digest(list, filter, token), .. token]);
    }

    /// <exception cref="QueryFault">Not of this list and these filters.</exception>
    public static string Unwrap(string list, ListFilter filter, string pageToken)
    {
        if (pageToken.Length == 0)
        {
            return "";
        }

        if (pageToken.Length > MaxLength || !Base64Url.IsValid(pageToken))
        {
            throw QueryFault.Invalid("page_token", pageToken, Rule);
        }

        var bytes = Base64Url.DecodeFromChars(pageToken);
        return bytes.Length > 8 && bytes.AsSpan(0, 8).SequenceEqual(Digest(list, filter, bytes.AsSpan(8)))
            ? Encoding.UTF8.GetString(bytes, 8, bytes.Length - 8)
            : throw QueryFault.Invalid("page_token", pageToken, Rule);
    }

    private static byte[] Digest(string list, ListFilter filter, ReadOnlySpan<byte> token)
    {
        // The page size may change from page to page, and so may times that were given as "the last two hours"; but a list by time is in another order.
        var hash = new XxHash3();
        var byTime = filter.Since is not null || filter.Until is not null;
        hash.Append(Encoding.UTF8.GetBytes($"{list}\0{byTime}\0{filter with { PageSize = 0, PageToken = "", Since = null, Until = null }}\0"));
        hash.Append(token);
        return hash.GetCurrentHash();
    }
}
