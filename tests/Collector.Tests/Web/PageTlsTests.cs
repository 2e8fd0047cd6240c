using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Security;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Security;
using Runtime.Collector.Web.Access;
using Runtime.Tests;
using Xunit;

namespace Runtime.Collector.Tests.Web;

/// <summary>The page over TLS of its own, as a browser of another machine finds it.</summary>
public sealed class PageTlsTests : IDisposable
{
    private const string PublicHost = "runtime.example.com";

    private readonly string _folder = TestCollector.MakeFolder();
    private readonly TestAuthority _authority = new("the page's authority");
    private readonly int _port = FreePort.Find();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Link_OfAPageWithAPublicName_OpensItOverTls()
    {
        await using var collector = await StartAsync();
        var link = new Uri((await new V1.Web.WebClient(collector.Channel()).CreateLinkAsync(new(), cancellationToken: Stop)).Url);
        Assert.StartsWith($"https://{PublicHost}:{_port}/enter?", link.ToString(), StringComparison.Ordinal);

        using var http = Http();
        using var answer = await http.GetAsync(link, Stop);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("max-age=31536000", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith($"__Host-runtime-session-{_port}=", cookie, StringComparison.Ordinal);
        Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://{PublicHost}:{_port}/"));
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        using var page = await http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains($"wss://{PublicHost}:{_port}", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Localhost_OverTls_GetsNoRuleForAllItsPorts()
    {
        await using var collector = await StartAsync();
        using var http = Http();
        using var answer = await http.GetAsync(new Uri($"https://localhost:{_port}/"), Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Host_OfAnotherName_IsRefused()
    {
        await using var collector = await StartAsync();
        using var http = Http();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://localhost:{_port}/"));
        request.Headers.Host = $"evil.example.com:{_port}";
        using var answer = await http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Fact]
    public async Task PlainHttp_ToAPageWithTls_GetsNoAnswer()
    {
        await using var collector = await StartAsync();
        using var http = Http();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"http://localhost:{_port}/"), Stop));
    }

    [Fact]
    public async Task CertificateFiles_Replaced_ServeFromTheNextConnectionOn()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var collector = await StartAsync(time);
        var certificates = collector.Services.GetRequiredKeyedService<Certificates>(PageTls.Key);
        var before = certificates.Current;
        using var second = WriteFiles();
        time.Advance(Certificates.LookEvery);
        await collector.Logs.LineAsync("Certificate files were read again");
        Assert.NotSame(before, certificates.Current);

        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _port, Stop);
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(Trust(), Stop);
        Assert.Equal(second.SerialNumber, ((X509Certificate2)tls.RemoteCertificate!).SerialNumber);
    }

    [Fact]
    public async Task Start_WithAFileThatIsNoPem_NamesTheSetting()
    {
        using var server = WriteFiles();
        await File.WriteAllTextAsync(Path.Combine(_folder, "page.key"), "hello", Stop);
        var fault = Assert.Throws<AccessException>(() => CertificateSnapshot.Read(new("Web", Path.Combine(_folder, "page.crt"), Path.Combine(_folder, "page.key"), null)));
        Assert.Contains("Web:Key", fault.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, true);
        }
    }

    private async Task<TestCollector> StartAsync(TimeProvider? time = null)
    {
        using var server = WriteFiles();
        return await TestCollector.StartAsync(folder: _folder, time: time, page: $"127.0.0.1:{_port}", web: options =>
        {
            (options.Certificate, options.Key) = (Path.Combine(_folder, "page.crt"), Path.Combine(_folder, "page.key"));
            options.PublicUrl = $"https://{PublicHost}:{_port}";
        });
    }

    private X509Certificate2 WriteFiles()
    {
        var server = _authority.Server(PublicHost);
        TestAuthority.Write(Path.Combine(_folder, "page.crt"), server);
        TestAuthority.WriteKey(Path.Combine(_folder, "page.key"), server);
        return server;
    }

    /// <summary>Every name is this machine; nothing is followed, kept or added.</summary>
    private HttpClient Http() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        // The name in the address is not always one of the certificate's: it is the page that must refuse it.
        SslOptions = new() { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Issuer == _authority.Certificate.Subject },
        ConnectCallback = async (_, stop) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, _port, stop);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    private SslClientAuthenticationOptions Trust() => new()
    {
        TargetHost = "localhost",
        CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck },
    };
}
