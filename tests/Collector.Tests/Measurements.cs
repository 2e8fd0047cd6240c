using System.Diagnostics.Metrics;

namespace Runtime.Collector.Tests;

/// <summary>What one counter of one meter factory was given. Any thread.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<(long Value, string Tags)> _all = [];
    private readonly MeterListener _listener = new();

    public Measurements(IMeterFactory meters, string instrument)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Name == instrument && ReferenceEquals(published.Meter.Scope, meters))
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            lock (_lock)
            {
                _all.Add((value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
            }
        });
        _listener.Start();
    }

    /// <summary>With the tags as "name=value name=value".</summary>
    public IReadOnlyList<(long Value, string Tags)> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _all];
            }
        }
    }

    public void Dispose() => _listener.Dispose();
}
