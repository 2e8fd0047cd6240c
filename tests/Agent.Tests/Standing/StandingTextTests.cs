using CsCheck;
using Runtime.Agent.Standing;
using Xunit;

namespace Runtime.Agent.Tests.Standing;

public sealed class StandingTextTests
{
    private static readonly byte[] Tcp = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000000000000000 100 0 0 10 0
           1: 0200000A:B938 507100CB:01BB 01 00000000:00000000 02:000008CA 00000000  1000        0 12346 2 0000000000000000 20 4 30 10 -1
           2: 0200000A:B938 507100CB:01BB 06 00000000:00000000 03:000008CA 00000000     0        0 0 3 0000000000000000
           3: short:line
        """u8.ToArray();

    [Fact]
    public void Sockets_OfTcp_AreListenersAndConnections()
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "the sample is of a little-endian machine");
        var sockets = new List<Socket>();
        var left = 0ul;
        SocketText.Parse(Tcp, SocketText.Tcp, sockets, 100, ref left);
        Assert.Equal(2, sockets.Count);
        Assert.Equal((SocketState.Listening, (ushort)8080, 12345ul), (sockets[0].State, sockets[0].LocalPort, sockets[0].Inode));
        Assert.Equal([127, 0, 0, 1], sockets[0].Local);
        Assert.Equal((SocketState.Established, (ushort)443, 12346ul), (sockets[1].State, sockets[1].RemotePort, sockets[1].Inode));
        Assert.Equal([203, 0, 113, 80], sockets[1].Remote);
        Assert.Equal(0ul, left);
    }

    [Fact]
    public void Sockets_OfTcp6_AreMappedBackAndBounded()
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "the sample is of a little-endian machine");
        var sockets = new List<Socket>();
        var left = 0ul;
        var text = """
               0: 0000000000000000FFFF0000020200C0:B938 0000000000000000FFFF0000507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 7 1 00000000b90e2b5d 20 4 30 13 -1
               1: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8 1 00000000b90e2b5d 20 4 30 13 -1
               2: B80D0120000000000000000001000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9 1 00000000b90e2b5d 20 4 30 13 -1
            """u8;
        SocketText.Parse(text, SocketText.Tcp, sockets, 2, ref left);
        Assert.Equal([192, 0, 2, 2], sockets[0].Local);
        Assert.Equal("2001:db8::1", new global::System.Net.IPAddress(sockets[1].Local).ToString());
        Assert.Equal((2, 1ul), (sockets.Count, left));
    }

    [Fact]
    public void Mounts_ThatReachTheHost_AreFoundByTheHostsOwn()
    {
        var host = MountText.Parse("""
            27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
            30 27 0:24 / /run rw,nosuid - tmpfs tmpfs rw
            31 27 254:1 / /data rw - ext4 /dev/vdb rw
            """u8, 100);
        var container = MountText.Parse("""
            500 400 0:99 / / rw - overlay overlay rw,lowerdir=/x
            501 500 0:100 / /proc rw - proc proc rw
            502 501 0:100 /bus /proc/bus ro - proc proc rw
            503 500 0:22 / /sys ro - sysfs sysfs ro
            504 500 0:24 /docker.sock /var/run/docker.sock rw - tmpfs tmpfs rw
            505 500 254:0 / /host rw - ext4 /dev/vda rw
            506 500 254:0 /etc /host\040etc rw master:1 shared:2 - ext4 /dev/vda rw
            507 500 254:0 /var/lib/kubelet/pods/u/etc-hosts /etc/hosts rw - ext4 /dev/vda rw
            508 500 254:1 /pg /var/lib/postgresql rw - ext4 /dev/vdb rw
            509 500 0:21 / /hostproc rw - proc proc rw
            510 500 0:24 /lock /run/lock rw - tmpfs tmpfs rw
            511 500 0:101 / /dev/shm rw - tmpfs shm rw
            """u8, 100);
        Assert.Equal(
            [("/var/run/docker.sock", "/run/docker.sock"), ("/host", "/"), ("/host etc", "/etc"), ("/hostproc", "proc")],
            MountText.ThatReachTheHost(container, host).Select(m => (m.Point, m.Source)));
        Assert.Equal(3, MountText.Parse("1 2 3:4 / / rw - a b\n1 2 3:4 / / rw - a b\n1 2 3:4 / / rw - a b\n1 2 3:4 / / rw - a b\n"u8, 3).Count);
    }

    [Fact]
    public void Parsers_OfAnyBytes_Answer() => Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 400]).Sample((garbage, at) =>
    {
        byte[] text = [.. Tcp.AsSpan(0, Math.Min(at, Tcp.Length)), .. garbage, .. Tcp.AsSpan(Math.Min(at, Tcp.Length))];
        var sockets = new List<Socket>();
        var left = 0ul;
        SocketText.Parse(text, SocketText.Udp, sockets, 3, ref left);
        SocketText.Parse(text, SocketText.Tcp, sockets, 3, ref left);
        Assert.All(sockets, s => Assert.True(s.Local.Length is 4 or 16 && s.Remote.Length is 4 or 16));
        byte[] mounts = [.. "36 35 98:0 /mnt1 /m\\0402 rw - ext3 /dev/root"u8, .. garbage];
        Assert.InRange(MountText.Parse(mounts, 5).Count, 0, 5);
    }, iter: 10_000);
}
