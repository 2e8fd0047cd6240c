using System.Diagnostics.Metrics;

namespace Runtime.Collector.Storage;

/// <summary>What the store counts. Any thread.</summary>
internal sealed class StorageMeter(IMeterFactory meters)
{
    private readonly Meter _meter = meters.Create("Runtime.Collector");

    public Counter<long> Writes => field ??= _meter.CreateCounter<long>("collector.storage.writes", "{write}", "Writes that were committed.");
    public Counter<long> Commits => field ??= _meter.CreateCounter<long>("collector.storage.commits", "{commit}", "Transactions; several waiting writes share one.");
    public Counter<long> Failures => field ??= _meter.CreateCounter<long>("collector.storage.failures", "{write}", "Writes that were not kept, by reason.");
    public Counter<long> Pruned => field ??= _meter.CreateCounter<long>("collector.storage.pruned", "{row}", "Rows removed by age, by table.");

    public Counter<long> ScopesRemoved => field ??= _meter.CreateCounter<long>("collector.scopes.removed", "{scope}", "Scopes whose baselines were removed because nothing was seen of them any more.");

    public void ObserveQueue(Func<int> length) => _meter.CreateObservableGauge("collector.storage.queue.length", length, "{write}", "Writes that wait for the writer.");
}
