using System.Text.Json.Serialization;
using Runtime.Collector.Detection;
using Runtime.Collector.Mutes;

namespace Runtime.Collector.Incidents;

/// <summary>An incident with what its growth needs.</summary>
internal sealed class HeldIncident
{
    public const int MaxDeviations = 256;
    private const int MaxNames = 256;
    private const int MaxEvidence = 10;
    private const int LeastReplicas = 3;

    /// <summary>One page for one cause: who deals with a critical incident is told what else it is, and not without end.</summary>
    public const int MaxFactUpdates = 3;

    /// <summary>Evidence of so many times the threshold waits for no digest.</summary>
    private const double DelayedBelow = 10;

    /// <summary>The strongest, whose processes are drawn.</summary>
    private const int TreeDeviations = 16;

    public required Incident Record { get; set; }

    /// <summary>In order of arrival; at most <see cref="MaxDeviations"/>.</summary>
    public List<Deviation> Deviations { get; init; } = [];

    /// <summary>Deviations that go on. Bounded by <see cref="Deviations"/>.</summary>
    public List<OpenDeviation> Open { get; init; } = [];

    /// <summary>Evidence of the current episode: deviations that follow each other closely. At most one entry for each class and group.</summary>
    public List<WeighedClass> Episode { get; init; } = [];
    public DateTimeOffset EpisodeStart { get; set; }
    public DateTimeOffset EpisodeLast { get; set; }
    public bool HasTierZero { get; set; }

    /// <summary>The strongest fact's e-value. 0 where a program saved the state that knew only critical ones.</summary>
    public double FactValue { get; set; }

    /// <summary>Rules of the Tier 0 facts that it holds. Bounded by the rules that there are.</summary>
    public List<string> Facts { get; init; } = [];

    /// <summary>Revisions that tell of another kind of Tier 0 fact; at most <see cref="MaxFactUpdates"/>.</summary>
    public int FactUpdates { get; set; }

    /// <summary>Opened by what was odd while the baseline learnt.</summary>
    public bool IsOfLearning { get; init; }

    /// <summary>Holds what an image brought, for a person to look through.</summary>
    public bool IsReview { get; init; }

    /// <summary>What its spread over the replicas makes of its weight; null until <see cref="JudgePeers"/>.</summary>
    public Evidence? Peers { get; set; }

    /// <summary>Taken for harmless, and what it weighed noted.</summary>
    public bool IsHarmless { get; set; }

    /// <summary>All of it was started by a scheduler. False in a state that was saved without it: such an incident pages.</summary>
    public bool IsScheduled { get; set; }

    /// <summary>People were told of it, or would have been but for a mute, which is no word that it is harmless.</summary>
    [JsonIgnore]
    public bool IsAlerted => Record.AlertedRevision > 0 || Record.MutedRevision > 0;

    /// <summary>The least budget that what was reached so far would have paged with; null where a saved state does not tell.</summary>
    public double? ReachedFrom { get; set; } = PagingBudget.None;

    /// <summary>The same of what a scheduler started, in the first week.</summary>
    public double? DelayedFrom { get; set; } = PagingBudget.None;

    /// <summary>Characters that it holds, roughly.</summary>
    public long Size { get; set; }

    /// <summary>Adds a deviation, or puts the newer state of one in its place.</summary>
    /// <returns>False when there is no room: it is then told and stored, but not kept here.</returns>
    public bool Put(Deviation deviation)
    {
        var index = Deviations.FindIndex(held => held.Id == deviation.Id);
        if (index >= 0)
        {
            Deviations[index] = deviation;
            return true;
        }

        if (Deviations.Count >= MaxDeviations)
        {
            return false;
        }

        Deviations.Add(deviation);
        Size += SizeOf(deviation);
        return true;
    }

    public void Weigh(WeighedClass weighed, DateTimeOffset time, Baselines.BaselineOptions options)
    {
        if (time - EpisodeLast > options.JoinWindow || time - EpisodeStart > options.GrowthCap)
        {
            Episode.Clear();
            EpisodeStart = time;
        }

        EpisodeLast = time > EpisodeLast ? time : EpisodeLast;
        var index = Episode.FindIndex(known => known.Class == weighed.Class && known.Group == weighed.Group);
        if (index < 0)
        {
            Episode.Add(weighed);
        }
        else if (weighed.EValue / weighed.Threshold > Episode[index].EValue / Episode[index].Threshold)
        {
            Episode[index] = weighed;
        }
        else
        {
            return;
        }

        ReachedFrom = Lower(ReachedFrom, PagingBudget.Least(Episode, Peers?.Factor ?? 1, 1));
        DelayedFrom = IsScheduled ? Lower(DelayedFrom, PagingBudget.Least(Episode, Peers?.Factor ?? 1, DelayedBelow)) : PagingBudget.None;
    }

