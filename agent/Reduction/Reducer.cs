using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Runtime.Agent.Sight;

namespace Runtime.Agent.Reduction;

/// <summary>
/// The road of an event within the agent, in one place: whose process, whose container, new or known, and out. Capture thread only.
/// </summary>
/// <remarks>The first sight of a behaviour leaves at once. A known one is counted, and reported once an interval.</remarks>
internal sealed partial class Reducer : IKernelEventSink
{
    /// <summary>Processes whose exec was sent as new and whose exit is awaited; beyond it the oldest is forgotten.</summary>
    private const int MaxAwaitedExits = 16_384;

    /// <summary>Inode of the host's pid namespace on every kernel (PROC_PID_INIT_INO, linux/proc_ns.h).</summary>
    private const uint HostPidNamespace = 0xEFFFFFFC;

    private readonly ProcessTable _processes;
    private readonly IContainers _containers;
    private readonly IWallClock _clock;
    private readonly BehaviourKey _key = new();
    private readonly BehaviourKeys _known;
    private readonly WaitingFacts _waiting;
    private readonly CaptureLosses _losses;
    private readonly IFactSink _sink;
    private readonly byte[] _template = new byte[PathTemplate.MaxLength];

    // Bounded by MaxAwaitedExits; removed by the exit.
    private readonly HashSet<ProcessKey> _awaited = [];
    private readonly Queue<ProcessKey> _awaitedOrder = new();

    private ulong _nowBootNs;
    private ulong _events, _new, _argumentsFolded;

    /// <param name="takeLosses">What the source lost since it was last asked; called at idle moments.</param>
    public Reducer(ReductionOptions options, ProcessTable processes, IContainers containers, IWallClock clock, Func<IReadOnlyList<CaptureLoss>> takeLosses, IFactSink sink)
    {
        (_processes, _containers, _clock, _sink) = (processes, containers, clock, sink);
        _waiting = new(options, containers, sink);
        _known = new(options, fact => _waiting.Post(fact, _nowBootNs));
        _losses = new(takeLosses, containers, sink);
        containers.Changed += container =>
        {
            _known.Update(container);
            _waiting.Update(container);
        };
    }

    /// <summary>Keeps back what the agent's own probes do; null where nobody probes.</summary>
    public SightProbes? Sight { get; init; }

    /// <summary>Further work of an idle moment.</summary>
    public Action? Idle { get; init; }

    /// <summary>What runs already goes out as state: a container that does nothing new is to be seen too. Once, after the table's scan.</summary>
    public void ReportRunning()
    {
        _nowBootNs = Math.Max(_nowBootNs, _clock.NowBootNs());
        var unixNs = _clock.ToUnixNs(_nowBootNs);
        // The kernel's own threads have no binary.
        foreach (var process in _processes.All().Where(process => process.Binary.Length > 0))
        {
            Execute(process, ContainerOf(process, process.Cgroup), unixNs, _nowBootNs);
            Managed?.OnExec(process);
        }
        StartScan?.Start(_processes.All());
    }

    public void OnFork(in ForkEvent e)
    {
        Begin(e.Origin);
        _processes.OnFork(e);
    }

    public void OnExec(in ExecEvent e)
    {
        var unixNs = Begin(e.Origin);
        var process = _processes.OnExec(e);
        if (Sight?.TakeExec(process) == true)
            return;
        Execute(process, ContainerOf(process, e.Origin.Cgroup), unixNs, e.Origin.TimeBootNs);
        Managed?.OnExec(process);
    }

    private void Execute(ProcessRecord process, ContainerRecord? container, long unixNs, ulong bootNs)
    {
        AskExecuted(process, container, unixNs);
        NoteRunning(process);
        var key = _key.OfExec(process);
        var arguments = _key.OfArguments(process);
        var known = _known.Find(container, key);
        if (known is null || known.TryTakeArguments(arguments))
        {
            var fact = new ExecFact { Process = process, Container = container, FirstUnixNs = unixNs, LastUnixNs = unixNs, IsNew = true };
            if (known is null)
                _known.Add(key, fact).TryTakeArguments(arguments);
            Await(process.Key);
            Send(fact);
            return;
        }
        if (!known.HasArguments(arguments))
            _argumentsFolded++;
        _known.Repeat(known, unixNs, bootNs);
    }

