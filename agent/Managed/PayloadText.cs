using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Runtime.Agent.Managed;

/// <summary>Reads the fields of an event's payload in their order. Little endian; text is UTF-16 with a closing 0.</summary>
internal ref struct PayloadText(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    public bool TryUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32LittleEndian(_rest, out value))
            return false;
        _rest = _rest[4..];
        return true;
    }

    public bool TryUInt64(out ulong value)
    {
        if (!BinaryPrimitives.TryReadUInt64LittleEndian(_rest, out value))
            return false;
        _rest = _rest[8..];
        return true;
    }

    /// <param name="text">UTF-16 without the closing 0.</param>
    public bool TryText(out ReadOnlySpan<byte> text)
    {
        for (var i = 0; i + 1 < _rest.Length; i += 2)
        {
            if (_rest[i] != 0 || _rest[i + 1] != 0)
                continue;
            text = _rest[..i];
            _rest = _rest[(i + 2)..];
            return true;
        }
        text = default;
        return false;
    }

    /// <param name="utf16">As <see cref="TryText"/> gave it.</param>
    /// <param name="maxBytes">Of the answer; longer text is cut between two characters.</param>
    /// <returns>UTF-8, U+FFFD for what is no character.</returns>
    public static byte[] ToUtf8(ReadOnlySpan<byte> utf16, int maxBytes)
    {
        var target = new byte[Math.Min(maxBytes, utf16.Length / 2 * 3)];
        // The payload may lie at an odd address.
        Span<char> characters = new char[Math.Min(utf16.Length / 2, maxBytes)];
        utf16[..(characters.Length * 2)].CopyTo(MemoryMarshal.AsBytes(characters));
        Encoding.UTF8.GetEncoder().Convert(characters, target, flush: true, out _, out var written, out _);
        return target[..written];
    }
}
