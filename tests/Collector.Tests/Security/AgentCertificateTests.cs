using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Runtime.Collector.Security;
using Runtime.Collector.Storage;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Ingest;
using Runtime.Collector.Tests.Query;
using Runtime.Tests;
using Xunit;
using AgentCall = Runtime.Collector.Tests.Ingest.AgentCall;

namespace Runtime.Collector.Tests.Security;

/// <summary>An agent's stream over TLS: for which node may a certificate speak?</summary>
public sealed class AgentCertificateTests : IAsyncDisposable
{
    private readonly string _folder = TestCollector.MakeFolder();
    private readonly TestAuthority _authority = new("our authority");
    private readonly int _port = FreePort.Find();
    private readonly List<GrpcChannel> _channels = [];
    private WebApplication? _app;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CN=node-1,OU=agent", null, null)]
    [InlineData("CN=agents,OU=agent", null, "node-1")]
    [InlineData("CN=agents", "spiffe://example.org/agent/node-1", null)]
    [InlineData("", "spiffe://example.org/agent/node-1", null)]
    public async Task Agent_WithItsNodesCertificate_IsLetIn(string subject, string? uri, string? dns)
    {
        await StartAsync(AgentCertificate.OwnNode);
        using var stream = await OpenAsync(_authority.Client(subject, uri, dns: dns), WireBatch.Hello());
        Assert.Equal(1UL, (await stream.SendAsync(WireBatch.Full())).Sequence);
    }

    [Theory]
    [InlineData("CN=node-2,OU=agent", null, "node-2")]
    [InlineData("CN=NODE-1,OU=agent", null, "NODE-1")]
    [InlineData("CN=node-11,OU=agent", null, "node-11")]
    [InlineData("OU=agent,CN=node-2", "spiffe://example.org/agent/node-1/x", "node-1/x")]
    [InlineData("CN=x", "spiffe://example.org/operator/node-1;spiffe://example.org/agent/x", "x")]
    public async Task Agent_WithAnothersCertificate_IsRefusedWithBothNames(string subject, string? uris, string named)
    {
        await StartAsync(AgentCertificate.OwnNode);
        using var refusals = new Measurements(_app!.Services.GetRequiredService<IMeterFactory>(), "collector.connections.refused");

        var fault = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(_authority.Client(subject, uris), WireBatch.Hello()));

        Assert.Equal(StatusCode.PermissionDenied, fault.StatusCode);
        Assert.Contains(named, fault.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("must not speak for the node node-1", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("Listen:AgentCertificate", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal([(1L, "reason=node")], refusals.All);
        Assert.False(_app.Services.GetRequiredService<AgentDirectory>().IsConnected("agent-1"));
    }

    [Fact]
    public async Task Agent_ThatSharesACertificate_IsLetInWhereTheSettingSaysSo()
    {
        await StartAsync(AgentCertificate.AnyNode);
        using var stream = await OpenAsync(_authority.Client("CN=runtime-agent,OU=agent"), WireBatch.Hello());
        Assert.Equal(1UL, (await stream.SendAsync(WireBatch.Full())).Sequence);
    }

    [Fact]
    public async Task Agent_WithAnothersId_DoesNotEndItsStream()
    {
        await StartAsync(AgentCertificate.OwnNode);
        using var own = await OpenAsync(_authority.Client("CN=node-1,OU=agent"), WireBatch.Hello());
        var thief = WireBatch.Hello(epoch: "epoch-2");
        thief.Node = "node-2";

        var fault = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(_authority.Client("CN=node-2,OU=agent"), thief));

        Assert.Equal(StatusCode.PermissionDenied, fault.StatusCode);
        Assert.Contains("the agent id agent-1 is in use by the node node-1", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(1UL, (await own.SendAsync(WireBatch.Full())).Sequence);

        // Its own node may: its connection may have died without a word.
        using var again = await OpenAsync(_authority.Client("CN=node-1,OU=agent"), WireBatch.Hello());
        Assert.Equal(1UL, again.Welcome.LastSequence);
    }

    [Fact]
    public async Task Socket_AsksForNoName()
    {
        await StartAsync(AgentCertificate.OwnNode);
        using var channel = AgentCall.Connect(Path.Combine(_folder, "collector.sock"));
        using var stream = await AgentCall.OpenAsync(channel, WireBatch.Hello());
        Assert.Equal(1UL, (await stream.SendAsync(WireBatch.Full())).Sequence);
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        if (_app is not null)
        {
            await _app.StopAsync(Stop);
            await _app.DisposeAsync();
        }

        _authority.Dispose();
        Directory.Delete(_folder, true);
    }

    private async Task StartAsync(AgentCertificate rule)
    {
        using (var server = _authority.Server())
        {
            TestAuthority.Write(Path.Combine(_folder, "tls.crt"), server);
            TestAuthority.WriteKey(Path.Combine(_folder, "tls.key"), server);
            TestAuthority.Write(Path.Combine(_folder, "ca.crt"), _authority.Certificate);
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddStorage(new StorageOptions { Path = Path.Combine(_folder, "collector.db") });
        builder.Services.AddSingleton<IScopeDirectory>(new FakeStore());
        builder.Services.AddIngest(new IngestOptions());
        builder.AddAccess(new AccessOptions
        {
            Socket = Path.Combine(_folder, "collector.sock"), Tcp = $"127.0.0.1:{_port}", AgentCertificate = rule,
            Certificate = Path.Combine(_folder, "tls.crt"), Key = Path.Combine(_folder, "tls.key"), ClientCa = Path.Combine(_folder, "ca.crt"),
        });
        _app = builder.Build();
        _app.MapIngest(Caller.AgentPolicy);
        await _app.StartAsync(Stop);
    }

    private async Task<AgentCall> OpenAsync(X509Certificate2 certificate, V1.Hello hello)
    {
        var channel = GrpcChannel.ForAddress($"https://127.0.0.1:{_port}", new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    ClientCertificates = [certificate],
                    CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck },
                },
            },
        });
        _channels.Add(channel);
        return await AgentCall.OpenAsync(channel, hello);
    }
}
