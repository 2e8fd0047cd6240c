using System.Security.Cryptography;
using System.Text;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Mutes;

namespace Runtime.Collector.Incidents;

/// <summary>The incidents of a scope: one for each root cause. Pure and deterministic; not thread-safe.</summary>
internal sealed partial class IncidentTable(Scope scope, BaselineOptions options)
{
    /// <summary>Characters of all held deviations together; holds a saved scope below its cap.</summary>
    public const long MaxSize = 1_000_000;
    private const int MaxProcesses = 4096;

    /// <summary>In order of opening. At most twice <see cref="BaselineOptions.MaxOpenIncidents"/> with the closed ones; see <see cref="MakeRoom"/>.</summary>
    private readonly List<HeldIncident> _held = [];

    /// <summary>Full key → where the deviation of that item goes on. Bounded by the held deviations.</summary>
    private readonly Dictionary<string, (HeldIncident Incident, OpenDeviation Deviation)> _open = new(StringComparer.Ordinal);
    private readonly DeviatingProcesses _processes = new(MaxProcesses);

    /// <summary>Changed by the current call, in order; empty between calls.</summary>
    private readonly List<Deviation> _changedDeviations = [];
    private readonly List<HeldIncident> _changedIncidents = [];

    public IReadOnlyList<HeldIncident> Held => _held;
    public RecentWrites Writes { get; } = new();
    public RecentChanges Changes { get; private init; } = new();
    public RecentLooks Looks { get; private init; } = new();

    /// <summary>Incidents that left for want of room; the store keeps them.</summary>
    public long Evicted { get; private set; }

    public bool IsBelowDeviation(Observation observation, int from = 1) => FindByLineage(observation, from) is not null;

    /// <summary>Whether it belongs to something that people were told of: nothing there is learnt.</summary>
    public bool IsBelowAlert(Observation observation) => FindByLineage(observation, 0) is { IsAlerted: true };

    /// <summary>Counts a sighting of a deviation that goes on.</summary>
    /// <returns>False when there is none with this key.</returns>
    public bool SeeAgain(string fullKey, Observation observation)
    {
        if (!_open.TryGetValue(fullKey, out var open) || !Lives(open.Incident, observation.First))
        {
            return false;
        }

        var held = open.Incident;
        var deviation = held.Deviations.Find(candidate => candidate.Id == open.Deviation.Id)!;
        deviation = deviation with
        {
            Count = deviation.Count + observation.Count,
            LastSeen = observation.Last > deviation.LastSeen ? observation.Last : deviation.LastSeen,
        };
        held.Put(deviation);
        held.IsScheduled &= Schedulers.Started(observation.Lineage, 0);
        if (fullKey[0] != (char)ItemKind.TierZero)
        {
            held.Weigh(open.Deviation.Weighed, observation.First, options);
        }

        if (!held.IsReview)
        {
            Mark(held, observation, 0);
        }

        // The sighting's own container and node tell how far it spread; the deviation stays that of its first sight.
        held.Refresh(deviation with { Container = observation.Container, Node = observation.Node }, observation.Count);
        Changed(held, deviation);
        return true;
    }

    public bool IsOpen(string fullKey, DateTimeOffset now) => _open.TryGetValue(fullKey, out var open) && Lives(open.Incident, now);

    public void Raise(Finding finding)
    {
        var observation = finding.Observation;
        var cause = finding.Review ?? (finding.IsOfImage ? "contents of " + observation.Container?.ImageDigest : CauseOf(observation, finding.Root));
        Raise(finding, cause, finding.Review is not null
            ? _held.LastOrDefault(candidate => candidate.Record.Cause == cause && Takes(candidate, finding))
            : (finding.IsOfImage ? null : FindByLineage(observation, 0, finding))
            ?? (finding.Write is { } write && _processes.Find(write.Writer) is { } writers && Takes(writers, finding) ? writers : null)
            ?? _held.LastOrDefault(candidate => candidate.Record.Cause == cause && Takes(candidate, finding))
            ?? (finding.IsOfImage ? null : FindBySibling(finding)));
    }

