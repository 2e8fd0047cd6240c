using System.Collections.Immutable;
using System.Threading.Channels;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Containers;

/// <summary>Cgroup key to container. Answers at once with what is known, and better answers follow.</summary>
/// <remarks>
/// Capture thread for all but <see cref="Start"/>, <see cref="Snapshot"/>, <see cref="Counters"/> and disposal. Each runtime is
/// asked by a loop of its own; the loops read the list of what is wanted (an immutable array, swapped whole), and their answers
/// come back through a queue that <see cref="OnIdle"/> empties.
/// <para>
/// Facts: hold one back until <c>Lookup(key)</c> answers null or a record with Complete, at most
/// <see cref="ContainerOptions.MetadataWait"/>; then send it with what Lookup answers. Later news come as <see cref="Changed"/>.
/// </para>
/// </remarks>
internal sealed class ContainerTable : IContainers, IAsyncDisposable
{
    private const int AnswerCapacity = 16_384;
    private const int MaxMembersRead = 64;
    private static readonly IReadOnlyDictionary<string, string> NoLabels = ImmutableDictionary<string, string>.Empty;

    private readonly ContainerOptions _options;
    private readonly CgroupTree _tree;
    private readonly ProcfsReader? _procfs;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<RuntimeAnswer> _answers = Channel.CreateBounded<RuntimeAnswer>(
        new BoundedChannelOptions(AnswerCapacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly ImmutableArray<RuntimeLoop> _loops;
    private readonly ulong _allClients;
    private Task _running = Task.CompletedTask;

    // Null: the host. Bounded by MaxCgroups; beyond it answers are made anew each time. Removed KeepAfterRemoval after the cgroup.
    private readonly Dictionary<CgroupKey, HeldContainer?> _byCgroup = [];

    // Bounded by the cgroups that name them; removed with the last one.
    private readonly Dictionary<string, HeldContainer> _byId = new(StringComparer.Ordinal);

    // Of those in _byId, the ones that no runtime has told in full.
    private readonly HashSet<HeldContainer> _uncertain = [];

    // Cgroups that neither the tree nor the kernel knows (yet). Bounded by MaxCgroups, as they are in _byCgroup too.
    private readonly List<(CgroupKey Key, uint Pid, long Since)> _unresolved = [];

    // Bounded by _byCgroup.
    private readonly Queue<(CgroupKey Key, long Since)> _removed = new();

    private volatile ImmutableArrayBox _wanted = new([]);
    private volatile IReadOnlyList<ContainerRecord> _snapshot = [];
    private long _lastLook;
    private bool _recordsChanged;
    private ulong _changed, _assumed, _isolated, _ruledOut, _notCached;

    /// <param name="clients">At most 64; disposed with the table.</param>
    /// <param name="procfs">Null when the events do not come from this kernel.</param>
    /// <param name="log">One line for the operator; any thread.</param>
    public ContainerTable(ContainerOptions options, CgroupTree tree, ProcfsReader? procfs, IReadOnlyList<IRuntimeClient> clients, TimeProvider time, Action<string> log)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(clients.Count, 64);
        (_options, _tree, _procfs, _time) = (options, tree, procfs, time);
        _allClients = clients.Count == 64 ? ulong.MaxValue : (1UL << clients.Count) - 1;
        _loops = [.. clients.Select((c, i) => new RuntimeLoop(c, i, options, time, () => _wanted.Items, _answers.Writer, log))];
        _lastLook = time.GetTimestamp();
    }

    /// <summary>A container's record was replaced, after it had been answered once. Raised on the capture thread, within <see cref="OnIdle"/> or a lookup.</summary>
    public event Action<ContainerRecord>? Changed;

    /// <summary>The clients that the options name, each a loop of its own.</summary>
    public static IReadOnlyList<IRuntimeClient> ClientsOf(ContainerOptions options)
    {
        string At(string path) => options.HostRoot.TrimEnd('/') + path;
        return
        [
            .. options.CriSockets.Select(s => new CriClient(At(s), options.CallTimeout)),
            .. options.DockerSockets.Select(s => new DockerClient(At(s), options.CallTimeout)),
            new BundleFiles(options.HostRoot),
        ];
    }

    /// <summary>Takes in the containers that are there, and begins to ask the runtimes. Once, before events are taken.</summary>
    public void Start()
    {
        _tree.Walk();
        foreach (var key in _tree.Keys.ToArray())
            Find(key, 0);
        Publish();
        _running = Task.WhenAll(_loops.Select(l => Task.Run(() => l.RunAsync(_stop.Token))));
    }

    /// <param name="pid">A process in that cgroup, to repair from when the cgroup is unknown; 0 for none.</param>
    /// <returns>Null for the host. A cgroup that nothing knows yet is a container named after its key, not complete.</returns>
    public ContainerRecord? Lookup(CgroupKey cgroup, uint pid = 0) => Find(cgroup, pid)?.Record;

    public string? ContainerIdOf(CgroupKey cgroup, uint pid) => Find(cgroup, pid)?.Record.Id;

    public CgroupKey KeyOf(ProcCgroup cgroup) => _tree.KeyOf(cgroup);

    public void OnCgroup(in CgroupEvent e)
    {
        if (e.Removed)
        {
            _removed.Enqueue((e.Cgroup, _time.GetTimestamp()));
            if (_byCgroup.GetValueOrDefault(e.Cgroup) is { } held)
                held.LivingCgroups--;
            return;
        }
        _tree.OnMade(e.Cgroup, e.Path);
        // A sure container is asked for before its first process runs; a possible one when a process shows up in it.
        if (CgroupPath.Parse(e.Path).Kind == CgroupKind.Container)
            Find(e.Cgroup, 0);
    }

    /// <summary>Takes the runtimes' answers in, and does what the clock asks.</summary>
    public void OnIdle()
    {
        while (_answers.Reader.TryRead(out var answer))
            Take(answer);
        if (_time.GetElapsedTime(_lastLook) >= TimeSpan.FromMilliseconds(100))
        {
            _lastLook = _time.GetTimestamp();
            Decide();
            Resolve();
            ForgetRemoved();
        }
        Publish();
    }

    /// <summary>Every container held, as of the last idle moment. Any thread.</summary>
    public IReadOnlyList<ContainerRecord> Snapshot() => _snapshot;

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters()
    {
        var counters = new Dictionary<string, ulong>
        {
            ["containers.held"] = (ulong)_byId.Count,
            ["containers.incomplete"] = (ulong)_snapshot.Count(c => !c.Complete),
            ["containers.changed"] = _changed,
            ["containers.assumed_complete"] = _assumed,
            ["containers.known_by_namespace"] = _isolated,
            ["containers.ruled_out"] = _ruledOut,
            ["containers.cgroups"] = (ulong)_tree.Count,
            ["containers.cgroups_not_kept"] = _tree.NotKept + _notCached,
            ["containers.cgroups_repaired"] = _tree.Repaired,
            ["containers.cgroups_repair_failed"] = _tree.RepairFailed,
        };
        foreach (var loop in _loops)
        {
            counters[$"containers.calls[{loop.Name}]"] = loop.Calls;
            counters[$"containers.call_failures[{loop.Name}]"] = loop.Failures;
            counters[$"containers.answers_dropped[{loop.Name}]"] = loop.Dropped;
        }
        return counters;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        foreach (var loop in _loops)
            loop.Dispose();
        _stop.Dispose();
    }

    private HeldContainer? Find(CgroupKey cgroup, uint pid) =>
        cgroup.Id != 0 && _byCgroup.TryGetValue(cgroup, out var held) ? held : FindNew(cgroup, pid);

    private HeldContainer? FindNew(CgroupKey cgroup, uint pid)
    {
        HeldContainer? held;
        if (PathOf(cgroup, pid) is { } path)
        {
            held = Hold(path);
            Cache(cgroup, held);
            return held;
        }
        // No key and no process to ask: nothing will ever tell more.
        if (cgroup.Id == 0)
            return null;
        held = new(Provisional(new(CgroupKind.Possible, $"cgroup-v{cgroup.Version}-{cgroup.Id}", "", ""), ""), CgroupKind.Possible, _time.GetTimestamp());
        if (Cache(cgroup, held))
            _unresolved.Add((cgroup, pid, _time.GetTimestamp()));
        return held;
    }

    private string? PathOf(CgroupKey cgroup, uint pid) =>
        _tree.PathOf(cgroup, pid == 0 || _procfs is null ? null : () => _procfs.ReadCgroup(pid));

    private bool Cache(CgroupKey cgroup, HeldContainer? held)
    {
        if (cgroup.Id == 0)
            return false;
        if (_byCgroup.Count >= _options.MaxCgroups)
        {
            _notCached++;
            return false;
        }
        _byCgroup[cgroup] = held;
        if (held is not null)
        {
            held.Cgroups++;
            held.LivingCgroups++;
        }
        return true;
    }

    /// <returns>Null for the host.</returns>
    private HeldContainer? Hold(string path)
    {
        var parsed = CgroupPath.Parse(path);
        if (parsed.Kind is CgroupKind.Host or CgroupKind.Pod)
            return null;
        if (_byId.TryGetValue(parsed.ContainerId, out var held))
        {
            if (held.LivingCgroups <= 0)
                Ask(held);
            return held;
        }
        held = new(Provisional(parsed, path), parsed.Kind, _time.GetTimestamp());
        // Without room for the cgroup nothing would ever remove it.
        if (_byCgroup.Count < _options.MaxCgroups)
        {
            _byId[parsed.ContainerId] = held;
            _recordsChanged = true;
            Ask(held);
        }
        return held;
    }

    /// <summary>New, or started again under its old id: its runtime is to tell (again).</summary>
    private void Ask(HeldContainer held)
    {
        held.FirstSeen = _time.GetTimestamp();
        held.NotKnownBy = 0;
        if (_uncertain.Add(held))
            PublishWanted();
    }

    private static ContainerRecord Provisional(CgroupPath path, string cgroupPath) =>
        new(path.ContainerId, path.Runtime, "", "", "", path.PodUid, NoLabels, "", "", 0, cgroupPath, "", Complete: false);

    private void Take(RuntimeAnswer answer)
    {
        if (!_byId.TryGetValue(answer.Id, out var held) || !_uncertain.Contains(held))
            return;
        var bit = 1UL << answer.Client;
        switch (answer.Outcome)
        {
            case AnswerOutcome.NotKnown:
                held.NotKnownBy |= bit;
                return;
            case AnswerOutcome.Failed:
                held.NotKnownBy &= ~bit;
                return;
            default:
                break;
        }
        held.NotKnownBy &= ~bit;
        held.Kind = CgroupKind.Container;
        var details = answer.Details!;
        var record = held.Record.With(details);
        if (details.Complete)
        {
            _uncertain.Remove(held);
            PublishWanted();
        }
        Replace(held, record);
    }

    private void Replace(HeldContainer held, ContainerRecord record)
    {
        if (record == held.Record)
            return;
        held.Record = record;
        _recordsChanged = true;
        _changed++;
        Changed?.Invoke(record);
    }

    /// <summary>What no runtime knows, once all have said so: a possible container shows by its processes whether it is one, a sure one has no more to tell.</summary>
    private void Decide()
    {
        foreach (var held in _uncertain.ToArray())
        {
            if (held.NotKnownBy != _allClients)
                continue;
            var age = _time.GetElapsedTime(held.FirstSeen);
            if (held.Kind == CgroupKind.Possible && age >= _options.PossibleWait)
            {
                if (IsIsolated(held))
                {
                    _isolated++;
                    held.Kind = CgroupKind.Container;
                    Replace(held, held.Record with { Name = held.Record.Id, Complete = true });
                }
                else
                {
                    _ruledOut++;
                    RuleOut(held);
                }
            }
            else if (held.Kind == CgroupKind.Container && !held.Record.Complete && held.Record.PodUid.Length == 0 && age >= _options.MetadataWait)
            {
                // Still asked for: a runtime that comes up later may know it.
                _assumed++;
                Replace(held, held.Record with { Name = held.Record.Name.Length > 0 ? held.Record.Name : held.Record.Id, Complete = true });
            }
        }
    }

    /// <summary>Whoever made it and wherever that keeps its state: a cgroup whose processes all have a pid namespace of their own is a container.</summary>
    private bool IsIsolated(HeldContainer held)
    {
        if (_procfs is null)
            return false;
        // A process that ended while we read tells nothing.
        var members = _tree.Members(held.Record.CgroupPath).Take(MaxMembersRead).Select(_procfs.ReadProcess).OfType<ProcfsProcess>().ToList();
        return members.Count > 0 && members.TrueForAll(member => member.Status.PidNamespaces > 1);
    }

    private void RuleOut(HeldContainer held)
    {
        foreach (var (key, other) in _byCgroup.ToArray())
        {
            if (other == held)
                _byCgroup[key] = null;
        }
        Drop(held);
    }

    private void Drop(HeldContainer held)
    {
        foreach (var id in _byId.Where(p => p.Value == held).Select(p => p.Key).ToArray())
            _byId.Remove(id);
        _recordsChanged = true;
        if (_uncertain.Remove(held))
            PublishWanted();
    }

    /// <summary>Looks again for cgroups that nothing knew.</summary>
    private void Resolve()
    {
        for (var i = _unresolved.Count - 1; i >= 0; i--)
        {
            var (key, pid, since) = _unresolved[i];
            var path = PathOf(key, pid);
            if (path is null && _time.GetElapsedTime(since) < _options.KeepAfterRemoval)
                continue;
            _unresolved.RemoveAt(i);
            if (!_byCgroup.Remove(key) || path is null)
                continue;
            var held = Hold(path);
            Cache(key, held);
            if (held is not null)
                Changed?.Invoke(held.Record);
        }
    }

    private void ForgetRemoved()
    {
        while (_removed.TryPeek(out var oldest) && _time.GetElapsedTime(oldest.Since) >= _options.KeepAfterRemoval)
        {
            _removed.Dequeue();
            _tree.Forget(oldest.Key);
            if (_byCgroup.Remove(oldest.Key, out var held) && held is not null && --held.Cgroups == 0)
                Drop(held);
        }
    }

    private void PublishWanted()
    {
        _wanted = new([.. _uncertain.Select(h => new WantedContainer(h.AskedAs, h.Record.PodUid, h.Record.CgroupPath))]);
        foreach (var loop in _loops)
            loop.Poke();
    }

    private void Publish()
    {
        if (!_recordsChanged)
            return;
        _recordsChanged = false;
        _snapshot = [.. _byId.Values.Select(h => h.Record)];
    }

    private sealed record ImmutableArrayBox(ImmutableArray<WantedContainer> Items);
}
