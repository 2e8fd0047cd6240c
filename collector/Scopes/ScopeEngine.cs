using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Fleet;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Mutes;
using Runtime.Collector.Resources;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Scopes;

/// <summary>
/// One scope's baseline, detection and incidents. Pure: no I/O and no clock; the same observations give the same states and ids, so a caller
/// replays its log after a crash. Not thread-safe.
/// </summary>
/// <remarks>
/// Units are covered unless a <see cref="LossObservation"/> says otherwise: whoever knows that no agent watched this scope's containers for a while
/// says so with a loss whose first and last time span it and whose kind is none of process, file and network.
/// </remarks>
internal sealed class ScopeEngine
{
    private readonly Scope _scope;
    private readonly BaselineOptions _options;
    private readonly Baseline _baseline;
    private readonly IncidentTable _incidents;
    private readonly ResourceWatch _resources;
    private readonly ObservationJudge _judge;
    private readonly FleetView? _fleet;

    /// <summary>Ended by the current call; empty between calls.</summary>
    private List<EndedMute> _endedMutes = [];

    /// <param name="fleet">What other deployments do; null where there is nothing to compare with.</param>
    public ScopeEngine(Scope scope, BaselineOptions options, FleetView? fleet = null)
        : this(scope, options, fleet, new Baseline(scope, options), new IncidentTable(scope, options), new ResourceWatch(options))
    {
    }

    private ScopeEngine(Scope scope, BaselineOptions options, FleetView? fleet, Baseline baseline, IncidentTable incidents, ResourceWatch resources)
    {
        _fleet = fleet;
        _scope = scope;
        _options = options;
        _baseline = baseline;
        _incidents = incidents;
        _resources = resources;
        _judge = new ObservationJudge(scope, options, baseline, incidents, fleet);
        fleet?.Join();
        foreach (var item in baseline.Items.All.Where(item => item.State != ItemState.Pending))
        {
            fleet?.Learnt(item.FullKey);
        }

        foreach (var (digest, file) in baseline.Files.Witnesses)
        {
            if (ImageIdentity.Of(baseline.Replicas.Find(digest)?.Name ?? "", digest) is { } image)
            {
                fleet?.Holds(file, image);
            }
        }
    }

    /// <summary>Those in force for what is applied next; the built-in ones until they are set. Part of the input like an observation, and not of the state.</summary>
    public RuleSet Rules
    {
        set => _judge.Rules = value;
    }

    /// <summary>Those active for what is applied next. Part of the input, like the rules; an image that one does not know ends it here at once.</summary>
    public ScopeMutes Mutes { get; set; } = ScopeMutes.None;

    /// <summary>Whether what one replica alone does weighs more. True, but where a measurement asks what that buys.</summary>
    public bool ComparesPeers { get; init; } = true;

    /// <summary>Highest <see cref="Observation.Id"/> that was applied.</summary>
    public long AppliedThrough { get; private set; }

    /// <exception cref="FormatException">Damaged, of another version, of another scope, or learnt with another unit.</exception>
    public static ScopeEngine Restore(Scope scope, ReadOnlySpan<byte> state, BaselineOptions options, FleetView? fleet = null)
    {
        var saved = ScopeState.Read(scope, state, options);
        return new ScopeEngine(scope, options, fleet, saved.Baseline, saved.Incidents, saved.Resources) { AppliedThrough = saved.AppliedThrough };
    }

    /// <summary>At most <see cref="ScopeState.MaxLength"/> bytes; equal engines give equal bytes.</summary>
    public byte[] Save() => new ScopeState(AppliedThrough, _baseline, _incidents, _resources).Write(_scope);

    /// <summary>An id that was applied already changes nothing; an observation without one (id 0) always counts.</summary>
    public ScopeOutcome Apply(Observation observation)
    {
        if (observation.Id > 0)
        {
            if (observation.Id <= AppliedThrough)
            {
                return ScopeOutcome.Nothing;
            }

            AppliedThrough = observation.Id;
        }

        var first = observation.First.UtcTicks;
        var last = Math.Max(first, observation.Last.UtcTicks);
        _baseline.See(first, last);
        if (observation is LossObservation loss)
        {
            _baseline.Uncover(loss.Kind, first, last);
        }
        else if (observation is ResourceObservation use)
        {
            _judge.JudgeUse(use, _resources);
        }
        else if (observation.Lineage.Count > 0)
        {
            Judge(observation, first, last);
        }

        return TakeOutcome();
    }

    /// <summary>Closes units by the clock and forgets incidents that were closed a day ago.</summary>
    public ScopeOutcome Advance(DateTimeOffset now)
    {
        _baseline.MoveTo(now.UtcTicks);
        _fleet?.Settle(now.UtcTicks, _options.Day.Ticks);
        foreach (var faded in _incidents.TakeFaded(now))
        {
            _fleet?.Harmless(faded.Record.EValue);
        }

        _judge.EndReviews(now);
        if (ComparesPeers)
        {
            _incidents.JudgePeers(
                _baseline.Replicas.Live(now.UtcTicks - _options.Day.Ticks), _baseline.Replicas.Images.Any(image => image.OnProbation), now);
        }

        _incidents.Expire(now);
        return TakeOutcome();
    }