    /// <param name="held">The incident that it joins; null: it opens one.</param>
    /// <param name="from">When it began to weigh, where that is not its first sight.</param>
    private HeldIncident Raise(Finding finding, string cause, HeldIncident? held, DateTimeOffset? from = null)
    {
        var observation = finding.Observation;
        var kind = Item.Name(finding.Kind);
        var key = finding.Keys[0][1..];
        var id = Id(scope.Id, kind, key, Identity(observation));
        var incidentId = held?.Record.Id ?? Id(scope.Id, "incident", cause, id);
        var value = finding.Assessment.EValue;
        var deviation = new Deviation
        {
            Id = id,
            ScopeId = scope.Id,
            IncidentId = incidentId,
            Time = observation.First,
            LastSeen = observation.Last,
            Count = observation.Count,
            Kind = kind,
            Key = key,
            Title = finding.Title,
            Severity = new Weight(value, finding.Threshold).SeverityWith(finding.Assessment.Gravity),
            Evidence = finding.Assessment.Evidence,
            EValue = value,
            Node = observation.Node,
            Container = observation.Container,
            Lineage = LineageText.Shorten(observation.Lineage),
        };

        held ??= Open(incidentId, cause, deviation, finding);
        held.IsScheduled &= Schedulers.Started(observation.Lineage, finding.Root);
        if (finding.IsTierZero)
        {
            held.Take(finding.Assessment.Class, value);
        }

        var weighed = new WeighedClass(
            finding.Assessment.Class, finding.Group, value, finding.Threshold,
            finding.Assessment.Evidence.Select(evidence => evidence.Technique).Where(technique => technique.Length > 0).Distinct(StringComparer.Ordinal).ToList(),
            finding.Assessment.IsOrdinary, finding.Stands, finding.Assessment.Gravity, finding.Bar ?? new Bar(0, finding.Threshold));
        if (!finding.IsTierZero && !(finding.Assessment.IsConsequence && held.Episode.Count > 0))
        {
            held.Weigh(weighed, from ?? observation.First, options);
        }

        if (held.Put(deviation))
        {
            var open = new OpenDeviation(id, finding.Keys, weighed);
            held.Open.Add(open);
            foreach (var fullKey in finding.Keys)
            {
                _open[fullKey] = (held, open);
            }
        }

        if (finding.MarksProcess)
        {
            Mark(held, observation, finding.Root);
        }

        held.Refresh(deviation, observation.Count);
        Changed(held, deviation);
        MakeRoom(held);
        return held;
    }

    /// <summary>Forgets closed incidents a day after they were last seen.</summary>
    public void Expire(DateTimeOffset now)
    {
        foreach (var held in _held.Where(held => held.Record.State != IncidentState.Open && now - held.Record.LastSeen > options.Day).ToList())
        {
            Drop(held);
        }
    }

    public HeldIncident? Find(string incidentId) => _held.Find(held => held.Record.Id == incidentId);

    /// <summary>The deviation and the incident that holds it; null when the engine holds it no more.</summary>
    public (HeldIncident Incident, Deviation Deviation)? FindDeviation(string deviationId)
    {
        foreach (var held in _held)
        {
            if (held.Deviations.Find(deviation => deviation.Id == deviationId) is { } found)
            {
                return (held, found);
            }
        }

        return null;
    }

    /// <summary>Nothing joins it any more: the next deviation of its cause opens a new one.</summary>
    public void Detach(HeldIncident held)
    {
        foreach (var fullKey in held.Open.SelectMany(open => open.Keys).Where(key => _open.TryGetValue(key, out var open) && open.Incident == held))
        {
            _open.Remove(fullKey);
        }

        _processes.RemoveAll(held);
    }

    /// <summary>The items of one deviation are settled: it is no longer counted on.</summary>
    public void Settle(HeldIncident held, string deviationId)
    {
        foreach (var fullKey in held.Open.Where(open => open.Id == deviationId).SelectMany(open => open.Keys))
        {
            if (_open.TryGetValue(fullKey, out var open) && open.Deviation.Id == deviationId)
            {
                _open.Remove(fullKey);
            }
        }

        held.Open.RemoveAll(open => open.Id == deviationId);
    }

    public void Changed(HeldIncident held, Deviation? deviation)
    {
        if (!_changedIncidents.Contains(held))
        {
            _changedIncidents.Add(held);
        }

        if (deviation is not null)
        {
            _changedDeviations.RemoveAll(changed => changed.Id == deviation.Id);
            _changedDeviations.Add(deviation);
        }
    }

    public bool HasChanged => _changedIncidents.Count > 0;

