using System.Net.Sockets;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Runtime.Collector.Baselines;
using Runtime.Collector.Mutes;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;
using Runtime.Collector.Security;
using Runtime.Collector.Tests.Query;
using Runtime.Collector.Web;

namespace Runtime.Collector.Tests.Hosting;

/// <summary>The collector's doors and query services on real sockets, with a store in memory behind them.</summary>
internal sealed class TestCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestCollector(WebApplication app, string folder, AccessOptions options, FakeStore store, LogLines logs) =>
        (_app, Folder, Options, Store, Logs) = (app, folder, options, store, logs);

    public string Folder { get; }
    public AccessOptions Options { get; }
    public FakeStore Store { get; }
    public LogLines Logs { get; }
    public string Socket => Options.Socket;
    public IServiceProvider Services => _app.Services;

    /// <summary>A folder of its own below the temporary folder, that other users may look into.</summary>
    public static string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("runtime-collector-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        return folder;
    }

    public static async Task<TestCollector> StartAsync(
        Action<AccessOptions>? change = null, FakeStore? store = null, string? folder = null, TimeProvider? time = null, ISearchStore? search = null, string page = "", IReplayStore? replays = null, BaselineOptions? baselines = null,
        Action<WebOptions>? web = null)
    {
        folder ??= MakeFolder();
        var options = new AccessOptions { Socket = Path.Combine(folder, "collector.sock") };
        change?.Invoke(options);
        store ??= new FakeStore();
        var builder = WebApplication.CreateSlimBuilder();
        var logs = new LogLines();
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton<IQueryStore>(store);
        builder.Services.AddSingleton(search ?? store);
        builder.Services.AddSingleton(replays ?? store);
        builder.Services.AddSingleton(baselines ?? new BaselineOptions());
        builder.Services.AddSingleton<IScopeDirectory>(store);
        builder.Services.AddSingleton<IAgentDirectory>(store);
        builder.Services.AddSingleton<INodeSight>(store);
        builder.Services.AddSingleton<INotifierTest>(store);
        builder.Services.AddSingleton<IDeliveryLog>(store.Alerts);
        builder.Services.AddSingleton<IMuteLog>(store.Alerts);
        builder.Services.AddMutes();
        builder.AddAccess(options);
        builder.Services.AddQuery();
        var pages = new WebOptions { Listen = page };
        web?.Invoke(pages);
        builder.AddWeb(pages);
        var app = builder.Build();
        app.UseWeb(pages);
        app.MapQuery();
        app.MapWeb(pages);
        await app.StartAsync();
        return new TestCollector(app, folder, options, store, logs);
    }

    public V1.Query.QueryClient Client() => new(Channel());

    /// <summary>gRPC with prior knowledge over the unix socket.</summary>
    public GrpcChannel Channel() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = Handler(), DisposeHttpClient = true });

    /// <summary>HTTP/1.1 over the unix socket.</summary>
    public HttpClient Http() => new(Handler()) { BaseAddress = new Uri("http://localhost") };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private SocketsHttpHandler Handler() => new()
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };
}
