using System.Buffers;

namespace Runtime.Agent.Processes;

/// <summary>Secrets that betray themselves by their form: cloud and forge tokens, JWTs, private keys, passwords in URLs.</summary>
internal static class SecretForms
{
    // Prefix, and how many token characters must follow at least.
    private static readonly (byte[] Prefix, int Minimum)[] Prefixes =
    [
        ("AKIA"u8.ToArray(), 16), ("ASIA"u8.ToArray(), 16),
        ("ghp_"u8.ToArray(), 20), ("gho_"u8.ToArray(), 20), ("ghu_"u8.ToArray(), 20), ("ghs_"u8.ToArray(), 20), ("ghr_"u8.ToArray(), 20),
        ("github_pat_"u8.ToArray(), 20), ("glpat-"u8.ToArray(), 16),
        ("xoxb-"u8.ToArray(), 10), ("xoxp-"u8.ToArray(), 10), ("xoxa-"u8.ToArray(), 10), ("xoxr-"u8.ToArray(), 10), ("xoxs-"u8.ToArray(), 10),
        ("sk-"u8.ToArray(), 20), ("sk_live_"u8.ToArray(), 16), ("AIza"u8.ToArray(), 30), ("hvs."u8.ToArray(), 20), ("dop_v1_"u8.ToArray(), 20),
        ("npm_"u8.ToArray(), 30), ("pypi-"u8.ToArray(), 30), ("SG."u8.ToArray(), 30),
    ];

    private static readonly bool[] Beginnings = [.. Enumerable.Range(0, 256).Select(b => b is ':' or '-' or 'e' || Prefixes.Any(p => p.Prefix[0] == b))];

    private static readonly SearchValues<byte> AuthorityEnd = SearchValues.Create("/?# \t\n\"'"u8);

    /// <summary>False for most bytes: <see cref="Match"/> finds nothing there.</summary>
    public static bool MayBegin(byte b) => Beginnings[b];

    /// <returns>Bytes to step over and bytes that are secret from there; length 0 when nothing begins here.</returns>
    public static (int Skip, int Length) Match(ReadOnlySpan<byte> text, bool atWordStart) => text[0] switch
    {
        (byte)':' when text.StartsWith("://"u8) => UserInformation(text),
        (byte)'-' when text.StartsWith("-----BEGIN "u8) => PrivateKey(text),
        (byte)'e' when atWordStart && text.StartsWith("eyJ"u8) => JsonWebToken(text),
        _ when atWordStart => Token(text),
        _ => default,
    };

    /// <summary><c>://user:password@host</c>, <c>://:password@host</c>. RFC 3986, 3.2.1.</summary>
    private static (int, int) UserInformation(ReadOnlySpan<byte> text)
    {
        var authority = text[3..];
        var end = authority.IndexOfAny(AuthorityEnd);
        if (end >= 0)
            authority = authority[..end];
        var at = authority.LastIndexOf((byte)'@');
        if (at < 0)
        {
            // An unescaped / in the password: look on to the @, within the word.
            var word = text[3..];
            var blank = word.IndexOfAny(" \t\n\"'"u8);
            word = blank < 0 ? word : word[..blank];
            at = word.LastIndexOf((byte)'@');
            if (at < 0 || word[..at].IndexOf((byte)':') is var c && (c < 0 || word[(c + 1)..at].IndexOf((byte)'/') is var s && s >= 0 && IsPort(word[(c + 1)..(c + 1 + s)])))
                return default;
            authority = word;
        }
        var colon = authority[..at].IndexOf((byte)':');
        return colon < 0 ? default : (3 + colon + 1, at - colon - 1);
    }

    private static bool IsPort(ReadOnlySpan<byte> text) => text.Length is > 0 and <= 5 && text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static (int, int) PrivateKey(ReadOnlySpan<byte> text)
    {
        var line = text[11..];
        var end = line.IndexOf("-----"u8);
        return end >= 0 && line[..end].EndsWith("PRIVATE KEY"u8) ? (11 + end + 5, text.Length - 11 - end - 5) : default;
    }

    /// <summary><c>eyJ</c> header, dot, payload, dot, signature; RFC 7519.</summary>
    private static (int, int) JsonWebToken(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExcept(Base64Url);
        var length = end < 0 ? text.Length : end;
        var token = text[..length];
        var dot = token.IndexOf((byte)'.');
        return dot >= 10 && length - dot > 4 ? (0, length) : default;
    }

    private static (int, int) Token(ReadOnlySpan<byte> text)
    {
        foreach (var (prefix, minimum) in Prefixes)
        {
            if (!text.StartsWith(prefix))
                continue;
            var end = text[prefix.Length..].IndexOfAnyExcept(Base64Url);
            var length = end < 0 ? text.Length - prefix.Length : end;
            if (length >= minimum)
                return (0, prefix.Length + length);
        }
        return default;
    }

    private static readonly SearchValues<byte> Base64Url =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.="u8);
}
