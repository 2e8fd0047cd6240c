using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Runtime.Collector.Tests.Hosting;
using Runtime.Tests;
using Xunit;

namespace Runtime.Collector.Tests.Security;

public sealed class CallerLimitsTests : IAsyncLifetime
{
    private const int Burst = 3;

    private readonly string _folder = TestCollector.MakeFolder();
    private readonly TestAuthority _authority = new("our authority");
    private readonly int _port = FreePort.Find();
    private TestCollector _collector = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var server = _authority.Server();
        TestAuthority.Write(Path.Combine(_folder, "tls.crt"), server);
        TestAuthority.WriteKey(Path.Combine(_folder, "tls.key"), server);
        TestAuthority.Write(Path.Combine(_folder, "ca.crt"), _authority.Certificate);
        _collector = await TestCollector.StartAsync(
            options =>
            {
                options.Tcp = $"127.0.0.1:{_port}";
                (options.Certificate, options.Key, options.ClientCa) = (Path.Combine(_folder, "tls.crt"), Path.Combine(_folder, "tls.key"), Path.Combine(_folder, "ca.crt"));
                options.Limits = new() { Burst = Burst, RequestsPerMinute = 1 };
            }, folder: _folder);
    }

    [Fact]
    public async Task Caller_BeyondHisLimit_IsToldWhenToComeAgainAndNobodyElseIsHeldUp()
    {
        using var alice = _authority.Client("CN=alice,OU=operator");
        using var bob = _authority.Client("CN=bob,OU=viewer");
        using (var http = Http(alice))
        {
            for (var i = 0; i < Burst; i++)
            {
                await http.GetStringAsync(new Uri("/v1/incidents", UriKind.Relative), Stop);
            }

            using var refused = await http.GetAsync(new Uri("/v1/incidents", UriKind.Relative), Stop);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        }

        // On another connection he is the same, and by gRPC too, with every service.
        using (var channel = GrpcChannel.ForAddress($"https://127.0.0.1:{_port}", new GrpcChannelOptions { HttpClient = Http(alice), DisposeHttpClient = true }))
        {
            var fault = await Assert.ThrowsAsync<RpcException>(async () => await new V1.Query.QueryClient(channel).ListIncidentsAsync(new(), cancellationToken: Stop));
            Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
            Assert.Contains("Listen:Limits", fault.Status.Detail, StringComparison.Ordinal);
            using var follow = new V1.Query.QueryClient(channel).FollowEvents(new(), cancellationToken: Stop);
            Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => follow.ResponseStream.MoveNext(Stop))).StatusCode);
            Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(async () => await new V1.Web.WebClient(channel).EndSessionsAsync(new(), cancellationToken: Stop))).StatusCode);
        }

        using var bobs = Http(bob);
        await bobs.GetStringAsync(new Uri("/v1/incidents", UriKind.Relative), Stop);
    }

    [Fact]
    public async Task Socket_OfThisMachine_IsNotLimited()
    {
        using var http = _collector.Http();
        for (var i = 0; i < Burst * 4; i++)
        {
            await http.GetStringAsync(new Uri("/v1/incidents", UriKind.Relative), Stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        _authority.Dispose();
    }

    private HttpClient Http(X509Certificate2 certificate) => new(new SocketsHttpHandler
    {
        SslOptions = new()
        {
            TargetHost = "localhost",
            ClientCertificates = [certificate],
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck },
        },
    }) { BaseAddress = new Uri($"https://127.0.0.1:{_port}") };
}
