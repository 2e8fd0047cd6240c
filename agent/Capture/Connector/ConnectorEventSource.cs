using System.ComponentModel;
using System.Diagnostics;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Capture.Connector;

/// <summary>Rung 2: the proc connector tells of processes, fanotify of files, sock_diag of sockets; /proc fills in what they leave out.</summary>
internal sealed class ConnectorEventSource : IKernelEventSource
{
    /// <summary>The longest that a notice waits, and the sink for its idle call; also how long the kernel folds a file's notices.</summary>
    private const int WaitMilliseconds = 20;

    /// <summary>Notices of processes between two looks at files.</summary>
    private const int MaxBurst = 4096;

    private static readonly TimeSpan CgroupInterval = TimeSpan.FromSeconds(2), MountInterval = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _socketInterval;
    private readonly ProcessSightings _processes;
    private readonly CgroupSightings _cgroups;
    private readonly SocketOwners _owners;
    private readonly ProcessWatch _watch;
    private readonly Mounts? _mounts;
    private readonly FileWatch? _files;
    private readonly DiagSockets? _sockets;
    private readonly ExecTrail? _trail;
    private readonly List<HookState> _hooks = [];

    // Starts that nothing could be told of. Bounded by the cgroups; emptied by TakeLosses.
    private readonly Dictionary<CgroupKey, ulong> _gone = [];

    private ulong _goneTotal, _byTrail, _lastGonePid, _overflowsSeen, _lostTold;

