using System.Buffers.Binary;
using System.Buffers.Text;

namespace Runtime.Agent.Capture.Scan;

/// <summary>Parser of /proc/PID/net/tcp, tcp6, udp and udp6. Pure; net/ipv4/tcp_ipv4.c get_tcp4_sock, net/ipv6/tcp_ipv6.c.</summary>
internal static class NetworkText
{
    //   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
    //    0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 …
    //    1: 0000000000000000FFFF00000100007F:9C40 …   tcp6; an address is printed as words in the machine's order
    // Odd cases: the columns are padded by any number of spaces; TIME_WAIT has inode 0.

    /// <summary>Appends the sockets of one file; those of TIME_WAIT and half-open ones, which belong to no process, are left out.</summary>
    /// <returns>Lines that are none.</returns>
    public static int Parse(ReadOnlySpan<byte> text, byte protocol, List<SocketSighting> sockets)
    {
        var malformed = 0;
        var first = true;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (first || line.IsEmpty)
            {
                first = false;
                continue;
            }
            if (!TryParse(line, protocol, out var socket))
                malformed++;
            else if (socket.State is not (SocketState.TimeWait or SocketState.SynReceived or SocketState.NewSynReceived) && socket.Inode != 0)
                sockets.Add(socket);
        }
        return malformed;
    }

    private static bool TryParse(ReadOnlySpan<byte> line, byte protocol, out SocketSighting socket)
    {
        socket = default;
        byte[] local = [], remote = [];
        ushort localPort = 0, remotePort = 0;
        byte state = 0;
        uint inode = 0;
        var column = 0;
        foreach (var range in line.Split((byte)' '))
        {
            var value = line[range];
            if (value.IsEmpty)
                continue;
            var ok = column switch
            {
                1 => TryEndPoint(value, out local, out localPort),
                2 => TryEndPoint(value, out remote, out remotePort),
                3 => Utf8Parser.TryParse(value, out state, out var n, 'x') && n == value.Length,
                9 => Utf8Parser.TryParse(value, out inode, out var n) && n == value.Length,
                _ => true,
            };
            if (!ok)
                return false;
            if (column++ == 9)
            {
                socket = new(inode, inode, protocol, (SocketState)state, local, localPort, remote, remotePort, 0, 0, 0);
                return true;
            }
        }
        return false;
    }

    private static bool TryEndPoint(ReadOnlySpan<byte> value, out byte[] address, out ushort port)
    {
        address = [];
        port = 0;
        var colon = value.IndexOf((byte)':');
        if (colon is not (8 or 32) || value.Length != colon + 5 || !Utf8Parser.TryParse(value[(colon + 1)..], out port, out var read, 'x') || read != 4)
            return false;
        Span<byte> bytes = stackalloc byte[16];
        for (var word = 0; word < colon / 8; word++)
        {
            if (!Utf8Parser.TryParse(value.Slice(word * 8, 8), out uint number, out read, 'x') || read != 8)
                return false;
            // The kernel prints the word as this machine holds it, and the address lies in it in network order.
            if (BitConverter.IsLittleEndian)
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[(word * 4)..], number);
            else
                BinaryPrimitives.WriteUInt32BigEndian(bytes[(word * 4)..], number);
        }
        address = SocketSighting.Plain(bytes[..(colon / 2)]);
        return true;
    }
}