    /// <summary>Items that left because they were not seen for long, since the scope began.</summary>
    public long Expired => _baseline.Items.Expired;

    public BaselineView View(DateTimeOffset now) => _baseline.View(now.UtcTicks);

    /// <summary>Ends an incident; the next deviation of its cause opens a new one. "benign" lets its items be learnt by quorum again.</summary>
    /// <returns>Nothing when the engine holds no such open incident: see <see cref="Verdicts"/> for one that only the store knows.</returns>
    public ScopeOutcome CloseIncident(string incidentId, string verdict, string who, string note, DateTimeOffset now)
    {
        if (_incidents.Find(incidentId) is not { Record.State: IncidentState.Open } held)
        {
            return ScopeOutcome.Nothing;
        }

        if (verdict == Verdicts.Benign)
        {
            if (!held.IsHarmless)
            {
                held.IsHarmless = true;
                _fleet?.Harmless(held.Record.EValue);
            }

            foreach (var fullKey in held.Open.SelectMany(open => open.Keys))
            {
                if (_baseline.Items.Find(fullKey) is { } item)
                {
                    item.Tainted = false;
                }
            }

            if (held.Open.Exists(open => open.Weighed.Group == KindGroup.Resource))
            {
                _resources.Settle(held.Record.Containers);
            }
        }

        held.Record = Verdicts.Close(held.Record, verdict, who, note, now);
        _incidents.Detach(held);
        _incidents.Changed(held, null);
        return TakeOutcome();
    }

    /// <summary>All of its items join the baseline.</summary>
    /// <returns>Nothing when the engine holds no such open incident.</returns>
    public ScopeOutcome ApproveIncident(string incidentId, string who, string note, DateTimeOffset now)
    {
        if (_incidents.Find(incidentId) is not { Record.State: IncidentState.Open } held)
        {
            return ScopeOutcome.Nothing;
        }

        foreach (var deviation in held.Deviations.Where(deviation => deviation.State == DeviationState.Open).ToList())
        {
            Approve(held, deviation, who, now);
        }

        held.Record = Verdicts.Approve(held.Record, who, note, now);
        _incidents.Detach(held);
        _incidents.Changed(held, null);
        return TakeOutcome();
    }

    /// <summary>Its items join the baseline; its incident is approved with the last of its deviations.</summary>
    /// <returns>Nothing when the engine holds no such deviation: then <see cref="ApproveStored"/> takes the store's.</returns>
    public ScopeOutcome ApproveDeviation(string deviationId, string who, string note, DateTimeOffset now)
    {
        if (_incidents.FindDeviation(deviationId) is not var (held, deviation))
        {
            return ScopeOutcome.Nothing;
        }

        Approve(held, deviation, who, now);
        var wasLast = held.Deviations.TrueForAll(other => other.State == DeviationState.Approved)
            && held.Deviations.Count == held.Record.DeviationIds.Count && held.Record.State == IncidentState.Open;
        held.Record = Verdicts.ApproveOne(held.Record, deviation, wasLast, who, note, now);
        if (wasLast)
        {
            _incidents.Detach(held);
        }

        _incidents.Changed(held, null);
        return TakeOutcome();
    }

    /// <summary>Approves a deviation of this scope that only the store still knows.</summary>
    public ScopeOutcome ApproveStored(Deviation deviation, string who, DateTimeOffset now)
    {
        ApproveItems(deviation, who, now);
        return new ScopeOutcome([deviation with { State = DeviationState.Approved }], [], []);
    }

    /// <summary>Undoes a template of the baseline; see <see cref="Baseline.Expand"/>.</summary>
    /// <param name="key">Of the item, as in <see cref="View"/>.</param>
    /// <returns>Null when there is no such template.</returns>
    public ExpandedView? Expand(string key) => _baseline.Expand((char)ItemKind.FileWrite + key);

    /// <summary>Takes an item out of the baseline: it deviates at its next sight, and only an approval gives it back.</summary>
    /// <returns>Null when there is no such item, or it was removed already.</returns>
    public BaselineItemView? RemoveItem(ItemKind kind, string key, string who, string reason, DateTimeOffset now) => _baseline.Remove(kind, key, who, reason, now.UtcTicks);

    /// <summary>Puts an item into the baseline by a person's word, whether it was ever seen or not.</summary>
    public BaselineItemView ApproveItem(ItemKind kind, string key, string who, DateTimeOffset now)
    {
        _fleet?.Learnt((char)kind + key);
        return _baseline.ApproveItem(kind, key, who, now.UtcTicks);
    }

