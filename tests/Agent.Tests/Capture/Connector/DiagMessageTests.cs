using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CsCheck;
using Runtime.Agent.Capture.Connector;
using Runtime.Agent.Capture.Scan;
using Xunit;

namespace Runtime.Agent.Tests.Capture.Connector;

public sealed class DiagMessageTests
{
    [Fact]
    public void TryTake_SocketThenDone_TellsPeersBytesAndCgroup()
    {
        byte[] bytes = [.. Socket(sequence: 4, inode: 99), .. Message(3, 4, new byte[4])];
        var rest = new ReadOnlySpan<byte>(bytes);

        Assert.True(DiagMessage.TryTake(ref rest, SocketSighting.Tcp, out var kind, out var sequence, out var socket));
        Assert.Equal((DiagKind.Socket, 4u), (kind, sequence));
        Assert.Equal((0xABCDul, 99u, SocketState.Established, 443, 50000), (socket.Id, socket.Inode, socket.State, socket.LocalPort, socket.RemotePort));
        Assert.Equal([127, 0, 0, 1], socket.Local);
        Assert.Equal([10, 0, 0, 7], socket.Remote);
        Assert.Equal((1234ul, 11ul, 22ul), (socket.Cgroup, socket.BytesSent, socket.BytesReceived));
        Assert.True(DiagMessage.TryTake(ref rest, SocketSighting.Tcp, out kind, out _, out _));
        Assert.Equal(DiagKind.Done, kind);
        Assert.False(DiagMessage.TryTake(ref rest, SocketSighting.Tcp, out _, out _, out _));
    }

    [Fact]
    public void TryTake_DestroyedSocketWithinAUdpDump_IsTcp()
    {
        var rest = new ReadOnlySpan<byte>(Socket(sequence: 0, inode: 0));
        Assert.True(DiagMessage.TryTake(ref rest, SocketSighting.Udp, out _, out var sequence, out var socket));
        Assert.Equal((0u, SocketSighting.Tcp), (sequence, socket.Protocol));
    }

    [Fact]
    public void TryTake_AnyChange_NeverThrowsAndEnds() =>
        Gen.Select(Gen.Int[0, 219], Gen.Byte).Array[0, 6].Sample(
            changes =>
            {
                var bytes = Socket(1, 1);
                foreach (var (at, value) in changes)
                    bytes[at % bytes.Length] = value;
                var rest = new ReadOnlySpan<byte>(bytes);
                while (DiagMessage.TryTake(ref rest, SocketSighting.Tcp, out _, out _, out _))
                {
                }
            },
            iter: 50_000,
            threads: 1);

    private static byte[] Socket(uint sequence, uint inode)
    {
        var body = new byte[72];
        (body[0], body[1]) = (10, 1);
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(4), 443);
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(6), 50000);
        // IPv4 in an IPv6 socket.
        new byte[] { 0xff, 0xff, 127, 0, 0, 1 }.CopyTo(body, 18);
        new byte[] { 0xff, 0xff, 10, 0, 0, 7 }.CopyTo(body, 34);
        MemoryMarshal.Write(body.AsSpan(44), 0xABCDul);
        MemoryMarshal.Write(body.AsSpan(68), inode);
        var information = new byte[216];
        MemoryMarshal.Write(information.AsSpan(128), 22ul);
        MemoryMarshal.Write(information.AsSpan(200), 14ul);
        MemoryMarshal.Write(information.AsSpan(208), 3ul);
        return Message(20, sequence, [.. body, .. Attribute(2, information), .. Attribute(21, BitConverter.GetBytes(1234ul))]);
    }

    private static byte[] Attribute(ushort type, byte[] value) => [.. BitConverter.GetBytes((ushort)(4 + value.Length)), .. BitConverter.GetBytes(type), .. value];

    private static byte[] Message(ushort type, uint sequence, byte[] body) =>
        [.. BitConverter.GetBytes(16 + body.Length), .. BitConverter.GetBytes(type), 0, 0, .. BitConverter.GetBytes(sequence), 0, 0, 0, 0, .. body];
}
