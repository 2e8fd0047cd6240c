using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace Runtime.Agent.Processes;

/// <summary>One array for equal paths and arguments: a node runs the same few thousand again and again. One thread.</summary>
/// <remarks>Two generations: what was not used while one filled is forgotten, without a list to keep in order.</remarks>
internal sealed class PathInterner
{
    private readonly int _maxEntries;
    private readonly long _maxBytes;

    // Bounded by maxEntries and maxBytes together; full, it becomes the old one and the old one is dropped.
    private HashSet<byte[]> _young;
    private HashSet<byte[]> _old;
    private readonly SeededBytes _comparer = new();
    private long _youngBytes;

    /// <param name="maxEntries">For each of the two generations.</param>
    /// <param name="maxBytes">Text for each of the two generations.</param>
    public PathInterner(int maxEntries = 8_192, long maxBytes = 2 * 1024 * 1024)
    {
        _maxEntries = maxEntries;
        _maxBytes = maxBytes;
        _young = new(_comparer);
        _old = new(_comparer);
    }

    /// <summary>How often a generation was dropped.</summary>
    public ulong Turnovers { get; private set; }

    public byte[] Intern(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return [];
        if (_young.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(text, out var known))
            return known;
        if (!_old.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(text, out known))
            known = text.ToArray();
        if (_young.Count >= _maxEntries || _youngBytes + known.Length > _maxBytes)
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
            _youngBytes = 0;
            Turnovers++;
        }
        _young.Add(known);
        _youngBytes += known.Length;
        return known;
    }

    /// <summary>Seeded: containers choose the text, and must not choose the buckets.</summary>
    private sealed class SeededBytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);
        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());
        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);
        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate, _seed);
    }
}