    public void OnExit(in ExitEvent e)
    {
        var unixNs = Begin(e.Origin);
        var process = _processes.OnExit(e);
        if (process is null || !_awaited.Remove(process.Key))
            return;
        Send(new ExitFact
        {
            Process = process,
            Container = ContainerOf(process, e.Origin.Cgroup),
            FirstUnixNs = unixNs,
            LastUnixNs = unixNs,
            Code = e.Code,
            Signal = e.Signal,
            RunTimeNs = e.RunTimeNs,
        });
    }

    public void OnFile(in FileEvent e)
    {
        var unixNs = Begin(e.Origin);
        var process = _processes.Resolve(e.Origin);
        if (Sight?.Take(process.Key, e.Operation is FileOperation.Create or FileOperation.Write ? ProbeKind.Write : null) == true)
            return;
        var container = ContainerOf(process, e.Origin.Cgroup);
        var template = _template.AsSpan(0, PathTemplate.Write(e.Path, OwnerOf(process, e.Path), _template));
        var key = _key.OfFile(process, e, template);
        var removesRunning = RemovesRunning(process, e);
        // Another behaviour than the same removal of a file that nobody runs.
        key = removesRunning ? ~key : key;
        if (_known.Find(container, key) is { } known)
        {
            _known.Repeat(known, unixNs, e.Origin.TimeBootNs);
            Count(e, known);
            return;
        }
        var fact = new FileFact
        {
            Process = process,
            Container = container,
            FirstUnixNs = unixNs,
            LastUnixNs = unixNs,
            IsNew = true,
            Operation = e.Operation,
            Path = Cut(e.Path),
            Template = template.ToArray(),
            OtherPath = Cut(e.OtherPath),
            Flags = e.Flags | (Math.Max(e.Path.Length, e.OtherPath.Length) > PathTemplate.MaxLength ? FileFlags.PathTruncated : 0) | (removesRunning ? FileFlags.RunningProgram : 0),
            Mode = e.Mode,
            Inode = e.Inode,
            Device = e.Device,
        };
        Count(e, _known.Add(key, fact));
        Send(fact);
        AskMapped(process, container, e, unixNs);
    }

    public void OnNetwork(in NetworkEvent e)
    {
        var unixNs = Begin(e.Origin);
        if (e.Operation is NetworkOperation.Listen or NetworkOperation.Accept)
            _processes.MarkNetworkFacing(_processes.Resolve(e.Origin).Key);
        var process = _processes.Resolve(e.Origin);
        if (Sight?.Take(process.Key, e.Operation == NetworkOperation.Connect ? ProbeKind.Connect : null) == true)
            return;
        var container = ContainerOf(process, e.Origin.Cgroup);
        if (e.Operation is NetworkOperation.Close or NetworkOperation.Progress)
        {
            OnFlow(process, container, e, unixNs);
            return;
        }
        if (e.Operation == NetworkOperation.NameQuery)
        {
            OnName(process, container, e, unixNs);
            return;
        }
        if (e.Operation == NetworkOperation.UnixConnect && !RuntimeSockets.Contains(Encoding.UTF8.GetString(e.Payload)))
            return;
        var payload = e.Operation == NetworkOperation.FirstBytes ? PayloadClass.Of(e.Payload) : "";
        var (name, flags) = e.Operation switch
        {
            NetworkOperation.UnixConnect => (e.Payload.ToArray(), NetworkFlags.None),
            NetworkOperation.RawSocket => (SpecialSocket.NameOf(e.Socket), NetworkFlags.None),
            NetworkOperation.FirstBytes when payload == PayloadClass.Tls => NameOrSni(process, e),
            _ => (NameOf(process, e), NetworkFlags.None),
        };
        var key = _key.OfNetwork(process, e.Operation, e, payload, name);
        if (_known.Find(container, key) is { } known)
        {
            _known.Repeat(known, unixNs, e.Origin.TimeBootNs);
            return;
        }
        if (FoldScan(process, container, e, key, unixNs))
            return;
        var fact = FactOf(process, container, e, unixNs, name, payload, flags);
        _known.Add(key, fact);
        Send(fact);
    }

    private static NetworkFact FactOf(ProcessRecord process, ContainerRecord? container, in NetworkEvent e, long unixNs, byte[] name, string payload = "", NetworkFlags flags = NetworkFlags.None) => new()
    {
        Process = process,
        Container = container,
        FirstUnixNs = unixNs,
        LastUnixNs = unixNs,
        IsNew = true,
        Operation = e.Operation,
        Protocol = e.Protocol,
        LocalAddress = e.LocalAddress.ToArray(),
        RemoteAddress = e.RemoteAddress.ToArray(),
        LocalPort = e.LocalPort,
        RemotePort = e.RemotePort,
        Error = e.Error,
        Payload = payload,
        Name = name,
        Flags = flags,
    };