    private void Judge(Observation observation, long first, long last)
    {
        var process = observation.Process;
        Replica? replica = null;
        ImageVersion? image = null;
        var unit = _baseline.UnitOf(first);
        if (observation.Container is { } container)
        {
            EndMutes(container);

            // A container whose first process was there before the agent started was not watched from its beginning.
            var watched = ((process.Flags | observation.Lineage[^1].Flags) & ProcessFlags.AtStart) == 0;
            replica = _baseline.Replicas.See(container.Id, watched, last);
            var learning = _baseline.Group(KindGroup.Process).State == BaselineState.Learning;
            if (_baseline.Replicas.Runs(replica, container.ImageDigest, container.Image, unit, probation: !learning) is { OnProbation: true } rolledOut)
            {
                _judge.NoteRollout(observation, rolledOut);
            }

            image = _baseline.Replicas.Find(replica.Digest);
        }

        if (observation is ExitObservation)
        {
            if (replica is not null && observation.Lineage.Count == 1 && process.Phase != Phase.Session)
            {
                replica.Ended = true;
            }

            return;
        }

        var isState = IsState(observation);
        var startUnit = _baseline.UnitOf(replica?.FirstSeen ?? _baseline.FirstSeen);
        var sight = new Sight(
            first, last, unit, _baseline.UnitOf(last), observation.Count, replica?.Ordinal, startUnit, !isState && process.Phase != Phase.Init) { IsState = isState };
        _judge.Judge(observation, sight, image);
        _judge.NoteMinerSigns(observation, image, _resources);
    }

    private void EndMutes(ContainerInfo container)
    {
        if (!Mutes.IsEmpty && Mutes.EndedBy(container).ToList() is { Count: > 0 } ended)
        {
            _endedMutes.AddRange(ended);
            Mutes = Mutes.Without(ended);
        }
    }

    /// <summary>Was there before the agent, so that it says nothing of when it came.</summary>
    private static bool IsState(Observation observation) => observation switch
    {
        ExecObservation exec => (exec.Process.Flags & ProcessFlags.AtStart) != 0,
        NetworkObservation network => (network.Flags & NetworkFlags.AtStart) != 0,
        PrivilegeObservation privilege => (privilege.Flags & PrivilegeFlags.AtStart) != 0,
        _ => false,
    };

    private void Approve(HeldIncident held, Deviation deviation, string who, DateTimeOffset now)
    {
        ApproveItems(deviation, who, now);
        var approved = deviation with { State = DeviationState.Approved };
        held.Put(approved);
        _incidents.Settle(held, deviation.Id);
        _incidents.Changed(held, approved);
    }

    /// <summary>A new program comes with the edge that it was seen on, or its next start would deviate by that.</summary>
    private void ApproveItems(Deviation deviation, string who, DateTimeOffset now)
    {
        if (Item.KindOf(deviation.Kind) is not { } kind)
        {
            return;
        }

        _baseline.Approve(kind, (char)kind + deviation.Key, who, now.UtcTicks);
        _fleet?.Learnt((char)kind + deviation.Key);
        if (kind is ItemKind.Exec or ItemKind.Edge && deviation.Lineage.Count > 0)
        {
            var key = new ItemKey();
            var process = deviation.Lineage[0];
            var isProbe = _judge.FindProbe(deviation.Lineage) is not null;
            _baseline.Approve(ItemKind.Exec, key.Exec(process).ToString(), who, now.UtcTicks);
            if ((process.Flags & ProcessFlags.ParentUnknown) == 0)
            {
                _baseline.Approve(ItemKind.Edge, key.Edge(process, deviation.Lineage.Count > 1 ? deviation.Lineage[1] : null, isProbe).ToString(), who, now.UtcTicks);
            }
        }
    }

    /// <summary>Not while a new image is on probation: what comes then has another bar.</summary>
    private bool IsFirstWeek(HeldIncident held) =>
        held.Deviations.TrueForAll(deviation => Item.KindOf(deviation.Kind) is { } kind && _baseline.Group(Item.GroupOf(kind)).State == BaselineState.Locked)
        && !_baseline.Replicas.Images.Any(image => image.OnProbation);

    private ScopeOutcome TakeOutcome()
    {
        if (!_incidents.HasChanged && _endedMutes.Count == 0)
        {
            return ScopeOutcome.Nothing;
        }

        return TakeChanges();
    }

    private ScopeOutcome TakeChanges()
    {
        var (deviations, incidents, alerts, muted) = _incidents.Take(IsFirstWeek, Mutes);
        var endedMutes = _endedMutes;
        _endedMutes = [];

        if (alerts.Count > 0)
        {
            _fleet?.Alerted(_baseline.LastSeen);
        }

        foreach (var held in alerts.Concat(muted).Where(held => held.Record.Severity == Severity.Critical))
        {
            _baseline.Doubt(held.Record.Containers, held.Record.FirstSeen.UtcTicks - _options.Day.Ticks);
        }

        // What people are told of, or a mute hides, is not learnt meanwhile, and what a milder state let in goes back.
        foreach (var fullKey in alerts.Concat(muted).SelectMany(held => held.Open).SelectMany(open => open.Keys))
        {
            if (_baseline.FindOrTakeOut(fullKey) is { State: not ItemState.Approved } item)
            {
                item.State = ItemState.Pending;
                item.Tainted = true;
            }
        }

        return new ScopeOutcome(deviations, incidents.Select(held => held.Record).ToList(), alerts.Select(held => held.Record).ToList())
        {
            Silenced = muted.ConvertAll(held => held.Record),
            EndedMutes = endedMutes,
        };
    }
}
