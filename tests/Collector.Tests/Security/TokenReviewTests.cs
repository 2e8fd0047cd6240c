using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Security;
using Runtime.Collector.Security.Tokens;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Runtime.Tests;
using Xunit;

namespace Runtime.Collector.Tests.Security;

public sealed class TokenReviewTests : IAsyncLifetime
{
    private readonly string _folder = TestCollector.MakeFolder();
    private readonly TestAuthority _authority = new("our authority");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly int _port = FreePort.Find();
    private ApiServer _api = null!;
    private TestCollector _collector = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiServer.StartAsync();
        _api.Tokens["alices"] = ("alice", ["sre", "system:authenticated"], ["runtime-collector"]);
        _api.Tokens["bots"] = ("system:serviceaccount:ops:bot", ["system:serviceaccounts", "system:serviceaccounts:ops"], ["runtime-collector"]);
        _api.Tokens["roots"] = ("root", ["system:masters"], ["runtime-collector"]);
        _api.Tokens["guests"] = ("guest", ["system:authenticated"], ["runtime-collector"]);
        _api.Tokens["for-another"] = ("alice", ["sre"], ["vault"]);
        _api.Tokens["for-anybody"] = ("alice", ["sre"], []);
        using var server = _authority.Server();
        TestAuthority.Write(Path.Combine(_folder, "tls.crt"), server);
        TestAuthority.WriteKey(Path.Combine(_folder, "tls.key"), server);
        TestAuthority.Write(Path.Combine(_folder, "ca.crt"), _authority.Certificate);
        await File.WriteAllTextAsync(Path.Combine(_folder, "token"), ApiServer.OwnToken + "\n", Stop);
        _collector = await TestCollector.StartAsync(Configure, folder: _folder, time: _time);
        _collector.Store.Incidents.Add(Sample.Incident("abcd1111"));
    }

    [Theory]
    [InlineData("alices", "alice (Kubernetes)", StatusCode.OK, StatusCode.PermissionDenied)]
    [InlineData("bots", "system:serviceaccount:ops:bot (Kubernetes)", StatusCode.PermissionDenied, StatusCode.PermissionDenied)]
    [InlineData("roots", "root (Kubernetes)", StatusCode.OK, StatusCode.OK)]
    public async Task Token_GivesTheRoleThatItsOwnerHas(string token, string who, StatusCode close, StatusCode end)
    {
        using var channel = Channel(token);
        Assert.Single((await new V1.Query.QueryClient(channel).ListIncidentsAsync(new(), cancellationToken: Stop)).Incidents);
        Assert.Equal(close, await StateAsync(async () =>
            Assert.Equal(who, (await new V1.Query.QueryClient(channel).CloseIncidentAsync(new() { Id = "abcd1111", Verdict = "benign" }, cancellationToken: Stop)).Audit.Single().Who)));
        Assert.Equal(end, await StateAsync(async () => await new V1.Web.WebClient(channel).EndSessionsAsync(new(), cancellationToken: Stop)));
        Assert.Equal(1, _api.Reviews);
    }

    [Theory]
    [InlineData("of-somebodys-making", HttpStatusCode.Unauthorized, "the cluster does not know the token: [invalid bearer token, token lookup failed\\x1B[31m]")]
    [InlineData("for-another", HttpStatusCode.Unauthorized, "audiences do not match")]
    [InlineData("for-anybody", HttpStatusCode.Unauthorized, "--audience runtime-collector")]
    [InlineData("guests", HttpStatusCode.Forbidden, "guest has no role here: Listen:TokenReview:Roles names none of user:guest, group:system:authenticated")]
    [InlineData(null, HttpStatusCode.Unauthorized, "Authorization: Bearer")]
    public async Task Token_ThatGivesNothing_IsRefusedWithTheReason(string? token, HttpStatusCode status, string words)
    {
        using var http = Http(token);
        using var answer = await http.GetAsync(new Uri("/v1/status", UriKind.Relative), Stop);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);

        using var channel = Channel(token);
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await new V1.Query.QueryClient(channel).GetStatusAsync(new(), cancellationToken: Stop));
        Assert.Equal(status == HttpStatusCode.Forbidden ? StatusCode.PermissionDenied : StatusCode.Unauthenticated, fault.StatusCode);
        Assert.Contains(words, fault.Status.Detail, StringComparison.Ordinal);
        Assert.True(token is null || _collector.Services.GetRequiredService<Refusals>().Total > 0);
    }

    [Fact]
    public async Task Token_TooLongToBeOne_IsNotShownToTheCluster()
    {
        using var http = Http(new string('a', 16 * 1024 + 1));
        using var answer = await http.GetAsync(new Uri("/v1/status", UriKind.Relative), Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("1 to 16384 characters", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Equal(0, _api.Reviews);
    }

    [Fact]
    public async Task Token_ReviewedAMinuteAgo_IsReviewedAgain()
    {
        using var http = Http("alices");
        await http.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Stop);
        _api.Tokens.Remove("alices");
        _time.Advance(TokenReviewer.Lifetime - TimeSpan.FromSeconds(1));
        await http.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Stop);
        Assert.Equal(1, _api.Reviews);
        _time.Advance(TimeSpan.FromSeconds(1));
        using var late = await http.GetAsync(new Uri("/v1/status", UriKind.Relative), Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, late.StatusCode);
        Assert.Equal(2, _api.Reviews);
    }

    [Theory]
    [InlineData(500, "it answered 500")]
    [InlineData(403, "system:auth-delegator")]
    public async Task ApiServer_ThatFails_LetsNobodyInAndIsAskedAgain(int state, string words)
    {
        _api.Broken = state;
        using var http = Http("alices");
        using (var refused = await http.GetAsync(new Uri("/v1/status", UriKind.Relative), Stop))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Contains(words, await refused.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        _api.Broken = null;
        await http.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Stop);
    }

    [Fact]
    public async Task TokensOfSomebodysMaking_WithoutEnd_ReachTheApiServerOnlySoOften()
    {
        using var reviewer = new TokenReviewer(_collector.Options.TokenReview, _collector.Services.GetRequiredService<Refusals>(), _time);
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => reviewer.ReviewAsync($"made-up-{i}", Stop)));
        Assert.All(verdicts, verdict => Assert.Null(verdict.Caller));
        Assert.Contains(verdicts, verdict => verdict.Fault.StartsWith("too many tokens", StringComparison.Ordinal));
        Assert.InRange(_api.Reviews, 1, 999);
    }

    [Fact]
    public async Task Certificate_BesideTokens_StillLetsIn()
    {
        using var certificate = _authority.Client("CN=carol,OU=viewer");
        using var http = Http(null, certificate);
        await http.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Stop);
        Assert.Equal(0, _api.Reviews);
    }

    [Fact]
    public async Task Certificate_OfAnotherAuthority_IsRefusedThoughATokenIsShown()
    {
        using var stranger = new TestAuthority("another authority");
        using var certificate = stranger.Client("CN=mallory,OU=operator");
        using var http = Http("roots", certificate);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Stop));
    }

    [Fact]
    public void Options_ThatCannotWork_AreTold()
    {
        var options = new TokenReviewOptions { Enabled = true, ApiServer = "http://10.0.0.1", TokenFile = "/nowhere", CaFile = "/nowhere", Audience = "", Roles = new() { Viewers = ["alice"] } };
        var faults = options.Validate(new(options)).SelectMany(fault => fault.MemberNames).ToList();
        Assert.Equal(["Audience", "ApiServer", "TokenFile", "CaFile", "Roles"], faults);
        Assert.Empty(_collector.Options.TokenReview.Validate(new(options)));
    }

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        await _api.DisposeAsync();
        _authority.Dispose();
    }

    private void Configure(AccessOptions options)
    {
        options.Tcp = $"127.0.0.1:{_port}";
        (options.Certificate, options.Key, options.ClientCa) = (Path.Combine(_folder, "tls.crt"), Path.Combine(_folder, "tls.key"), Path.Combine(_folder, "ca.crt"));
        options.TokenReview = new()
        {
            Enabled = true, ApiServer = _api.Address, TokenFile = Path.Combine(_folder, "token"), CaFile = "",
            Roles = new() { Viewers = ["serviceaccount:ops/bot"], Analysts = ["group:sre"], Admins = ["user:root"] },
        };
    }

    private static async Task<StatusCode> StateAsync(Func<Task> act)
    {
        try
        {
            await act();
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    private HttpClient Http(string? token, X509Certificate2? certificate = null)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new()
            {
                TargetHost = "localhost",
                ClientCertificates = certificate is null ? null : [certificate],
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck },
            },
        }) { BaseAddress = new Uri($"https://127.0.0.1:{_port}") };
        http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    private GrpcChannel Channel(string? token) => GrpcChannel.ForAddress($"https://127.0.0.1:{_port}", new GrpcChannelOptions { HttpClient = Http(token), DisposeHttpClient = true });
}
