using System.Buffers.Binary;

namespace Runtime.Agent.Names;

/// <summary>One message of DNS (RFC 1035 section 4): its question, and the addresses that the answer gives for it.</summary>
/// <remarks>
/// Keeps its buffers and allocates nothing. One thread. The bytes come from containers and from the network; they may be cut
/// short (the kernel side copies 512), and what was read until then counts.
/// </remarks>
internal sealed class DnsMessage
{
    /// <summary>Text of a name: at most 255 bytes on the wire (RFC 1035 2.3.4), the length of each label becoming its dot.</summary>
    public const int MaxName = 255;

    public const ushort TypeA = 1, TypeCname = 5, TypeAaaa = 28;

    private const int HeaderBytes = 12;
    private const ushort ClassInternet = 1;

    /// <summary>A chain of CNAMEs and many addresses fit; beyond it records are not read.</summary>
    private const int MaxAnswers = 64;

    // 512 bytes hold at most 31 A records; a whole message of TCP cut to that, no more.
    private readonly byte[] _addresses = new byte[MaxAnswers * 16];
    private readonly byte[] _lengths = new byte[MaxAnswers];
    private readonly byte[] _name = new byte[MaxName];
    private readonly byte[] _expected = new byte[MaxName];
    private readonly byte[] _owner = new byte[MaxName];
    private int _nameLength;

    public ushort Id { get; private set; }
    public bool IsResponse { get; private set; }

    /// <summary>0 no error, 3 no such name.</summary>
    public byte ResponseCode { get; private set; }
    public ushort Type { get; private set; }

    /// <summary>The question: ASCII letters lowered, no dot at the end; other bytes as they are. Valid until the next message.</summary>
    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>How many addresses the answer gives.</summary>
    public int Count { get; private set; }

    /// <summary>The longest time to live among the records, seconds.</summary>
    public uint Seconds { get; private set; }

    /// <summary>4 or 16 bytes, network order.</summary>
    public ReadOnlySpan<byte> Address(int index) => _addresses.AsSpan(index * 16, _lengths[index]);

    // A question for "pool.example" type A, and its answer by way of a CNAME:
    //   1a2b 0100 0001 0000 0000 0000   04 "pool" 07 "example" 00   0001 0001
    //   1a2b 8180 0001 0002 0000 0000   04 "pool" 07 "example" 00   0001 0001
    //        c00c 0005 0001 0000003c 0004  01 "x" c011              CNAME x.example
    //        c02a 0001 0001 0000003c 0004  cb007109                 A 203.0.113.9
    // Odd cases: a name that points forward or at itself, more answers said than there, a label with a dot or a NUL in it, two
    // questions (nobody asks so), EDNS (behind the answers, not read), the two bytes of length that TCP puts before it.
    /// <summary>False when it is no question of the Internet class with one name, or no answer to such a one.</summary>
    public bool TryRead(ReadOnlySpan<byte> message)
    {
        Count = 0;
        Seconds = 0;
        if (message.Length < HeaderBytes)
            return false;
        Id = BinaryPrimitives.ReadUInt16BigEndian(message);
        var flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        IsResponse = (flags & 0x8000) != 0;
        ResponseCode = (byte)(flags & 0xf);
        var answers = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        // Opcode 0 is a query; notify, update and the like ask for no name.
        if ((flags & 0x7800) != 0 || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1)
            return false;
        var at = HeaderBytes;
        if (!TryReadName(message, ref at, _name, out _nameLength) || message.Length - at < 4)
            return false;
        Type = BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
        if (BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]) != ClassInternet)
            return false;
        if (IsResponse && ResponseCode == 0)
            ReadAnswers(message, at + 4, answers);
        return true;
    }

    /// <summary>The same without the two bytes of length that TCP puts before a message (RFC 1035 4.2.2), where they are there.</summary>
    public bool TryReadStream(ReadOnlySpan<byte> bytes)
    {
        // Cut short by the kernel side, the length says more than there is.
        if (bytes.Length > 2 && BinaryPrimitives.ReadUInt16BigEndian(bytes) >= bytes.Length - 2 && TryRead(bytes[2..]))
            return true;
        return TryRead(bytes);
    }

    /// <summary>Only what the question leads to: a server may add addresses of names that nobody asked for.</summary>
    private void ReadAnswers(ReadOnlySpan<byte> message, int at, int answers)
    {
        var expected = _nameLength;
        Name.CopyTo(_expected);
        for (var i = 0; i < answers && Count < MaxAnswers; i++)
        {
            if (!TryReadName(message, ref at, _owner, out var owner) || message.Length - at < 10)
                return;
            var type = BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            var isInternet = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]) == ClassInternet;
            var seconds = BinaryPrimitives.ReadUInt32BigEndian(message[(at + 4)..]);
            var length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
            at += 10;
            if (message.Length - at < length)
                return;
            if (isInternet && _owner.AsSpan(0, owner).SequenceEqual(_expected.AsSpan(0, expected)))
            {
                if (type == TypeCname)
                {
                    var target = at;
                    if (!TryReadName(message, ref target, _expected, out expected))
                        return;
                }
                else if ((type == TypeA && length == 4) || (type == TypeAaaa && length == 16))
                {
                    Add(message.Slice(at, length), seconds);
                }
            }
            at += length;
        }
    }

    private void Add(ReadOnlySpan<byte> address, uint seconds)
    {
        // As everywhere in the agent, a mapped address is its four bytes.
        if (address.Length == 16 && address[..12].SequenceEqual((ReadOnlySpan<byte>)[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]))
            address = address[12..];
        address.CopyTo(_addresses.AsSpan(Count * 16));
        _lengths[Count++] = (byte)address.Length;
        Seconds = Math.Max(Seconds, seconds);
    }

    /// <summary>Pointers must go backwards, each before the one that led to it: no loop is possible.</summary>
    private static bool TryReadName(ReadOnlySpan<byte> message, ref int at, Span<byte> target, out int length)
    {
        length = 0;
        var position = at;
        var limit = at;
        var jumped = false;
        while (position < message.Length)
        {
            var label = message[position];
            if (label == 0)
            {
                if (!jumped)
                    at = position + 1;
                return true;
            }
            if ((label & 0xc0) == 0xc0)
            {
                if (position + 1 >= message.Length)
                    return false;
                var pointer = ((label & 0x3f) << 8) | message[position + 1];
                if (pointer >= limit)
                    return false;
                if (!jumped)
                    at = position + 2;
                (jumped, limit, position) = (true, pointer, pointer);
                continue;
            }
            if ((label & 0xc0) != 0 || position + 1 + label > message.Length)
                return false;
            if (length + label + 1 >= MaxName)
                return false;
            if (length > 0)
                target[length++] = (byte)'.';
            foreach (var letter in message.Slice(position + 1, label))
                target[length++] = letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;
            position += label + 1;
        }
        return false;
    }
}