    private ConnectorEventSource(CaptureOptions options, ContainerOptions places, CgroupTree tree)
    {
        _socketInterval = options.ScanInterval;
        var sensitive = new SensitivePaths(options.SensitivePaths);
        var procfs = new ProcfsReader(places.ProcRoot);
        var hostRoot = places.HostRoot.TrimEnd('/');
        _processes = new(procfs, tree.KeyOf, new UpperLayers(places.ProcRoot, hostRoot));
        _cgroups = new(tree);
        _owners = new(places.ProcRoot);

        var execution = Group("fanotify.exec", "programs and scripts that end before /proc can be read", names: false);
        if (execution is not null)
            _trail = new(execution);
        _watch = StartWatch(places.ProcRoot);
        _hooks.Insert(0, new("connector", true, "", "starts and ends of processes"));
        try
        {
            if (Group("fanotify.content", "files written, sensitive files read", names: false) is { } content)
            {
                var names = Group("fanotify.names", "files created, removed, renamed and linked", names: true);
                _mounts = new(places.ProcRoot, hostRoot, sensitive, content, names, execution);
                _files = new(content, names, _mounts, _processes, sensitive);
                _mounts.TakeIn(procfs.ReadProcess(1) is { MountNamespace: not 0 } first ? first.MountNamespace : procfs.ReadProcess((uint)Environment.ProcessId)?.MountNamespace ?? 0);
            }
            _sockets = StartSockets(places.ProcRoot, options.FlowInterval);
            foreach (var (name, reason, loses) in Limits(_socketInterval))
                _hooks.Add(new(name, false, reason, loses));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyList<HookState> Hooks => _hooks;

    /// <summary>Subscribes; what happens from here on is told by <see cref="Run"/>.</summary>
    /// <exception cref="ConnectorException">There is no proc connector for us; the message says why.</exception>
    public static ConnectorEventSource Start(CaptureOptions options, ContainerOptions places, CgroupTree tree)
    {
        var source = new ConnectorEventSource(options, places, tree);
        source._processes.TakeIn();
        return source;
    }

    public void Run(IKernelEventSink sink, CancellationToken cancellationToken)
    {
        foreach (var (mountNamespace, pid) in LivingNamespaces())
            _mounts?.Meet(mountNamespace, pid);
        var (files, sockets, cgroups, mounts) = (0L, 0L, Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp());
        while (!cancellationToken.IsCancellationRequested)
        {
            _watch.Arrived.WaitOne(WaitMilliseconds);
            Drain(sink);
            if (!IsDue(ref files, TimeSpan.FromMilliseconds(WaitMilliseconds)))
                continue;
            _files?.Look(sink, () => Drain(sink));
            if (IsDue(ref sockets, _socketInterval))
                _sockets?.Look(sink);
            if (IsDue(ref cgroups, CgroupInterval))
                _cgroups.Look(sink);
            if (IsDue(ref mounts, MountInterval))
                _mounts?.Refresh(LivingNamespaces());
            sink.OnIdle();
        }
    }

    public IReadOnlyList<CaptureLoss> TakeLosses()
    {
        var losses = new List<CaptureLoss>();
        foreach (var (cgroup, count) in _gone)
            losses.Add(new(cgroup.Id == 0 ? null : cgroup, EventKind.Exec, "gone", count));
        _gone.Clear();
        var lost = _watch.LostInKernel + _watch.Dropped;
        if (lost != _lostTold)
            losses.Add(new(null, EventKind.Unknown, "connector_overflow", lost - _lostTold));
        _lostTold = lost;
        _files?.TakeLosses(losses);
        _sockets?.TakeLosses(losses);
        return losses;
    }

    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>
    {
        ["capture.connector.received"] = _watch.Received,
        ["capture.connector.lost"] = _watch.LostInKernel,
        ["capture.connector.dropped"] = _watch.Dropped,
        ["capture.fork.delivered"] = _processes.Forks,
        ["capture.exec.delivered"] = _processes.Execs,
        ["capture.exec.without_arguments"] = _byTrail,
        ["capture.exec.gone"] = _goneTotal,
        ["capture.exec.gone_last_pid"] = _lastGonePid,
        ["capture.exit.delivered"] = _processes.Exits,
        ["capture.processes.held"] = (ulong)_processes.Count,
        ["capture.fanotify.notices"] = _files?.Notices ?? 0,
        ["capture.fanotify.unopenable"] = _files?.Unopenable ?? 0,
        ["capture.fanotify.exec_notices"] = _trail?.Notices ?? 0,
        ["capture.fanotify.exec_overflows"] = _trail?.Overflows ?? 0,
        ["capture.fanotify.file_systems"] = (ulong)(_mounts?.Marked ?? 0),
        ["capture.fanotify.marks_refused"] = _mounts?.MarksRefused ?? 0,
        ["capture.fanotify.namespaces_not_followed"] = _mounts?.NotFollowed ?? 0,
        ["capture.file.delivered"] = _files?.Delivered ?? 0,
        ["capture.sock_diag.dumps"] = _sockets?.Dumps ?? 0,
        ["capture.sock_diag.destroyed"] = _sockets?.Destroyed ?? 0,
        ["capture.sock_diag.refused"] = _sockets?.Refused ?? 0,
        ["capture.sock_diag.namespaces"] = (ulong)(_sockets?.Namespaces ?? 0),
        ["capture.sock_diag.namespaces_not_followed"] = _sockets?.NotFollowed ?? 0,
        ["capture.sock_diag.links_read"] = _owners.LinksRead,
    };

    public void Dispose()
    {
        _watch.Dispose();
        _files?.Dispose();
        _sockets?.Dispose();
    }

    private static bool IsDue(ref long last, TimeSpan interval)
    {
        if (last != 0 && Stopwatch.GetElapsedTime(last) < interval)
            return false;
        last = Stopwatch.GetTimestamp();
        return true;
    }

    private static IEnumerable<(string Name, string Reason, string Loses)> Limits(TimeSpan socketInterval) =>
    [
        ("connections.short", $"sockets are looked at every {socketInterval.TotalMilliseconds:0} ms", "whose connections they are that live shorter (counted), failed ones, UDP peers without connect(), what connections carry"),
        ("files.calls", "fanotify does not tell", "chmod, and reads of sensitive files that may lie anywhere outside of root's home"),
        ("privileges", "nothing tells without the kernel programs", "privileges and calls that change namespaces and the kernel"),
    ];

    private ProcessWatch StartWatch(string procRoot)
    {
        try
        {
            return ProcessWatch.Start(procRoot, _trail);
        }
        catch
        {
            _trail?.Dispose();
            throw;
        }
    }

    private FanotifyGroup? Group(string name, string loses, bool names)
    {
        try
        {
            var group = FanotifyGroup.Open(names);
            _hooks.Add(new(name, true, "", loses));
            return group;
        }
        catch (Win32Exception e)
        {
            _hooks.Add(new(name, false, $"{e.Message} (errno {e.NativeErrorCode}): needs CAP_SYS_ADMIN and {(names ? "Linux 5.9" : "Linux 5.0")}", loses));
            return null;
        }
    }

    private DiagSockets? StartSockets(string procRoot, TimeSpan flowInterval)
    {
        const string name = "sock_diag", loses = "connections and listeners";
        var sockets = new DiagSockets(procRoot, _processes, _owners, flowInterval);
        try
        {
            sockets.Try();
            _hooks.Add(new(name, true, "", loses));
            return sockets;
        }
        catch (Win32Exception e)
        {
            sockets.Dispose();
            _hooks.Add(new(name, false, $"{e.Message} (errno {e.NativeErrorCode}): needs CAP_NET_ADMIN, CAP_SYS_ADMIN and CONFIG_INET_DIAG", loses));
            return null;
        }
    }

    private Dictionary<uint, uint> LivingNamespaces()
    {
        var living = new Dictionary<uint, uint>();
        foreach (var process in _processes.All)
        {
            if (process.Image is { MountNamespace: not 0 } image)
                living[image.MountNamespace] = process.Pid;
        }
        return living;
    }

    private void Drain(IKernelEventSink sink)
    {
        for (var taken = 0; taken < MaxBurst && _watch.TryTake(out var notice); taken++)
            On(notice, sink);
        if (_watch.Overflows == _overflowsSeen)
            return;
        // Some were lost: what is there now is looked at whole.
        _overflowsSeen = _watch.Overflows;
        _processes.Look(sink);
    }

    private void On(ProcessNotice notice, IKernelEventSink sink)
    {
        var (kernel, pid) = (notice.Notice, notice.Notice.ProcessId);
        switch (kernel.Kind)
        {
            case ProcNoticeKind.Fork:
                var start = notice.Stat is { } stat ? stat.StartTicks * ProcessSightings.TickNs : notice.TimeBootNs / ProcessSightings.TickNs * ProcessSightings.TickNs;
                _processes.TellFork(sink, pid, kernel.ParentProcessId, start, 0, notice.TimeBootNs);
                break;
            case ProcNoticeKind.Exec:
                OnExec(notice, pid, sink);
                break;
            case ProcNoticeKind.Exit:
                _processes.TellExit(sink, pid, (byte)(kernel.Value >> 8), (byte)(kernel.Value & 0x7F), notice.TimeBootNs);
                break;
        }
    }

    private void OnExec(ProcessNotice notice, uint pid, IKernelEventSink sink)
    {
        var known = _processes.Find(pid);
        var files = notice.Files;
        if (IsOf(notice, known))
        {
            var process = notice.Process!;
            _mounts?.Meet(process.MountNamespace, pid);
            // The kernel opened the script, then the interpreter, which is what runs.
            var isScript = files.Count > 1 && IsFile(files[1], process) && !IsFile(files[0], process);
            _processes.TellExec(sink, process, notice.TimeBootNs, isScript ? files[0].Path : []);
            return;
        }
        if (files.Count == 0)
        {
            _goneTotal++;
            _lastGonePid = pid;
            var cgroup = known?.Cgroup ?? default;
            _gone[cgroup] = _gone.GetValueOrDefault(cgroup) + 1;
            return;
        }
        _byTrail++;
        var left = ExecRemains.Of(pid, notice.TimeBootNs, known, files, out var script);
        _processes.TellExec(sink, left, notice.TimeBootNs, script);
    }

    /// <summary>What was read from /proc is of the process that executed, and not of a later one with its pid.</summary>
    private static bool IsOf(ProcessNotice notice, Sighting? known)
    {
        if (notice.Process is not { Binary.Length: > 0 } process)
            return false;
        var start = process.Stat.StartTicks * ProcessSightings.TickNs;
        // The start of a fork whose child was gone is the notice's time, which may fall into the next step of the clock.
        return start <= notice.TimeBootNs && (known is null || known.StartBootNs + ProcessSightings.TickNs >= start);
    }

    private static bool IsFile(OpenedFile file, ProcfsProcess process) => (file.Inode, file.Device) == (process.Inode, process.Device);
}