    /// <summary>What changed since the last call, and which incidents people should hear of now.</summary>
    /// <param name="firstWeek">Whether what an incident deviates from is locked and was not watched for a full week yet.</param>
    /// <param name="mutes">Active ones of the scope.</param>
    public (List<Deviation> Deviations, List<HeldIncident> Incidents, List<HeldIncident> Alerts, List<HeldIncident> Muted) Take(Func<HeldIncident, bool> firstWeek, ScopeMutes mutes)
    {
        var incidents = _changedIncidents.ToList();
        var decided = incidents.ConvertAll(held => (held, Decision: held.TakeAlert(firstWeek, mutes)));
        var taken = (_changedDeviations.ToList(), incidents, With(AlertDecision.Tell), With(AlertDecision.Mute));
        _changedDeviations.Clear();
        _changedIncidents.Clear();
        return taken;

        List<HeldIncident> With(AlertDecision decision) => decided.Where(one => one.Decision == decision).Select(one => one.held).ToList();
    }

    public IncidentTableState Save() => new() { Held = _held, Processes = _processes.Save(), Writes = Writes.All.ToList(), Changes = Changes.IsEmpty ? null : Changes, Looks = Looks.All.Count == 0 ? null : Looks, Evicted = Evicted };

    public static IncidentTable Restore(IncidentTableState state, Scope scope, BaselineOptions options)
    {
        var table = new IncidentTable(scope, options) { Evicted = state.Evicted, Changes = state.Changes ?? new(), Looks = state.Looks ?? new() };
        foreach (var held in state.Held)
        {
            table._held.Add(held);
            foreach (var open in held.Record.State == IncidentState.Open ? held.Open : [])
            {
                foreach (var fullKey in open.Keys)
                {
                    table._open[fullKey] = (held, open);
                }
            }
        }

        foreach (var process in state.Processes)
        {
            if (table.Find(process.IncidentId) is { } held)
            {
                table._processes.Add(process.Key, held);
            }
        }

        foreach (var write in state.Writes)
        {
            table.Writes.Add(write);
        }

        return table;
    }

    private HeldIncident Open(string id, string cause, Deviation first, Finding finding)
    {
        var held = new HeldIncident
        {
            IsOfLearning = finding.IsOfLearning,
            IsReview = finding.Review is not null,
            IsScheduled = true,
            Record = new Incident
            {
                Id = id,
                ScopeId = scope.Id,
                Cause = cause,
                Title = first.Title,
                Severity = Severity.Unspecified,
                FirstSeen = first.Time,
                LastSeen = first.LastSeen,
                Count = 0,
                EValue = 0,
                Threshold = LockRule.LearningThreshold,
                PagesFrom = PagingBudget.None,
                Revision = 0,
                Techniques = [],
                Pods = [],
                Containers = [],
                Nodes = [],
                Images = [],
                ProcessTree = "",
                DeviationIds = [],
                Evidence = [],
            },
        };
        _held.Add(held);
        return held;
    }

    /// <summary>Closed incidents leave first, then those nobody was told of, the one unseen for longest first; never the one that just grew.</summary>
    private void MakeRoom(HeldIncident grown)
    {
        while (_held.Count(held => held.Record.State == IncidentState.Open) > options.MaxOpenIncidents
            || _held.Count > 2 * options.MaxOpenIncidents
            || (_held.Count > 1 && _held.Sum(held => held.Size) > MaxSize))
        {
            var leaves = _held.Where(held => held != grown)
                .OrderBy(held => held.Record.State == IncidentState.Open)
                .ThenBy(held => held.IsAlerted)
                .ThenBy(held => held.Record.LastSeen)
                .ThenBy(held => held.Record.Id, StringComparer.Ordinal)
                .First();
            Evicted++;
            Drop(leaves);
        }
    }

    private void Drop(HeldIncident held)
    {
        Detach(held);
        _held.Remove(held);
    }

    /// <summary>The binaries from the container's first process down to the highest one that deviates.</summary>
    private static string CauseOf(Observation observation, int root)
    {
        var chain = string.Join(" > ", observation.Lineage.Skip(root).Reverse().Select(process => process.Binary));
        return chain.Length <= 1024 ? chain : string.Concat("… ", chain.AsSpan(chain.Length - 1022));
    }

    /// <summary>The log's id; before an observation is stored, its time stands in.</summary>
    private static string Identity(Observation observation) => FormattableString.Invariant(
        $"{(observation.Id > 0 ? observation.Id : observation.First.UtcTicks)}");

    private static string Id(params ReadOnlySpan<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))).AsSpan(0, 10));
}
