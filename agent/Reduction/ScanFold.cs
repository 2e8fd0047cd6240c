namespace Runtime.Agent.Reduction;

/// <summary>What one program's failing connects within a minute are. Capture thread only.</summary>
internal enum ScanVerdict
{
    /// <summary>One like any other: told by itself.</summary>
    Single,

    /// <summary>The one that makes it a scan; told by itself, and the scan with it.</summary>
    Begins,

    /// <summary>One more of the scan: counted with it.</summary>
    Folded,
}

/// <summary>
/// Sees when a program tries so many peers and ports without success that it looks for them (T1046): a thousand refused ports are
/// one thing that happened. Those before are told one by one, so the first targets are judged as any other.
/// </summary>
/// <remarks>A client that tries its one dead server again and again has one target, and is no scan.</remarks>
internal sealed class ScanFold
{
    /// <summary>Different targets that failed within <see cref="WindowNs"/>.</summary>
    public const int Targets = 20;

    private const ulong WindowNs = 60_000_000_000;

    /// <summary>Programs followed at a time; the one whose window began first leaves, and begins anew.</summary>
    private const int MaxPrograms = 1024;

    // By the scan's own behaviour key: container's id and program. Both bounded by MaxPrograms.
    private readonly Dictionary<UInt128, Window> _windows = [];
    private readonly Queue<UInt128> _order = new();

    /// <param name="program">Key of the container and its program.</param>
    /// <param name="target">Key of address and port.</param>
    public ScanVerdict Take(UInt128 program, UInt128 target, ulong bootNs)
    {
        if (!_windows.TryGetValue(program, out var window))
        {
            if (_order.Count == MaxPrograms)
                _windows.Remove(_order.Dequeue());
            _windows[program] = window = new();
            _order.Enqueue(program);
        }

        // While it goes on it stays one scan: a quiet minute ends it.
        if (bootNs > (window.IsScan ? window.LastBootNs : window.FirstBootNs) + WindowNs)
            window.Begin(bootNs);
        window.LastBootNs = Math.Max(window.LastBootNs, bootNs);
        if (window.IsScan)
            return ScanVerdict.Folded;
        window.Targets.Add(target);
        return window.IsScan ? ScanVerdict.Begins : ScanVerdict.Single;
    }

    private sealed class Window
    {
        // Bounded by ScanFold.Targets: beyond it nothing is added.
        public HashSet<UInt128> Targets { get; } = [];
        public ulong FirstBootNs { get; private set; }
        public ulong LastBootNs { get; set; }
        public bool IsScan => Targets.Count >= ScanFold.Targets;

        public void Begin(ulong bootNs)
        {
            Targets.Clear();
            FirstBootNs = LastBootNs = bootNs;
        }
    }
}
