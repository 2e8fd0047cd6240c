using System.Text;
using CsCheck;
using Runtime.Agent.Capture.Scan;
using Xunit;

namespace Runtime.Agent.Tests.Capture.Scan;

public sealed class NetworkTextTests
{
    private const string Alphabet = " \n:0F1z";

    private const string Header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    [Fact]
    public void Parse_LittleEndianAddresses_AreInNetworkOrder()
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "the sample is a little-endian machine's");
        var sockets = Parse(
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000000000000000 100 0 0 10 0\n" +
            "   1: 0100007F:9C40 0700000A:01BB 01 00000000:00000000 02:00000000 00000000     0        0 777 1 0\n" +
            "   2: 0100007F:9C41 0700000A:01BB 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0\n" +
            "   3: 0000000000000000FFFF00000100007F:0016 00000000000000000000000001000000:0001 08 00000000:00000000 00:00000000 00000000 0 0 9 1 0\n");
        Assert.Equal(3, sockets.Count);
        Assert.Equal((SocketState.Listen, 8080, 12345u), (sockets[0].State, sockets[0].LocalPort, sockets[0].Inode));
        Assert.Equal([127, 0, 0, 1], sockets[0].Local);
        Assert.Equal([10, 0, 0, 7], sockets[1].Remote);
        Assert.Equal((443, 40000), (sockets[1].RemotePort, sockets[1].LocalPort));
        Assert.Equal([127, 0, 0, 1], sockets[2].Local);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], sockets[2].Remote);
    }

    [Fact]
    public void Parse_LinesThatAreNone_AreCounted()
    {
        var sockets = new List<SocketSighting>();
        var text = Header + "nonsense\n   0: 0100007F:1F9 00000000:0000 0A\n   1: XYZ0007F:1F90 00000000:0000 0A 0 0 0 0 0 1\n";
        Assert.Equal(3, NetworkText.Parse(Encoding.ASCII.GetBytes(text), 6, sockets));
        Assert.Empty(sockets);
    }

    [Fact]
    public void Parse_AnyBytes_NeverThrows() =>
        Gen.Int[0, Alphabet.Length - 1].Select(i => (byte)Alphabet[i]).Array[0, 300]
            .Sample(bytes => { NetworkText.Parse([.. "h\n"u8, .. bytes], 6, []); }, iter: 50_000, threads: 1);

    private static List<SocketSighting> Parse(string lines)
    {
        var sockets = new List<SocketSighting>();
        Assert.Equal(0, NetworkText.Parse(Encoding.ASCII.GetBytes(Header + lines), SocketSighting.Tcp, sockets));
        return sockets;
    }
}
