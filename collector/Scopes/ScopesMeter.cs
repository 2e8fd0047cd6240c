using System.Diagnostics.Metrics;

namespace Runtime.Collector.Scopes;

/// <summary>What scopes count. Any thread.</summary>
internal sealed class ScopesMeter(IMeterFactory meters)
{
    private readonly Meter _meter = meters.Create("Runtime.Collector");

    public Counter<long> Applied => field ??= _meter.CreateCounter<long>("collector.scopes.applied", "{row}", "Rows of the log that scopes went through.");
    public Counter<long> Unreadable => field ??= _meter.CreateCounter<long>("collector.scopes.unreadable", "{row}", "Rows of the log that could not be read or applied.");
    public Counter<long> Restarted => field ??= _meter.CreateCounter<long>("collector.scopes.restarted", "{scope}", "Baselines that started anew because their state could not be used.");
    public Counter<long> Expired => field ??= _meter.CreateCounter<long>("collector.scopes.items_expired", "{item}", "Items that left a baseline because they were not seen for 90 days.");
    public Counter<long> Muted => field ??= _meter.CreateCounter<long>("collector.scopes.muted", "{alert}", "Alerts that a mute silenced.");
    public Counter<long> Saves => field ??= _meter.CreateCounter<long>("collector.scopes.saves", "{write}", "States that were written.");
    public Histogram<double> ApplySeconds => field ??= _meter.CreateHistogram<double>("collector.scopes.apply", "s", "Engine's time for up to 500 rows.");
    public Histogram<double> SaveSeconds => field ??= _meter.CreateHistogram<double>("collector.scopes.save", "s", "From packing a state to its commit.");
}