    public void OnCgroup(in CgroupEvent e)
    {
        _events++;
        _containers.OnCgroup(e);
    }

    public void OnIdle()
    {
        _nowBootNs = Math.Max(_nowBootNs, _clock.NowBootNs());
        _processes.OnIdle();
        _containers.OnIdle();
        TakeReadings();
        Managed?.OnIdle(this, _processes.IsAlive);
        _waiting.ReleaseDue(_nowBootNs);
        _known.ReportDue(_nowBootNs);
        _losses.Take(_clock.ToUnixNs(_nowBootNs));
        TakeStanding();
        TakeResources();
        Idle?.Invoke();
    }

    /// <summary>No event follows: everything that was counted or held back goes out.</summary>
    public void Finish()
    {
        OnIdle();
        TakeLastReadings();
        _losses.Take(_clock.ToUnixNs(_nowBootNs), isLast: true);
        _known.ReportAll();
        _waiting.ReleaseAll();
    }

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters()
    {
        var counters = new Dictionary<string, ulong>
        {
            ["reduction.events"] = _events,
            ["reduction.new"] = _new,
            ["reduction.arguments_folded"] = _argumentsFolded,
            ["reduction.privileges_of_runtimes"] = _privilegesOfRuntimes,
            ["reduction.attempts_folded"] = _attemptsFolded,
            ["reduction.repeats_of_nothing"] = _repeatsOfNothing,
            ["reduction.standing"] = _standing,
            ["reduction.standing_ended"] = _standingEnded,
        };
        foreach (var (name, value) in _known.Counters().Concat(_waiting.Counters()).Concat(_names.Counters()))
            counters[name] = value;
        return counters;
    }

    /// <returns>Null for the host, and for a runtime's own program that is in a container's cgroup already.</returns>
    private ContainerRecord? ContainerOf(ProcessRecord process, CgroupKey cgroup) => process.ContainerId.Length == 0 ? null : _containers.Lookup(cgroup, process.Key.Pid);

    /// <summary>
    /// Bytes and duration go to the connection's behaviour. Where that has another key by now, as of a process that has left its start since, or
    /// was forgotten, to a behaviour of the flows' own, which is no news.
    /// </summary>
    private void OnFlow(ProcessRecord process, ContainerRecord? container, in NetworkEvent e, long unixNs)
    {
        var name = e.IsAccepted ? [] : NameOf(process, e);
        var began = e.IsAccepted ? NetworkOperation.Accept : NetworkOperation.Connect;
        var key = _key.OfNetwork(process, began, e, "");
        var known = _known.Find(container, _key.OfNetwork(process, began, e, "", name)) ?? _known.Find(container, key) ?? _known.Find(container, ~key)
            ?? _known.Add(~key, FactOf(process, container, e, unixNs, name) with { IsNew = false });
        _known.Flow(known, unixNs, e);
    }

    /// <summary>A folder and the argument behind it can be 4096 bytes each, a little more than a collector takes as one text.</summary>
    private static byte[] Cut(ReadOnlySpan<byte> path) => path[..Math.Min(path.Length, PathTemplate.MaxLength)].ToArray();

    private long Begin(in EventOrigin origin)
    {
        _events++;
        _nowBootNs = Math.Max(_nowBootNs, origin.TimeBootNs);
        return _clock.ToUnixNs(origin.TimeBootNs);
    }

    private void Send(Fact fact)
    {
        _new++;
        _waiting.Post(fact, _nowBootNs);
    }

    private void Await(ProcessKey process)
    {
        if (!_awaited.Add(process))
            return;
        _awaitedOrder.Enqueue(process);
        if (_awaitedOrder.Count > MaxAwaitedExits)
            _awaited.Remove(_awaitedOrder.Dequeue());
    }

    /// <summary>Only for processes in the host's pid namespace: elsewhere /proc numbers them otherwise than the kernel's events.</summary>
    private ProcOwner OwnerOf(ProcessRecord process, ReadOnlySpan<byte> path)
    {
        if (process.PidNamespace != HostPidNamespace || !PathTemplate.TryProcPid(path, out var pid))
            return ProcOwner.Other;
        return pid == process.Key.Pid ? ProcOwner.Self
            : _processes.Find(pid, 0)?.Parent?.Key == process.Key ? ProcOwner.Child
            : ProcOwner.Other;
    }
}
