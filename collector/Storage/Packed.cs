using System.Net;
using System.Text;

namespace Runtime.Collector.Storage;

/// <summary>Appends numbers and text to a growing array.</summary>
internal struct PackedWriter()
{
    private byte[] _bytes = new byte[512];
    private int _length;

    public void Byte(byte value)
    {
        Reserve(1);
        _bytes[_length++] = value;
    }

    /// <summary>LEB128: seven bits a byte, lowest first, the top bit says that more follow.</summary>
    public void Number(ulong value)
    {
        Reserve(10);
        while (value >= 0x80)
        {
            _bytes[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _bytes[_length++] = (byte)value;
    }

    public void Text(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        var bytes = most <= 127 ? most : Encoding.UTF8.GetByteCount(text);
        Reserve(bytes + 10);
        if (most <= 127)
        {
            // Its length takes one byte, so that it can be written behind.
            var written = Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length + 1));
            _bytes[_length] = (byte)written;
            _length += written + 1;
            return;
        }

        Number((ulong)bytes);
        Reserve(bytes);
        _length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length));
    }

    public void Time(DateTimeOffset time) => Number((ulong)time.UtcTicks);

    public void OptionalTime(DateTimeOffset? time) => Number((ulong)(time?.UtcTicks ?? 0));

    public void Address(IPAddress? address)
    {
        Reserve(17);
        var written = 0;
        address?.TryWriteBytes(_bytes.AsSpan(_length + 1), out written);
        _bytes[_length] = (byte)written;
        _length += written + 1;
    }

    public readonly byte[] ToArray() => _bytes.AsSpan(0, _length).ToArray();

    private void Reserve(int more)
    {
        if (_length + more > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + more));
        }
    }
}

/// <summary>Reads what <see cref="PackedWriter"/> wrote. Every length is checked against what is left.</summary>
/// <exception cref="InvalidDataException">From every method, when the bytes do not fit.</exception>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    public byte Byte() => _position < _bytes.Length ? _bytes[_position++] : throw Short();

    public ulong Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a packed number is longer than 10 bytes");
    }

    /// <summary>A count of things that take at least one byte each.</summary>
    public int Length()
    {
        var length = Number();
        return length <= (ulong)(_bytes.Length - _position) ? (int)length : throw Short();
    }

    public string Text()
    {
        var length = Length();
        var text = length == 0 ? "" : Encoding.UTF8.GetString(_bytes.Slice(_position, length));
        _position += length;
        return text;
    }

    public DateTimeOffset Time() => OptionalTime() ?? DateTimeOffset.MinValue;

    public DateTimeOffset? OptionalTime()
    {
        var ticks = Number();
        return ticks == 0 ? null
            : ticks <= (ulong)DateTimeOffset.MaxValue.Ticks ? new DateTimeOffset((long)ticks, TimeSpan.Zero)
            : throw new InvalidDataException("a packed time lies after the year 9999");
    }

    public TimeSpan Span() => new((long)Number());

    public IPAddress? Address()
    {
        var length = Byte();
        if (length is not (0 or 4 or 16) || length > _bytes.Length - _position)
        {
            throw Short();
        }

        var address = length == 0 ? null : new IPAddress(_bytes.Slice(_position, length));
        _position += length;
        return address;
    }

    private static InvalidDataException Short() => new("packed bytes end too early");
}
