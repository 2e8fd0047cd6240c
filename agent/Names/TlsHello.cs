using System.Buffers.Binary;

namespace Runtime.Agent.Names;

/// <summary>What a TLS client's first bytes told of the server's name.</summary>
internal enum ServerName : byte
{
    /// <summary>No ClientHello, or one that names nobody: the client knows the server by its address.</summary>
    None = 0,
    Found = 1,

    /// <summary>The bytes end before the name would come.</summary>
    Cut = 2,

    /// <summary>Lengths that contradict each other, or no host name.</summary>
    Malformed = 3,
}

/// <summary>The server's name in a TLS ClientHello (RFC 8446, 4.1.2; server_name: RFC 6066, 3). Pure.</summary>
/// <remarks>
/// The client says it, and may say what it likes: evidence of what it meant, never of whom it reached. With Encrypted Client Hello the name is the one
/// that covers the true one. A hello that is split over several records (RFC 8446, 5.1) is read as far as its first.
/// </remarks>
internal static class TlsHello
{
    private const int MaxHandshake = 4 + 0xFFFFFF;

    /// <summary>RFC 1035, 2.3.4.</summary>
    public const int MaxName = 253;

    /// <summary>RFC 8446, 5.1: type handshake (22), version 3.x, length; 4: message ClientHello (1).</summary>
    public static bool Begins(ReadOnlySpan<byte> payload) => payload.Length >= 6 && payload[0] == 22 && payload[1] == 3 && payload[2] <= 4 && payload[5] == 1;

    // 16 03 01 02 00            record: handshake, version, 512 bytes
    // 01 00 01 fc 03 03         ClientHello, 508 bytes, legacy version TLS 1.2
    // 32 bytes of random
    // 20 + 32 bytes             session id (0 to 32)
    // 00 3e + 62 bytes          cipher suites
    // 01 00                     compression methods: none
    // 01 75                     extensions, 373 bytes (absent altogether in an old hello):
    //   00 00 00 10 00 0e 00 00 0b 65 78 61 6d 70 6c 65 2e 63 6f 6d    server_name: list of 14 bytes, host_name, 11 bytes, "example.com"
    //   00 0b 00 04 03 00 01 02 …
    // Odd: the extensions come in any order (Chrome and rustls shuffle them), and one of 1,216 bytes (ML-KEM) may stand before the name.
    /// <param name="payload">The first bytes that the client sent; may be cut anywhere.</param>
    /// <param name="name">Into <paramref name="payload"/>, as the client wrote it; a valid host name, 1 to <see cref="MaxName"/> bytes. Empty unless found.</param>
    public static ServerName Read(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!Begins(payload))
            return ServerName.None;
        var record = BinaryPrimitives.ReadUInt16BigEndian(payload[3..]);
        var rest = new Reader(payload.Slice(5, Math.Min(record, payload.Length - 5)), MaxHandshake);
        if (!rest.Skip(1) || !rest.TryTake(3, out var message) || !rest.Enter(message) || !rest.Skip(2 + 32)
            || !rest.TryTake(1, out var session) || !rest.Skip(session) || !rest.TryTake(2, out var suites) || !rest.Skip(suites)
            || !rest.TryTake(1, out var methods) || !rest.Skip(methods))
            return rest.Fault;
        if (rest.AtEnd)
            return ServerName.None;
        if (!rest.TryTake(2, out var extensions) || !rest.Enter(extensions))
            return rest.Fault;
        while (!rest.AtEnd)
        {
            if (!rest.TryTake(2, out var type) || !rest.TryTake(2, out var length))
                return rest.Fault;
            if (type == 0)
                return OfExtension(ref rest, length, out name);
            if (!rest.Skip(length))
                return rest.Fault;
        }
        return ServerName.None;
    }

    private static ServerName OfExtension(scoped ref Reader rest, int length, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!rest.Enter(length) || !rest.TryTake(2, out var list) || !rest.Enter(list) || !rest.TryTake(1, out var kind))
            return rest.Fault;
        // host_name is the only kind there is.
        if (kind != 0)
            return ServerName.Malformed;
        if (!rest.TryTake(2, out var bytes) || !rest.TrySlice(bytes, out var text))
            return rest.Fault;
        if (!IsHostName(text))
            return ServerName.Malformed;
        name = text;
        return ServerName.Found;
    }

    /// <summary>Letters, digits, '-' and '_' in labels of 1 to 63; at least one letter: an address is no name (RFC 6066, 3).</summary>
    private static bool IsHostName(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > MaxName)
            return false;
        var hasLetter = false;
        foreach (var range in name.Split((byte)'.'))
        {
            var label = name[range];
            if (label.Length is 0 or > 63)
                return false;
            foreach (var c in label)
            {
                if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'-' or (byte)'_'))
                    return false;
                hasLetter |= char.IsAsciiLetter((char)c);
            }
        }
        return hasLetter;
    }

    /// <summary>A walk through nested lengths. Each read tells a message that contradicts itself from one that is only cut.</summary>
    /// <param name="declared">How long the message may be; there are fewer bytes when it was cut.</param>
    private ref struct Reader(ReadOnlySpan<byte> bytes, int declared)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _at, _end = declared;

        /// <summary>Why the last read failed.</summary>
        public ServerName Fault { get; private set; } = ServerName.Malformed;

        public readonly bool AtEnd => _at == _end;

        /// <summary>From here on only so many bytes count.</summary>
        public bool Enter(int length)
        {
            if (!Fits(length))
                return false;
            _end = _at + length;
            return true;
        }

        public bool Skip(int length)
        {
            if (!Fits(length))
                return false;
            _at += length;
            return true;
        }

        /// <summary>A number of 1 to 3 bytes, big endian.</summary>
        public bool TryTake(int width, out int value)
        {
            value = 0;
            if (!TrySlice(width, out var bytes))
                return false;
            foreach (var b in bytes)
                value = value << 8 | b;
            return true;
        }

        public bool TrySlice(int length, out ReadOnlySpan<byte> slice)
        {
            slice = default;
            if (!Fits(length))
                return false;
            if (_at > _bytes.Length - length)
            {
                Fault = ServerName.Cut;
                return false;
            }
            slice = _bytes.Slice(_at, length);
            _at += length;
            return true;
        }

        private bool Fits(int length)
        {
            if (length <= _end - _at)
                return true;
            Fault = ServerName.Malformed;
            return false;
        }
    }
}
