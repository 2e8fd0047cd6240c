using Runtime.Agent.Capture;

namespace Runtime.Agent.Reduction;

/// <summary>Opens that the kernel side told once and only counts from then on.</summary>
internal sealed partial class Reducer
{
    /// <summary>Three turns of the kernel's tables of 4,096 (repeat.bpf.h); their counts come within two.</summary>
    private const int MaxCounted = 3 * 4096;

    // By the time and the thread of the open that was told. Both bounded by MaxCounted, the oldest leaves.
    private readonly Dictionary<(ulong BootNs, uint Tid), Behaviour> _counted = [];
    private readonly Queue<(ulong BootNs, uint Tid)> _countedOrder = new();

    private ulong _repeatsOfNothing;

    /// <summary>They belong to what the open was when it was told: its program, and its container's phase of then.</summary>
    public void OnRepeats(in RepeatsEvent e)
    {
        var unixNs = Begin(e.Origin);
        if (_counted.TryGetValue((e.FirstBootNs, e.Origin.Tid), out var behaviour))
            _known.Repeat(behaviour, unixNs, e.Origin.TimeBootNs, e.Count);
        else
            // Of an open that was no fact: a path that only looked sensitive, the agent's own probe.
            _repeatsOfNothing += e.Count;
    }

    private void Count(in FileEvent e, Behaviour behaviour)
    {
        if (!e.IsCounted || !_counted.TryAdd((e.Origin.TimeBootNs, e.Origin.Tid), behaviour))
            return;
        _countedOrder.Enqueue((e.Origin.TimeBootNs, e.Origin.Tid));
        if (_countedOrder.Count > MaxCounted)
            _counted.Remove(_countedOrder.Dequeue());
    }
}
