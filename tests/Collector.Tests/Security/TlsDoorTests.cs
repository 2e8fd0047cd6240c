using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Security;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Runtime.Tests;
using Xunit;

namespace Runtime.Collector.Tests.Security;

public sealed class TlsDoorTests : IDisposable
{
    private readonly string _folder = TestCollector.MakeFolder();
    private readonly TestAuthority _authority = new("our authority");
    private readonly TestAuthority _stranger = new("another authority");
    private readonly int _port = FreePort.Find();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tcp_WithoutACertificate_IsRefused()
    {
        await using var collector = await StartAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => Http(null).GetStringAsync("/v1/status", Stop));
        Assert.True(collector.Services.GetRequiredService<Refusals>().Total > 0);
    }

    [Fact]
    public async Task Tcp_WithoutTls_IsRefused()
    {
        await using var collector = await StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync("/v1/status", Stop));
    }

    [Fact]
    public async Task Tcp_WithACertificateOfAnotherAuthority_IsRefused()
    {
        await using var collector = await StartAsync();
        using var certificate = _stranger.Client("CN=mallory,OU=operator");
        await Assert.ThrowsAsync<HttpRequestException>(() => Http(certificate).GetStringAsync("/v1/status", Stop));
    }

    [Fact]
    public async Task Tcp_WithAnExpiredCertificate_IsRefused()
    {
        await using var collector = await StartAsync();
        using var certificate = _authority.Client("CN=late,OU=operator", days: -1);
        await Assert.ThrowsAsync<HttpRequestException>(() => Http(certificate).GetStringAsync("/v1/status", Stop));
    }

    [Fact]
    public async Task Tcp_WithAServersCertificate_IsRefused()
    {
        await using var collector = await StartAsync();
        using var certificate = _authority.ServerOnly("CN=some web server,OU=operator");
        await Assert.ThrowsAsync<HttpRequestException>(() => Http(certificate).GetStringAsync("/v1/status", Stop));
    }

    [Fact]
    public async Task Tcp_WithoutARole_IsRefused()
    {
        await using var collector = await StartAsync();
        using var certificate = _authority.Client("CN=nobody in particular");
        await Assert.ThrowsAsync<HttpRequestException>(() => Http(certificate).GetStringAsync("/v1/status", Stop));
    }

    [Theory]
    [InlineData("CN=alice,OU=operator", null)]
    [InlineData("CN=alice", "spiffe://example.org/operator/alice")]
    public async Task Operator_IsLetInAndNamedInTheAudit(string subject, string? uri)
    {
        await using var collector = await StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("abcd1111"));
        using var certificate = _authority.Client(subject, uri);
        using var channel = GrpcChannel.ForAddress($"https://127.0.0.1:{_port}", new GrpcChannelOptions { HttpHandler = Handler(certificate), DisposeHttpClient = true });

        var incident = await new V1.Query.QueryClient(channel).CloseIncidentAsync(new() { Id = "abcd1111", Verdict = "benign" }, cancellationToken: Stop);

        Assert.StartsWith("CN=alice", incident.Audit.Single().Who, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("viewer", false, false)]
    [InlineData("analyst", true, false)]
    [InlineData("admin", true, true)]
    [InlineData("operator", true, true)]
    public async Task Role_OfTheCertificate_SaysWhatMayBeDone(string role, bool mayClose, bool mayEndSessions)
    {
        await using var collector = await StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("abcd1111"));
        using var certificate = _authority.Client("CN=alice", $"spiffe://example.org/{role}/alice");
        using var channel = GrpcChannel.ForAddress($"https://127.0.0.1:{_port}", new GrpcChannelOptions { HttpHandler = Handler(certificate), DisposeHttpClient = true });

        Assert.Single((await new V1.Query.QueryClient(channel).ListIncidentsAsync(new(), cancellationToken: Stop)).Incidents);
        await AssertMayAsync(mayClose, async () => await new V1.Query.QueryClient(channel).CloseIncidentAsync(new() { Id = "abcd1111", Verdict = "benign" }, cancellationToken: Stop));
        await AssertMayAsync(mayEndSessions, async () => await new V1.Web.WebClient(channel).EndSessionsAsync(new(), cancellationToken: Stop));
    }

    [Theory]
    [InlineData("viewer", "analyst")]
    [InlineData("analyst", "admin")]
    public async Task Link_ForMoreThanTheAskerMay_IsRefused(string role, string asked)
    {
        await using var collector = await StartAsync(page: $"127.0.0.1:{FreePort.Find()}");
        using var certificate = _authority.Client("CN=alice", $"spiffe://example.org/{role}/alice");
        using var channel = GrpcChannel.ForAddress($"https://127.0.0.1:{_port}", new GrpcChannelOptions { HttpHandler = Handler(certificate), DisposeHttpClient = true });
        var web = new V1.Web.WebClient(channel);

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await web.CreateLinkAsync(new() { Role = asked }, cancellationToken: Stop));
        Assert.Equal(StatusCode.PermissionDenied, fault.StatusCode);
        Assert.Contains("ask for " + role, fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(role, (await web.CreateLinkAsync(new(), cancellationToken: Stop)).Role);
        Assert.Equal("viewer", (await web.CreateLinkAsync(new() { Role = "viewer" }, cancellationToken: Stop)).Role);
    }

    [Theory]
    [InlineData("CN=node1,OU=agent", null)]
    [InlineData("CN=node1,OU=operator", "spiffe://example.org/agent/node1")]
    public async Task Agent_MayNotQuery(string subject, string? uri)
    {
        await using var collector = await StartAsync();
        using var certificate = _authority.Client(subject, uri);
        using var channel = GrpcChannel.ForAddress($"https://127.0.0.1:{_port}", new GrpcChannelOptions { HttpHandler = Handler(certificate), DisposeHttpClient = true });

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await new V1.Query.QueryClient(channel).GetStatusAsync(new(), cancellationToken: Stop));

        Assert.Equal(StatusCode.PermissionDenied, fault.StatusCode);
    }

    private static async Task AssertMayAsync(bool may, Func<Task> act)
    {
        if (may)
        {
            await act();
        }
        else
        {
            Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(act)).StatusCode);
        }
    }

    [Fact]
    public async Task CertificateFiles_Replaced_ServeFromTheNextConnectionOn()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var collector = await StartAsync(time);
        var certificates = collector.Services.GetRequiredService<Certificates>();
        using var client = _authority.Client("CN=alice,OU=operator");
        var first = await ServerSerialAsync(client);

        using var second = _authority.Server();
        TestAuthority.Write(Path.Combine(_folder, "tls.crt"), second);
        time.Advance(Certificates.LookEvery);
        await collector.Logs.LineAsync("New certificate files cannot be used");
        Assert.Equal(first, await ServerSerialAsync(client));

        // Certificate and key did not belong together until now: the old pair stays in use.
        TestAuthority.WriteKey(Path.Combine(_folder, "tls.key"), second);
        var before = certificates.Current;
        time.Advance(Certificates.LookEvery);
        await collector.Logs.LineAsync("Certificate files were read again");
        Assert.NotSame(before, certificates.Current);

        Assert.Equal(second.SerialNumber, await ServerSerialAsync(client));
    }

    [Theory]
    [InlineData("tls.crt", "Listen:Certificate")]
    [InlineData("tls.key", "Listen:Key")]
    [InlineData("ca.crt", "Listen:ClientCa")]
    public async Task Start_WithAFileThatIsNoPem_NamesTheSetting(string file, string words)
    {
        WriteFiles();
        await File.WriteAllTextAsync(Path.Combine(_folder, file), "hello", Stop);
        var fault = Assert.Throws<AccessException>(() => CertificateSnapshot.Read(Options(new AccessOptions()).CertificateFiles));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, true);
        }
    }

    private Task<TestCollector> StartAsync(TimeProvider? time = null, string page = "")
    {
        WriteFiles();
        return TestCollector.StartAsync(options => Options(options), folder: _folder, time: time, page: page);
    }

    private void WriteFiles()
    {
        using var server = _authority.Server();
        TestAuthority.Write(Path.Combine(_folder, "tls.crt"), server);
        TestAuthority.WriteKey(Path.Combine(_folder, "tls.key"), server);
        TestAuthority.Write(Path.Combine(_folder, "ca.crt"), _authority.Certificate);
    }

    private AccessOptions Options(AccessOptions options)
    {
        options.Tcp = $"127.0.0.1:{_port}";
        (options.Certificate, options.Key, options.ClientCa) = (Path.Combine(_folder, "tls.crt"), Path.Combine(_folder, "tls.key"), Path.Combine(_folder, "ca.crt"));
        return options;
    }

    private HttpClient Http(X509Certificate2? certificate) => new(Handler(certificate)) { BaseAddress = new Uri($"https://127.0.0.1:{_port}") };

    private SocketsHttpHandler Handler(X509Certificate2? certificate) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificates = certificate is null ? null : [certificate],
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck },
        },
    };

    private async Task<string> ServerSerialAsync(X509Certificate2 client)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _port, Stop);
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(Handler(client).SslOptions, Stop);
        return ((X509Certificate2)tls.RemoteCertificate!).SerialNumber;
    }
}
