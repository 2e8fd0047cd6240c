using System.Buffers.Binary;

namespace Runtime.Fuzz;

/// <summary>Makes new inputs of kept ones. The same seed and the same finds make the same inputs.</summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> corpus)
{
    public const int MaxInput = 64 * 1024;

    // Lengths and numbers at which checks go wrong, little endian; a big-endian decoder meets them turned round.
    private static readonly ulong[] Odd =
    [
        0, 1, 2, 4, 7, 8, 16, 63, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
        0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, ulong.MaxValue,
    ];

    private static readonly byte[][] Words =
    [
        .. new[] { "/", "..", "\n", " ", "\t", "\0", ":", "=", "-", "-1", "\\040", "0", "18446744073709551616", "99999999999999999999", "4294967296", " - ", "(deleted)", ")", "{", "[", "\"", "null", "{}", "[]" }
            .Select(System.Text.Encoding.ASCII.GetBytes),
        [0xc0, 0x0c], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x80, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90],
    ];

    private readonly Random _random = new(seed);
    private readonly byte[] _work = new byte[MaxInput];
    private int _length;

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Next()
    {
        var parent = Pick();
        _length = Math.Min(parent.Length, MaxInput);
        parent.AsSpan(0, _length).CopyTo(_work);
        for (var rounds = 1 << _random.Next(5); rounds > 0; rounds--)
            Change();
        return _work.AsSpan(0, _length);
    }

    // Of two the shorter: it runs faster, and a change of it is more likely to meet what counts.
    private byte[] Pick()
    {
        var (one, other) = (corpus[_random.Next(corpus.Count)], corpus[_random.Next(corpus.Count)]);
        return one.Length < other.Length ? one : other;
    }

    private void Change()
    {
        var at = _random.Next(_length + 1);
        switch (_random.Next(9))
        {
            case 0 when at < _length: _work[at] ^= (byte)(1 << _random.Next(8)); break;
            case 1 when at < _length: _work[at] = (byte)_random.Next(256); break;
            case 2 when at < _length: _work[at] += (byte)_random.Next(-16, 17); break;
            case 3: Number(at); break;
            case 4: Replace(at, _random.Next(2) * Part(at), Words[_random.Next(Words.Length)]); break;
            case 5: Replace(at, Part(at), []); break;
            case 6: Replace(_random.Next(_length + 1), 0, [.. _work.AsSpan(at, Part(at))]); break;
            case 7: Splice(at); break;
            case 8: _length = _random.Next(8) == 0 ? at : _length; break;
        }
    }

    private int Part(int at) => _random.Next(Math.Min(_length - at, 1 << _random.Next(1, 12)) + 1);

    private void Number(int at)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        var size = 1 << _random.Next(4);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Odd[_random.Next(Odd.Length)] + (ulong)_random.Next(-1, 2));
        bytes = bytes[..size];
        if (_random.Next(3) == 0)
            bytes.Reverse();
        if (at + size <= _length)
            bytes.CopyTo(_work.AsSpan(at));
    }

    private void Splice(int at)
    {
        var other = Pick();
        var from = _random.Next(other.Length + 1);
        Replace(at, Part(at), other.AsSpan(from, _random.Next(Math.Min(other.Length - from, 4096) + 1)));
    }

    /// <summary>What would not fit is left as it was.</summary>
    private void Replace(int at, int removed, ReadOnlySpan<byte> added)
    {
        if (_length - removed + added.Length > MaxInput)
            return;
        _work.AsSpan(at + removed, _length - at - removed).CopyTo(_work.AsSpan(at + added.Length));
        added.CopyTo(_work.AsSpan(at));
        _length += added.Length - removed;
    }
}
