namespace Runtime.Agent.Capture;

/// <summary>Settings of the kernel side.</summary>
internal sealed record CaptureOptions
{
    /// <summary>Size of the ring. Unit: bytes. A power of two from 64 KiB to 512 MiB; more memory, fewer losses in a burst.</summary>
    public int RingBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// Waiting bytes at which the kernel wakes the reader. Unit: bytes. At least 1, at most a quarter of the ring; below it the
    /// reader looks by itself every 20 ms.
    /// </summary>
    public int WakeBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Wakes the reader for every program start: seen after some 40 microseconds instead of up to 20 ms, at a cost to every
    /// exec that was measured at 3.6 against 28 microseconds of program time (agent/bpf/README.md).
    /// </summary>
    public bool WakeOnExec { get; init; }

    /// <summary>Shapes: see <see cref="Capture.SensitivePaths"/>. At most 512.</summary>
    public IReadOnlyList<string> SensitivePaths { get; init; } = Capture.SensitivePaths.Defaults;

    /// <summary>Hooks that are not attached, by <see cref="Hook.Name"/>.</summary>
    public IReadOnlySet<string> DisabledHooks { get; init; } = new HashSet<string>();

    /// <summary>1: programs in the kernel; 2: proc connector, fanotify and sock_diag; 3: scans of /proc. 0: the best that works.</summary>
    public int Rung { get; init; }

    /// <summary>How often rung 3 looks at processes, and rungs 2 and 3 at sockets.</summary>
    public TimeSpan ScanInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often it is measured how many acts of known life time arrive; zero: never.</summary>
    public TimeSpan CoverageInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// An open that was told is only counted for as long, and its count is told within twice that; zero: each is told. Rung 1.
    /// </summary>
    public TimeSpan RepeatInterval { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// A connection that lives so long is told what it moved, so often; zero: only when it ends. Rungs 1 and 2.
    /// </summary>
    public TimeSpan FlowInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often all threads are looked at for how they round; zero: never. Rung 1, x86.</summary>
    public TimeSpan RoundingInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Every fault, in words that name the key, the value and the rule; none when all is well.</summary>
    public IEnumerable<string> Faults()
    {
        if (RingBytes is < 64 * 1024 or > 512 * 1024 * 1024 || !int.IsPow2(RingBytes))
            yield return $"Capture.RingBytes is {RingBytes}: must be a power of two from 65536 to 536870912";
        if (WakeBytes < 1 || WakeBytes > RingBytes / 4)
            yield return $"Capture.WakeBytes is {WakeBytes}: must be from 1 to a quarter of RingBytes ({RingBytes / 4})";
        if (SensitivePaths.Count > 512)
            yield return $"Capture.SensitivePaths has {SensitivePaths.Count} entries: at most 512";
        foreach (var path in SensitivePaths)
            if (Capture.SensitivePaths.Fault(path) is { } fault) yield return $"Capture.SensitivePaths: '{path}' {fault}";
        foreach (var name in DisabledHooks)
            if (HookCatalog.All.All(h => h.Name != name)) yield return $"Capture.DisabledHooks: '{name}' is not a hook; 'agent check' lists them";
    }
}
