using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Runtime.Collector.Ingest;
using Runtime.Collector.Storage;

namespace Runtime.Collector.Tests.Ingest;

/// <summary>The ingest service and a real store, on a unix socket of their own.</summary>
internal sealed class IngestHost : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-ingest-").FullName;
    private readonly WebApplication _app;

    private IngestHost(IngestOptions options, Action<IServiceCollection> add)
    {
        var socket = Path.Combine(_folder, "s");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddStorage(new StorageOptions { Path = Path.Combine(_folder, "collector.db") });
        add(builder.Services);
        builder.Services.AddIngest(options);
        _app = builder.Build();
        _app.MapIngest(null);
        Channel = AgentCall.Connect(socket);
    }

    public GrpcChannel Channel { get; }

    public IServiceProvider Services => _app.Services;

    /// <param name="add">Adds the scopes, and a clock where the machine's does not do.</param>
    public static async Task<IngestHost> StartAsync(IngestOptions options, Action<IServiceCollection> add)
    {
        var host = new IngestHost(options, add);
        await host._app.StartAsync();
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
