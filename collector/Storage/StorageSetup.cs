using Microsoft.Extensions.DependencyInjection.Extensions;
using Runtime.Collector.Ingest;
using Runtime.Collector.Mutes;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Storage;

internal static class StorageSetup
{
    /// <summary>
    /// The store and everything that is kept in it: <see cref="IIngestLog"/>, <see cref="IScopeLog"/>, <see cref="IOutbox"/>, <see cref="IDigestLog"/>, <see cref="IQueryStore"/>, <see cref="ISearchStore"/>, <see cref="IReplayStore"/>.
    /// Register it first: what is disposed last is the database. Whoever asks for the first of them opens it (<see cref="StoreOpenException"/>).
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, StorageOptions options)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.TryAddSingleton(new OutboxOptions());
        services.TryAddSingleton(DigestAudience.Everyone);
        services.AddSingleton<StorageMeter>();
        services.AddSingleton<Database>();
        services.AddSingleton<LogSignal>();
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<ScopeStore>();
        services.AddSingleton<IScopeLog>(provider => provider.GetRequiredService<ScopeStore>());
        services.AddSingleton<IIngestLog, IngestStore>();
        services.AddSingleton<HashStore>();
        services.AddSingleton<IOutbox, OutboxStore>();
        services.AddSingleton<IDigestLog, DigestStore>();
        services.AddSingleton<IDeliveryLog, DeliveryStore>();
        services.AddSingleton<IMuteLog, MuteStore>();
        services.AddSingleton<IThreadLog, ThreadStore>();
        services.AddSingleton<IQueryStore, QueryStore>();
        services.AddSingleton<ISearchStore, SearchStore>();
        services.AddSingleton<IReplayStore, ReplayStore>();
        services.AddSingleton<ScopePruning>();
        services.AddSingleton<SearchPruning>();
        services.AddHostedService<Retention>();
        services.AddHealthChecks().AddCheck<StorageHealthCheck>("storage");
        return services;
    }
}
