using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Runtime.Agent.Capture.Scan;

namespace Runtime.Agent.Capture.Connector;

internal enum DiagKind : byte
{
    /// <summary>Of no interest, or none.</summary>
    Unknown = 0,

    /// <summary>A socket, of a dump or, with sequence 0, one that was just destroyed.</summary>
    Socket = 1,

    /// <summary>The dump ends.</summary>
    Done = 2,

    /// <summary>The kernel refused the dump.</summary>
    Refused = 3,
}

/// <summary>Messages of sock_diag(7). Pure; linux/inet_diag.h.</summary>
internal static class DiagMessage
{
    public const uint DestroyGroups = 1 << 0 | 1 << 2; // SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY

    private const int Header = 16, RequestBytes = 56, MessageBytes = 72;
    private const ushort ByFamily = 20, Error = 2, Done = 3, RequestDump = 0x301;
    private const ushort InformationAttribute = 2, CgroupAttribute = 21;
    private const byte Inet = 2, Inet6 = 10;

    // All but TIME_WAIT, CLOSE and half-open ones, which belong to no process.
    private const uint TcpStates = 0xFFF & ~(1u << 3 | 1u << 6 | 1u << 7), UdpStates = 1 << 1;

    /// <summary>Asks for all sockets of one family and protocol.</summary>
    public static byte[] Request(bool six, byte protocol, uint sequence)
    {
        var message = new byte[Header + RequestBytes];
        MemoryMarshal.Write(message, (uint)message.Length);
        MemoryMarshal.Write(message.AsSpan(4), ByFamily);
        MemoryMarshal.Write(message.AsSpan(6), RequestDump);
        MemoryMarshal.Write(message.AsSpan(8), sequence);
        message[Header] = six ? Inet6 : Inet;
        message[Header + 1] = protocol;
        message[Header + 2] = 1 << (InformationAttribute - 1);
        MemoryMarshal.Write(message.AsSpan(Header + 4), protocol == SocketSighting.Tcp ? TcpStates : UdpStates);
        return message;
    }

    // nlmsghdr len u32, type u16, flags u16, seq u32, pid u32; a datagram holds many, each padded to 4.
    // inet_diag_msg family u8, state u8, timer u8, retrans u8; sport be16, dport be16, src 16, dst 16, if u32, cookie u64;
    //   expires, rqueue, wqueue, uid, inode: u32. Then attributes, each len u16, type u16, padded to 4.

    /// <summary>Takes the first message off <paramref name="rest"/>.</summary>
    /// <param name="protocol">Of the dump; a destroyed socket is TCP.</param>
    /// <returns>False at the end, and where what follows is none.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, byte protocol, out DiagKind kind, out uint sequence, out SocketSighting socket)
    {
        (kind, sequence, socket) = (DiagKind.Unknown, 0, default);
        if (rest.Length < Header)
            return false;
        var length = MemoryMarshal.Read<uint>(rest);
        if (length < Header || length > rest.Length)
            return false;
        var message = rest[..(int)length];
        rest = rest[Math.Min(rest.Length, (int)((length + 3) & ~3u))..];
        sequence = MemoryMarshal.Read<uint>(message[8..]);
        kind = MemoryMarshal.Read<ushort>(message[4..]) switch
        {
            Done => DiagKind.Done,
            Error => DiagKind.Refused,
            ByFamily when TryParse(message[Header..], sequence == 0 ? SocketSighting.Tcp : protocol, out socket) => DiagKind.Socket,
            _ => DiagKind.Unknown,
        };
        return true;
    }

    private static bool TryParse(ReadOnlySpan<byte> body, byte protocol, out SocketSighting socket)
    {
        socket = default;
        if (body.Length < MessageBytes || body[0] is not (Inet or Inet6))
            return false;
        var bytes = body[0] == Inet ? 4 : 16;
        ulong cgroup = 0, sent = 0, received = 0;
        for (var attributes = body[MessageBytes..]; attributes.Length >= 4;)
        {
            var length = MemoryMarshal.Read<ushort>(attributes);
            if (length < 4 || length > attributes.Length)
                break;
            var value = attributes[4..length];
            var type = MemoryMarshal.Read<ushort>(attributes[2..]);
            if (type == CgroupAttribute && value.Length >= 8)
                cgroup = MemoryMarshal.Read<ulong>(value);
            // struct tcp_info (linux/tcp.h, 4.19): tcpi_bytes_received at 128, which counts a FIN as a byte; tcpi_bytes_sent at 200,
            // tcpi_bytes_retrans at 208.
            if (type == InformationAttribute && protocol == SocketSighting.Tcp && value.Length >= 216)
                (sent, received) = (MemoryMarshal.Read<ulong>(value[200..]) - MemoryMarshal.Read<ulong>(value[208..]), MemoryMarshal.Read<ulong>(value[128..]));
            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }
        socket = new(
            MemoryMarshal.Read<ulong>(body[44..]),
            MemoryMarshal.Read<uint>(body[68..]),
            protocol,
            (SocketState)body[1],
            SocketSighting.Plain(body.Slice(8, bytes)),
            BinaryPrimitives.ReadUInt16BigEndian(body[4..]),
            SocketSighting.Plain(body.Slice(24, bytes)),
            BinaryPrimitives.ReadUInt16BigEndian(body[6..]),
            cgroup,
            sent,
            received);
        return true;
    }
}
