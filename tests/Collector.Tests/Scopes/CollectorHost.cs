using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Mutes;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;
using Runtime.Collector.Storage;
using Runtime.Collector.Tests.Storage;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Store and scopes as the collector runs them, with the real clock and no door.</summary>
internal sealed class CollectorHost : IAsyncDisposable
{
    public static readonly BaselineOptions Baselines = new();
    private readonly IHost _host;

    private CollectorHost(IHost host) => _host = host;

    public LogLines Logs => _host.Services.GetRequiredService<LogLines>();
    public IIngestLog Ingest => _host.Services.GetRequiredService<IIngestLog>();
    public IScopeLog Log => _host.Services.GetRequiredService<IScopeLog>();
    public IScopeDirectory Scopes => _host.Services.GetRequiredService<IScopeDirectory>();
    public IQueryStore Query => _host.Services.GetRequiredService<IQueryStore>();
    public IOutbox Outbox => _host.Services.GetRequiredService<IOutbox>();
    public MuteBook Mutes => _host.Services.GetRequiredService<MuteBook>();
    public IMuteLog MuteLog => _host.Services.GetRequiredService<IMuteLog>();
    public Database Database => _host.Services.GetRequiredService<Database>();

    public static async Task<CollectorHost> StartAsync(string folder, ScopesOptions? options = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var logs = new LogLines();
        builder.Services.AddSingleton(logs);
        builder.Logging.AddProvider(logs);
        builder.Services.AddStorage(new StorageOptions { Path = Path.Combine(folder, "collector.db") });
        builder.Services.AddScopes(options ?? new ScopesOptions(), Baselines, _ => _ => ["slack", "hook"]);
        var host = builder.Build();
        await host.StartAsync();
        return new CollectorHost(host);
    }

    /// <summary>Commits one batch and hands it to the scopes, as ingest does.</summary>
    public async Task<IReadOnlyList<Observation>> AddAsync(ulong sequence, params Observation[] observations)
    {
        await Ingest.OpenEpochAsync(Sample.Agent, Sample.Now, CancellationToken.None);
        var stored = (await Ingest.CommitAsync(Sample.Agent, Sample.Batch(sequence, observations), DateTimeOffset.UtcNow, CancellationToken.None)).Stored;
        await Scopes.ApplyAsync(stored, CancellationToken.None);
        return stored;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
