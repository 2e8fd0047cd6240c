using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Runtime.Agent.Names;
using Xunit;

namespace Runtime.Agent.Tests.Names;

public sealed class TlsHelloTests
{
    [Theory]
    [InlineData("openssl", "pool.example.com")]
    [InlineData("gnutls", "pool.example.com")] // its name stands behind 390 bytes
    [InlineData("java", "pool.example.com")]
    [InlineData("no-name", "")]
    public void Hello_OfAnotherLibrary_IsRead(string library, string expected)
    {
        var hello = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "tls", library + ".bin"));
        Assert.Equal(expected.Length > 0 ? ServerName.Found : ServerName.None, TlsHello.Read(hello, out var name));
        Assert.Equal(expected, Encoding.ASCII.GetString(name));
    }

    [Fact]
    public async Task Hello_OfThisPlatform_IsRead()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        var accepting = listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var server = await accepting;
        await using var tls = new SslStream(client.GetStream());
        var greeting = tls.AuthenticateAsClientAsync("Some-Host.example.test");
        var bytes = new byte[512];
        var length = await server.GetStream().ReadAsync(bytes, TestContext.Current.CancellationToken);
        server.Close();
        await Assert.ThrowsAnyAsync<IOException>(() => greeting);

        Assert.Equal(ServerName.Found, TlsHello.Read(bytes.AsSpan(0, length), out var name));
        Assert.Equal("Some-Host.example.test", Encoding.ASCII.GetString(name));
    }

    [Fact]
    public void Hello_CutAnywhere_IsCutOrAlreadyHasItsName()
    {
        var hello = Hello("pool.example.test");
        var end = hello.AsSpan().IndexOf("pool.example.test"u8) + "pool.example.test".Length;
        for (var length = 6; length <= hello.Length; length++)
        {
            var told = TlsHello.Read(hello.AsSpan(0, length), out var name);
            Assert.Equal(length < end ? ServerName.Cut : ServerName.Found, told);
            Assert.Equal(length < end ? 0 : 17, name.Length);
        }
    }

    [Fact]
    public void Hello_SplitOverRecords_IsReadAsFarAsTheFirst()
    {
        var hello = Hello("pool.example.test");
        BinaryPrimitives.WriteUInt16BigEndian(hello.AsSpan(3), 60);
        Assert.Equal(ServerName.Cut, TlsHello.Read(hello, out _));
    }

    [Theory]
    [InlineData("10.0.0.1")]                    // RFC 6066, 3: no addresses
    [InlineData("")]
    [InlineData("pool..example.test")]
    [InlineData("pool.example.test.")]
    [InlineData("<b>pool</b>.test")]
    [InlineData("pool.example.test\n")]
    public void Name_ThatIsNone_IsMalformed(string called)
    {
        Assert.Equal(ServerName.Malformed, TlsHello.Read(Hello(called), out var name));
        Assert.Equal(0, name.Length);
    }

    [Fact]
    public void Name_OfALabelOr254Bytes_TooLong_IsMalformed()
    {
        var label = new string('a', 63);
        Assert.Equal(ServerName.Found, TlsHello.Read(Hello($"{label}.{label}.{label}.{new string('a', 61)}"), out _));
        Assert.Equal(ServerName.Malformed, TlsHello.Read(Hello($"{label}.{label}.{label}.{new string('a', 62)}"), out _));
        Assert.Equal(ServerName.Malformed, TlsHello.Read(Hello(label + "a.test"), out _));
    }

    [Theory]
    [InlineData(1)]     // the extension's own length
    [InlineData(3)]     // the list's
    [InlineData(6)]     // the name's
    public void Length_ThatReachesOutOfItsFrame_IsMalformed(int fromType)
    {
        var hello = Hello("pool.example.test");
        var extension = hello.AsSpan().IndexOf("pool.example.test"u8) - 9;
        hello[extension + 1 + fromType] = 0xff;
        Assert.Equal(ServerName.Malformed, TlsHello.Read(hello, out _));
    }

    [Fact]
    public void Bytes_OfAnotherProtocol_NameNobody()
    {
        Assert.Equal(ServerName.None, TlsHello.Read("GET / HTTP/1.1\r\nHost: example.test\r\n"u8, out _));
        Assert.Equal(ServerName.None, TlsHello.Read([], out _));
    }

    /// <summary>With another extension before the name and one behind it.</summary>
    internal static byte[] Hello(string name)
    {
        var text = Encoding.ASCII.GetBytes(name);
        byte[] extensions = [0xff, 1, 0, 1, 0, .. Number(0, text.Length + 5), .. Number(text.Length + 3), 0, .. Number(text.Length), .. text, 0, 11, 0, 2, 1, 0];
        byte[] body = [3, 3, .. new byte[32], 32, .. new byte[32], 0, 4, 0x13, 1, 0x13, 2, 1, 0, .. Number(extensions.Length), .. extensions];
        return [22, 3, 1, .. Number(body.Length + 4), 1, 0, .. Number(body.Length), .. body];
    }

    private static byte[] Number(params ReadOnlySpan<int> numbers) => [.. numbers.ToArray().SelectMany(n => new[] { (byte)(n >> 8), (byte)n })];
}
