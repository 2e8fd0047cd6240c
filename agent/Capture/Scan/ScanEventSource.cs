using System.Diagnostics;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Capture.Scan;

/// <summary>Rung 3: looks at /proc again and again, and tells the differences. Needs nothing of the kernel but /proc.</summary>
internal sealed class ScanEventSource : IKernelEventSource
{
    /// <summary>The longest that the sink waits for its idle call.</summary>
    private const int WaitMilliseconds = 20;

    private static readonly TimeSpan CgroupInterval = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _interval;
    private readonly ProcessSightings _processes;
    private readonly CgroupSightings _cgroups;
    private readonly SocketOwners _owners;
    private readonly ProcSockets _sockets;
    private ulong _lookNs;

    private ScanEventSource(CaptureOptions options, ContainerOptions places, CgroupTree tree)
    {
        _interval = options.ScanInterval;
        _processes = new(new ProcfsReader(places.ProcRoot), tree.KeyOf, new UpperLayers(places.ProcRoot, places.HostRoot.TrimEnd('/')));
        _cgroups = new(tree);
        _owners = new(places.ProcRoot);
        _sockets = new(places.ProcRoot, _processes, _owners);
        Hooks =
        [
            new("scan.processes", true, "", "starts and ends of processes"),
            new("scan.sockets", true, "", "connections and listeners"),
            new("short", false, $"/proc is looked at every {_interval.TotalMilliseconds:0} ms", "processes and connections that live shorter, exit codes, failed connections, UDP peers without connect(), what connections carry, their bytes"),
            new("files", false, "/proc does not tell", "changes of files, reads of sensitive ones"),
            new("privileges", false, "/proc does not tell", "privileges and calls that change namespaces and the kernel"),
        ];
    }

    public IReadOnlyList<HookState> Hooks { get; }

    /// <summary>Takes in what is there; what happens from here on is told by <see cref="Run"/>.</summary>
    public static ScanEventSource Start(CaptureOptions options, ContainerOptions places, CgroupTree tree)
    {
        var source = new ScanEventSource(options, places, tree);
        source._processes.TakeIn();
        return source;
    }

    public void Run(IKernelEventSink sink, CancellationToken cancellationToken)
    {
        var (looked, cgroups) = (0L, Stopwatch.GetTimestamp());
        while (!cancellationToken.IsCancellationRequested)
        {
            if (looked == 0 || Stopwatch.GetElapsedTime(looked) >= _interval)
            {
                looked = Stopwatch.GetTimestamp();
                if (Stopwatch.GetElapsedTime(cgroups) >= CgroupInterval)
                {
                    _cgroups.Look(sink);
                    cgroups = Stopwatch.GetTimestamp();
                }
                _processes.Look(sink);
                _sockets.Look(sink);
                _lookNs += (ulong)Stopwatch.GetElapsedTime(looked).Ticks * 100;
            }
            sink.OnIdle();
            cancellationToken.WaitHandle.WaitOne(WaitMilliseconds);
        }
    }

    public IReadOnlyList<CaptureLoss> TakeLosses()
    {
        var losses = new List<CaptureLoss>();
        _sockets.TakeLosses(losses);
        return losses;
    }

    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>
    {
        ["capture.scan.looks"] = _processes.Looks,
        ["capture.scan.look_time_ns"] = _lookNs,
        ["capture.scan.processes"] = (ulong)_processes.Count,
        ["capture.scan.socket_links_read"] = _owners.LinksRead,
        ["capture.scan.namespaces"] = (ulong)_sockets.Namespaces,
        ["capture.scan.namespaces_not_followed"] = _sockets.NotFollowed,
        ["capture.scan.sockets_malformed"] = _sockets.Malformed,
        ["capture.fork.delivered"] = _processes.Forks,
        ["capture.exec.delivered"] = _processes.Execs,
        ["capture.exit.delivered"] = _processes.Exits,
    };

    public void Dispose()
    {
        // It holds nothing of the kernel's.
    }
}
