using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Runtime.Collector.Ingest;
using Runtime.Collector.Mutes;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;
using Runtime.Collector.Storage;
using Runtime.Tests;

namespace Runtime.Collector.Tests.Storage;

/// <summary>A real database in a folder of its own.</summary>
internal sealed class TempStore : IDisposable
{
    private readonly string _folder;
    private readonly bool _owns;
    private readonly ServiceProvider _services;

    public TempStore(string? folder = null, Action<StorageOptions>? change = null, DigestAudience? audience = null)
    {
        _owns = folder is null;
        _folder = folder ?? Directory.CreateTempSubdirectory("runtime-store-").FullName;
        Options = new StorageOptions { Path = Path.Combine(_folder, "collector.db") };
        change?.Invoke(Options);
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton(Logs);
        services.AddLogging(logging => logging.AddProvider(Logs));
        services.AddSingleton(OutboxOptions);
        services.AddSingleton(audience ?? DigestAudience.Everyone);
        services.AddStorage(Options);
        _services = services.BuildServiceProvider();
        Database = _services.GetRequiredService<Database>();
    }

    public SleepersClock Time { get; } = new(Sample.Now);
    public LogLines Logs { get; } = new();
    public StorageOptions Options { get; }
    public OutboxOptions OutboxOptions { get; } = new();
    public Database Database { get; }
    public IIngestLog Ingest => _services.GetRequiredService<IIngestLog>();
    public ScopeStore Scopes => _services.GetRequiredService<ScopeStore>();
    public IOutbox Outbox => _services.GetRequiredService<IOutbox>();
    public IDigestLog Digests => _services.GetRequiredService<IDigestLog>();
    public ISearchStore Search => _services.GetRequiredService<ISearchStore>();
    public IDeliveryLog Deliveries => _services.GetRequiredService<IDeliveryLog>();
    public IThreadLog Threads => _services.GetRequiredService<IThreadLog>();
    public IMuteLog Mutes => _services.GetRequiredService<IMuteLog>();
    public IReplayStore Replays => _services.GetRequiredService<IReplayStore>();
    public IQueryStore Query => _services.GetRequiredService<IQueryStore>();

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public Retention Retention => ActivatorUtilities.CreateInstance<Retention>(_services);

    /// <summary>Commits observations as one batch of <see cref="Sample.Agent"/>.</summary>
    public async Task<IReadOnlyList<Observation>> AddAsync(ulong sequence, params Observation[] observations)
    {
        await Ingest.OpenEpochAsync(Sample.Agent, Time.GetUtcNow(), CancellationToken.None);
        return (await Ingest.CommitAsync(Sample.Agent, Sample.Batch(sequence, observations), Time.GetUtcNow(), CancellationToken.None)).Stored;
    }

    public void Dispose()
    {
        _services.Dispose();
        if (_owns)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
