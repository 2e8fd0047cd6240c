using Runtime.Agent.Processes;
using Runtime.Agent.Resources;

namespace Runtime.Agent.Reduction;

internal sealed partial class Reducer
{
    /// <summary>Windows taken in at one idle moment; the rest follows at the next.</summary>
    private const int WindowsAtOnce = 256;

    private const ulong TickNs = 10_000_000;

    /// <summary>Null where nobody reads what containers use.</summary>
    public ResourceSampler? Resources { get; init; }

    private void TakeResources()
    {
        if (Resources is null)
            return;
        for (var i = 0; i < WindowsAtOnce && Resources.TryTake(out var window); i++)
        {
            var (first, last) = (window.Samples[0], window.Samples[^1]);
            Send(new ResourceFact
            {
                Process = BusiestOf(window),
                Container = window.Container,
                FirstUnixNs = _clock.ToUnixNs(first.TimeBootNs - first.IntervalNs),
                LastUnixNs = _clock.ToUnixNs(last.TimeBootNs),
                Samples = window.Samples,
            });
        }
        if (Resources.TakeDropped() is var dropped and > 0)
        {
            var now = _clock.ToUnixNs(_nowBootNs);
            _sink.Post(new LossFact(null, false, "resource", "queue_full", dropped, now, now));
        }
    }

    private ProcessRecord BusiestOf(ResourceWindow window) =>
        window.TopPid != 0 && _processes.Find(window.TopPid, 0) is { } process && process.Key.StartBootNs / TickNs == window.TopStartTicks ? process : ProcessRecord.None;
}
