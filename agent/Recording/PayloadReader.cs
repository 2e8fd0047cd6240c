using System.Buffers.Binary;
using System.Text;

namespace Runtime.Agent.Recording;

/// <summary>Reads one payload from front to back. Every length is checked against what is left.</summary>
/// <remarks>Beyond the end it answers zeros and empty texts and sets <see cref="IsDamaged"/>: who reads looks once, at the end.</remarks>
internal ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _left = payload;

    public bool IsDamaged { get; private set; }

    public readonly bool IsAtEnd => _left.IsEmpty;

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public uint UInt32() => Take(4) is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;

    public ulong UInt64() => Take(8) is { Length: 8 } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    public long Int64() => (long)UInt64();

    public byte[] Bytes()
    {
        var length = UInt32();
        if (length > _left.Length)
        {
            IsDamaged = true;
            return [];
        }
        return Take((int)length).ToArray();
    }

    public string Text() => Encoding.UTF8.GetString(Bytes());

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _left.Length)
        {
            IsDamaged = true;
            _left = default;
            return default;
        }
        var taken = _left[..length];
        _left = _left[length..];
        return taken;
    }
}
