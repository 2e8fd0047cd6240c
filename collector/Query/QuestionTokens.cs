using System.Buffers.Text;
using System.IO.Hashing;
using System.Text;

namespace Runtime.Collector.Query;

/// <summary>
/// Ties a place in an answer to the question that it continues: base64url of 8 bytes XxHash3 over question and place, then the place. Not a secret and not a
/// proof: whoever reads the place still checks it.
/// </summary>
internal static class QuestionTokens
{
    // The longest that we make names an image by reference and digest.
    private const int MaxLength = 2048;

    public static string Tie(string question, string place)
    {
        var bytes = Encoding.UTF8.GetBytes(place);
        return Base64Url.EncodeToString([.. Digest(question, bytes), .. bytes]);
    }

    /// <returns>The place; null for a token that is not of this question.</returns>
    public static string? Untie(string question, string token)
    {
        if (token.Length > MaxLength || !Base64Url.IsValid(token))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        return bytes.Length > 8 && bytes.AsSpan(0, 8).SequenceEqual(Digest(question, bytes.AsSpan(8))) ? Encoding.UTF8.GetString(bytes, 8, bytes.Length - 8) : null;
    }

    private static byte[] Digest(string question, ReadOnlySpan<byte> place)
    {
        var hash = new XxHash3();
        hash.Append(Encoding.UTF8.GetBytes(question));
        hash.Append(place);
        return hash.GetCurrentHash();
    }
}