    /// <summary>Takes a Tier 0 fact in, before its deviation is put.</summary>
    public void Take(string rule, double value)
    {
        FactValue = Math.Max(value, HasTierZero ? FactWeight.EValue : 0);
        // A state that was saved without the rules has them in its deviations.
        var isKnown = Facts.Contains(rule) || Deviations.Exists(held => TierZero.Is(held.Key, rule));
        if (!Facts.Contains(rule))
        {
            Facts.Add(rule);
        }

        // What becomes more severe by this fact is told for that.
        if (!isKnown && IsAlerted && Record.Severity >= new Weight(value, Baselines.LockRule.LockedThreshold).Severity)
        {
            var isTold = FactUpdates < MaxFactUpdates;
            FactUpdates += isTold ? 1 : 0;
            Record = Record with { Revision = Record.Revision + (isTold ? 1 : 0), UntoldFacts = Record.UntoldFacts + (isTold ? 0 : 1) };
        }

        HasTierZero = true;
    }

    private Severity Gravity => Episode.Count == 0 ? Severity.Medium : Episode.Max(weighed => weighed.Gravity);

    /// <summary>Rewrites the record from what is held, and bumps the revision when people should hear of it again.</summary>
    /// <param name="from">The deviation or sighting that changed it; null when only its state did.</param>
    public void Refresh(Deviation? from, ulong newSightings)
    {
        var weight = IncidentWeight.Combine(Episode).Times(Peers?.Factor ?? 1);
        if (HasTierZero && FactWeight.EValue / FactWeight.Threshold >= weight.EValue / weight.Threshold)
        {
            weight = FactWeight;
        }

        var severity = weight.SeverityWith(Gravity);
        var strongest = Deviations.OrderByDescending(deviation => deviation.EValue).ThenByDescending(deviation => TierZero.Rank(deviation.Key)).ToList();
        var record = Record;

        // What was reached stays reached: a later, weaker class must not talk an incident down again.
        var rises = weight.EValue / weight.Threshold > record.EValue / record.Threshold;
        var worse = severity > record.Severity;
        var pods = record.Pods;
        var containers = record.Containers;
        var nodes = record.Nodes;
        var images = record.Images;
        var spread = false;
        if (from is not null)
        {
            nodes = With(nodes, from.Node);
            if (from.Container is { } container)
            {
                var before = pods.Count + (pods.Count == 0 ? containers.Count : 0);
                containers = With(containers, container.Id);
                pods = With(pods, container.PodName);
                images = With(images, container.Image);
                var after = pods.Count > 0 ? pods.Count : containers.Count;
                spread = before > 0 && after > before && IsTold(after);
            }
        }

        // A job that was left to the digest runs on every replica sooner or later: with old evidence that is no news, also after the first week.
        var waits = IsScheduled && record.Revision == record.DelayedRevision;
        Record = record with
        {
            Title = strongest.Count > 0 ? strongest[0].Title : record.Title,
            Severity = worse ? severity : record.Severity,
            EValue = rises ? weight.EValue : record.EValue,
            Threshold = rises ? weight.Threshold : record.Threshold,
            FirstSeen = from is not null && from.Time < record.FirstSeen ? from.Time : record.FirstSeen,
            LastSeen = from is not null && from.LastSeen > record.LastSeen ? from.LastSeen : record.LastSeen,
            Count = record.Count + newSightings,
            Revision = record.Revision + (worse || (spread && !waits) ? 1 : 0),
            Techniques = strongest.SelectMany(deviation => deviation.Evidence).Select(evidence => evidence.Technique)
                .Where(technique => technique.Length > 0).Distinct(StringComparer.Ordinal).Take(32).ToList(),
            Kinds = [.. strongest.Select(deviation => deviation.Kind).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Labels = record.Labels.Count == 0 && from?.Container is { PodLabels: { Count: > 0 } labels } ? labels.OrderBy(label => label.Key, StringComparer.Ordinal).ToDictionary() : record.Labels,
            Pods = pods,
            Containers = containers,
            Nodes = nodes,
            Images = images,
            // What a container uses knows its busiest process and not that one's ancestors: others place it.
            ProcessTree = ProcessTree.Of(strongest.Take(TreeDeviations).OrderBy(deviation => deviation.Kind == Baselines.Item.Name(Baselines.ItemKind.Resource))).Render(),
            DeviationIds = strongest.Select(deviation => deviation.Id).ToList(),
            Evidence = WithPeers(strongest.SelectMany(deviation => deviation.Evidence).DistinctBy(evidence => evidence.Reason)),
        };
    }

    /// <summary>
    /// Replicas of one image do the same sooner or later: what one of them alone does a while after it began is odder, and what at least half do after
    /// a rollout is the rollout's. Half of them without one may be a worm, and weighs as before.
    /// </summary>
    /// <param name="replicas">That are running; below three nothing is compared.</param>
    /// <returns>False when nothing changed.</returns>
    public bool JudgePeers(int replicas, bool isRollout)
    {
        if (Peers is not null || replicas < LeastReplicas)
        {
            return false;
        }

        var showing = Record.Containers.Count;
        Peers = showing == 1 ? new Evidence($"only one of {replicas} replicas does so", 1.5)
            : showing >= (replicas + 1) / 2 && isRollout ? new Evidence($"{showing} of {replicas} replicas do so, and their image is new", 0.2)
            : new Evidence("", 1);
        if (Peers.Factor == 1 || HasTierZero)
        {
            return false;
        }

        var weight = new Weight(Record.EValue, Record.Threshold).Times(Peers.Factor);
        var severity = weight.SeverityWith(Gravity);
        var worse = severity > Record.Severity;
        ReachedFrom = PagingBudget.Least(Episode, Peers.Factor, 1);
        DelayedFrom = PagingBudget.Least(Episode, Peers.Factor, DelayedBelow);
        Record = Record with
        {
            EValue = weight.EValue,
            Severity = worse || !IsAlerted ? severity : Record.Severity,
            Revision = Record.Revision + (worse ? 1 : 0),
            Evidence = WithPeers(Record.Evidence),
        };
        return true;
    }

    /// <summary>Whether people should hear of it now; when so, it is noted as told, or as muted.</summary>
    /// <param name="firstWeek">What it deviates from is locked and was not watched for a full week yet.</param>
    /// <param name="mutes">What is muted is asked anew at the next change: when the mute is over by then, people hear of it.</param>
    /// <remarks>
    /// Jobs that were not due yet are the commonest novelty of that week: what only a scheduler started waits for the digest, unless it weighs ten
    /// times what it must or a Tier 0 fact is among it. A revision that waited stays so; the next one is asked anew.
    /// </remarks>
    public AlertDecision TakeAlert(Func<HeldIncident, bool> firstWeek, ScopeMutes mutes)
    {
        NotePaging(firstWeek);
        if (Record.State != IncidentState.Open || Record.Revision <= Record.AlertedRevision || (!HasTierZero && Record.EValue < Record.Threshold))
        {
            return AlertDecision.None;
        }

        if (IsScheduled && !HasTierZero && Record.EValue < DelayedBelow * Record.Threshold && (Record.Revision <= Record.DelayedRevision || firstWeek(this)))
        {
            Record = Record with { DelayedRevision = Record.Revision };
            return AlertDecision.None;
        }

        // What is not kept here cannot be known to be covered.
        if (Deviations.Count < MaxDeviations && mutes.Covering(Deviations, Record.Cause) is { Count: > 0 } covering)
        {
            var wasMuted = Record.MutedRevision == Record.Revision;
            Record = Record with { MutedRevision = Record.Revision, MutedBy = covering };
            return wasMuted ? AlertDecision.None : AlertDecision.Mute;
        }

        Record = Record with { AlertedRevision = Record.Revision };
        return AlertDecision.Tell;
    }

    /// <summary>Of an open incident, what the least budget is by which people would have heard of it by now.</summary>
    private void NotePaging(Func<HeldIncident, bool> firstWeek)
    {
        if (Record.State == IncidentState.Open)
        {
            var waits = IsScheduled && !HasTierZero && (Record.Revision <= Record.DelayedRevision || firstWeek(this));
            Record = Record with { IsFact = HasTierZero, PagesFrom = Lower(Record.PagesFrom, waits ? DelayedFrom : ReachedFrom) };
        }
    }

    /// <summary>Null, which is not known, stays so.</summary>
    private static double? Lower(double? left, double? right) => left is { } one && right is { } other ? Math.Min(one, other) : null;

    private Weight FactWeight => new(FactValue > 0 ? FactValue : IncidentWeight.Cap, Baselines.LockRule.LockedThreshold);

    public static long SizeOf(Deviation deviation) => deviation.Key.Length + deviation.Title.Length + 400
        + deviation.Lineage.Sum(process => 200 + process.Binary.Length + process.Cwd.Length + process.Script.Length + process.Arguments.Sum(argument => argument.Length + 4))
        + (deviation.Container?.PodLabels.Sum(label => label.Key.Length + label.Value.Length) ?? 0);

    /// <summary>Each of the first four replicas, then every doubling: a hundred replicas are not a hundred messages.</summary>
    private static bool IsTold(int replicas) => replicas <= 4 || int.IsPow2(replicas);

    private List<Evidence> WithPeers(IEnumerable<Evidence> evidence) =>
        Peers is { Factor: not 1 } peers ? [.. evidence.Take(MaxEvidence - 1), peers] : [.. evidence.Take(MaxEvidence)];

    private static IReadOnlyList<string> With(IReadOnlyList<string> names, string name) =>
        name.Length == 0 || names.Count >= MaxNames || names.Contains(name) ? names : [.. names, name];
}

internal enum AlertDecision
{
    None = 0,
    Tell = 1,

    /// <summary>People would hear of it, but for a mute that covers all of it; said once for each revision.</summary>
    Mute = 2,
}
