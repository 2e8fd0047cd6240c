using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;

namespace Runtime.Agent.Streaming;

/// <summary>Compares byte arrays by content.</summary>
internal sealed class ByteContent : IEqualityComparer<byte[]>
{
    public static readonly ByteContent Comparer = new();

    // Contents are chosen by containers: without a secret seed they could choose them to collide.
    private readonly long _seed = Random.Shared.NextInt64();

    public bool Equals(byte[]? x, byte[]? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.AsSpan().SequenceEqual(y));

    public int GetHashCode([DisallowNull] byte[] bytes) => (int)XxHash3.HashToUInt64(bytes, _seed);
}
