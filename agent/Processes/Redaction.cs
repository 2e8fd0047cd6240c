using System.Security.Cryptography;
using System.Text;

namespace Runtime.Agent.Processes;

/// <summary>Takes secrets out of arguments before anything else sees them.</summary>
/// <remarks>
/// A secret becomes <c>&lt;redacted:ab12cd34&gt;</c>: eight hex digits of HMAC-SHA256 under a salt that lives as long as
/// the agent, so that equal secrets still match and none can be looked up. Pure over its input; never throws; any thread.
/// </remarks>
/// <param name="salt">Random, 16 bytes or more, made at each start of the agent.</param>
internal sealed class Redaction(byte[] salt)
{
    /// <summary>Bytes of arguments that are kept, before and after redaction.</summary>
    public const int MaxLength = 4096;

    public static Redaction WithRandomSalt() => new(RandomNumberGenerator.GetBytes(32));

    /// <param name="arguments">argv joined by NUL, with or without a closing one; any bytes.</param>
    /// <param name="truncated">True when bytes beyond <see cref="MaxLength"/> were cut, before or after redaction.</param>
    /// <returns>argv joined by NUL without the closing one, at most <see cref="MaxLength"/> bytes.</returns>
    public byte[] Redact(ReadOnlySpan<byte> arguments, out bool truncated)
    {
        truncated = arguments.Length > MaxLength + 1;
        if (truncated)
            arguments = arguments[..MaxLength];
        else if (arguments is [.., 0])
            arguments = arguments[..^1];

        Span<bool> secret = stackalloc bool[MaxLength + 1];
        secret = secret[..arguments.Length];
        secret.Clear();
        if (!SecretScanner.Mark(arguments, secret))
        {
            truncated |= arguments.Length > MaxLength;
            return arguments[..Math.Min(arguments.Length, MaxLength)].ToArray();
        }
        return Replace(arguments, secret, ref truncated);
    }

    private byte[] Replace(ReadOnlySpan<byte> text, ReadOnlySpan<bool> secret, ref bool truncated)
    {
        Span<byte> output = stackalloc byte[MaxLength];
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> replacement = stackalloc byte["<redacted:00000000>".Length];
        var length = 0;
        for (var at = 0; at < text.Length;)
        {
            var run = secret[at..].IndexOf(!secret[at]);
            scoped var part = text.Slice(at, run < 0 ? text.Length - at : run);
            if (secret[at])
            {
                HMACSHA256.HashData(salt, part, mac);
                "<redacted:"u8.CopyTo(replacement);
                Convert.TryToHexStringLower(mac[..4], replacement[10..], out _);
                replacement[^1] = (byte)'>';
                at += part.Length;
                part = replacement;
            }
            else
            {
                at += part.Length;
            }
            if (part.Length > output.Length - length)
            {
                truncated = true;
                part = part[..(output.Length - length)];
            }
            part.CopyTo(output[length..]);
            length += part.Length;
        }
        return output[..length].ToArray();
    }

    /// <summary>For tests and messages: what a redacted secret looks like.</summary>
    public string Placeholder(string secret) => $"<redacted:{Convert.ToHexStringLower(HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes(secret)).AsSpan(0, 4))}>";
}
