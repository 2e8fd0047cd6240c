using System.Buffers.Text;

namespace Runtime.Agent.Standing;

/// <summary>TCP_ESTABLISHED and TCP_LISTEN of include/net/tcp_states.h, as /proc/net writes them; UDP uses 1 for connected and 7 for not.</summary>
internal enum SocketState : byte
{
    Established = 1,
    Unconnected = 7,
    Listening = 10,
}

/// <summary>One socket of a network namespace. Addresses of 4 or 16 bytes in network order, IPv4-mapped IPv6 as 4.</summary>
/// <param name="Inode">By which /proc/PID/fd names it; 0 when no process holds it.</param>
internal sealed record Socket(byte Protocol, SocketState State, byte[] Local, ushort LocalPort, byte[] Remote, ushort RemotePort, ulong Inode);

/// <summary>Parser of /proc/PID/net/{tcp,tcp6,udp,udp6}. Pure; a line that does not fit is passed over.</summary>
internal static class SocketText
{
    public const byte Tcp = 6, Udp = 17;

    //   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
    //    0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000000000000000 100 0 0 10 0
    //    1: 0000000000000000FFFF00000100007F:B938 0000000000000000FFFF00000100007F:01BB 01 …          (tcp6, IPv4-mapped)
    // An address is words of 32 bits, each as the processor has it in memory; a port is a number. A connection that waits to end (06)
    // or is not accepted yet has the inode 0.
    /// <param name="most">Sockets taken; those behind are counted in <paramref name="left"/>.</param>
    public static void Parse(ReadOnlySpan<byte> text, byte protocol, List<Socket> into, int most, ref ulong left)
    {
        foreach (var range in text.Split((byte)'\n'))
        {
            if (!TryParse(text[range], protocol, out var socket))
                continue;
            if (into.Count < most)
                into.Add(socket);
            else
                left++;
        }
    }

    private static bool TryParse(ReadOnlySpan<byte> line, byte protocol, out Socket socket)
    {
        socket = null!;
        byte[] local = [], remote = [];
        ushort localPort = 0, remotePort = 0;
        byte state = 0;
        ulong inode = 0;
        var field = 0;
        foreach (var range in line.Split((byte)' '))
        {
            var text = line[range];
            if (text.IsEmpty)
                continue;
            var ok = field switch
            {
                1 => TryEndPoint(text, out local, out localPort),
                2 => TryEndPoint(text, out remote, out remotePort),
                3 => Utf8Parser.TryParse(text, out state, out var n, 'x') && n == text.Length,
                9 => Utf8Parser.TryParse(text, out inode, out var n) && n == text.Length,
                _ => true,
            };
            if (!ok)
                return false;
            if (field++ == 9)
                break;
        }
        if (field < 10 || !(protocol == Tcp ? state is (byte)SocketState.Established or (byte)SocketState.Listening : state is (byte)SocketState.Established or (byte)SocketState.Unconnected))
            return false;
        socket = new(protocol, (SocketState)state, local, localPort, remote, remotePort, inode);
        return true;
    }

    private static bool TryEndPoint(ReadOnlySpan<byte> text, out byte[] address, out ushort port)
    {
        (address, port) = ([], 0);
        var colon = text.IndexOf((byte)':');
        if (colon is not (8 or 32) || !Utf8Parser.TryParse(text[(colon + 1)..], out port, out var length, 'x') || length != text.Length - colon - 1)
            return false;
        var bytes = new byte[colon / 2];
        for (var word = 0; word < bytes.Length / 4; word++)
        {
            if (!Utf8Parser.TryParse(text.Slice(word * 8, 8), out uint value, out var n, 'x') || n != 8)
                return false;
            BitConverter.TryWriteBytes(bytes.AsSpan(word * 4), value);
        }
        address = bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) && bytes.Length == 16 ? bytes[12..] : bytes;
        return true;
    }
}
