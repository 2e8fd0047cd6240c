using System.Buffers.Text;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Runtime.Collector.Query.Search;

/// <summary>
/// Page tokens of searches: base64url of 8 bytes XxHash3 over the question and the rest, then the cursor's numbers divided by dots. Not a secret and not a
/// proof: whoever makes one up gets an answer of another moment.
/// </summary>
internal static class SearchTokens
{
    private const int MaxLength = 256;
    private const int Parts = 7;
    private const string Rule = "must be the next_page_token of an answer to the same query";

    public static string Of(string query, SearchCursor? cursor)
    {
        if (cursor is null)
        {
            return "";
        }

        var rest = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{cursor.Now.UtcTicks}.{cursor.Events}.{cursor.Deviations}.{cursor.Incidents}.{cursor.Time ?? 0}.{cursor.Rank}.{cursor.Number}"));
        return Base64Url.EncodeToString([.. Digest(query, rest), .. rest]);
    }

    /// <exception cref="QueryFault">Not of this question.</exception>
    public static SearchCursor Read(string query, string token)
    {
        if (token.Length <= MaxLength && Base64Url.IsValid(token) && Base64Url.DecodeFromChars(token) is { Length: > 8 } bytes
            && bytes.AsSpan(0, 8).SequenceEqual(Digest(query, bytes.AsSpan(8)))
            && Numbers(Encoding.ASCII.GetString(bytes, 8, bytes.Length - 8)) is { Length: Parts } numbers
            && numbers[0] <= DateTimeOffset.MaxValue.UtcTicks && numbers[5] <= 2)
        {
            return new(new DateTimeOffset(numbers[0], TimeSpan.Zero), numbers[1], numbers[2], numbers[3], numbers[4], (int)numbers[5], numbers[6]);
        }

        throw QueryFault.Invalid("page_token", token, Rule);
    }

    private static long[] Numbers(string text) =>
        [.. text.Split('.').Select(part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).Where(number => number >= 0)];

    private static byte[] Digest(string query, ReadOnlySpan<byte> rest)
    {
        var hash = new XxHash3();
        hash.Append(Encoding.UTF8.GetBytes(query));
        hash.Append(rest);
        return hash.GetCurrentHash();
    }
}
