using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Fleet;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Nodes;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Scopes;

/// <summary>Judges each observation against its scope's baseline: known, learnt now, or a deviation. Not thread-safe.</summary>
/// <remarks>
/// While a baseline learns, what is new joins it at once, except the never-learn set (Tier 0, sessions, files that are not of the image, memfd and
/// deleted programs, all below an incident that alerted) and what is remarkable by itself, which waits for its quorum. Once locked, everything new
/// is pending: a deviation until its quorum, or a person, makes it the deployment's own.
/// </remarks>
internal sealed partial class ObservationJudge(Scope scope, BaselineOptions options, Baseline baseline, IncidentTable incidents, FleetView? fleet)
{
    private readonly ItemKey _key = new();

    /// <summary>Those in force for the next observation.</summary>
    public RuleSet Rules { get; set; } = RuleSet.BuiltIn;

    /// <param name="image">What the container runs; null when that is not known.</param>
    public void Judge(Observation observation, in Sight sight, ImageVersion? image)
    {
        _now = sight.First;
        _probe = FindProbe(observation, sight);
        switch (observation)
        {
            case ExecObservation exec:
                JudgeExec(exec, sight, image);
                JudgeLoading(exec, sight, image);
                break;
            case FileObservation { Operation: FileOperation.MapExecutable } map:
                JudgeLibrary(map, sight, image);
                break;
            case FileObservation { Operation: not FileOperation.Unknown } file:
                JudgeFile(file, sight, image);
                break;
            case NetworkObservation network:
                JudgeNetwork(network, sight, image);
                break;
            case PrivilegeObservation privilege:
                JudgePrivilege(privilege, sight, image);
                break;
            case BinaryObservation binary:
                JudgeBinary(binary, sight, image);
                break;
            case ManagedObservation managed:
                JudgeManaged(managed, sight, image);
                break;
            case SightObservation:
                JudgeTierZero(observation);
                break;
        }
    }

    private void JudgeExec(ExecObservation exec, in Sight sight, ImageVersion? image)
    {
        var process = exec.Process;
        var atStart = (process.Flags & ProcessFlags.AtStart) != 0;
        var fact = JudgeTierZero(exec);
        var program = baseline.Items.Find(_key.Exec(process));
        var programKnown = IsKnown(program, sight, exec);
        Item? edge = null;
        var edgeKnown = true;
        if ((process.Flags & ProcessFlags.ParentUnknown) == 0)
        {
            edge = baseline.Items.Find(_key.Edge(process, ParentOf(exec), _probe is not null));
            edgeKnown = IsKnown(edge, sight, exec);
        }

        if (programKnown && edgeKnown)
        {
            return;
        }

        var programKey = program?.FullKey ?? _key.Exec(process).ToString();
        var edgeKey = edgeKnown ? null : edge?.FullKey ?? _key.Edge(process, ParentOf(exec), _probe is not null).ToString();
        var state = StateFor(KindGroup.Process, image);
        var write = FindWrite(exec);
        var onlyEdge = programKnown || incidents.IsOpen(programKey, exec.First);
        var surroundings = SurroundingsOf(exec, image, state) with
        {
            OnlyEdgeIsNew = programKnown,
            EdgeIsKnown = edge is not null && edgeKnown,
            WrittenBy = WriterOf(write, exec),
            KnownElsewhere = programKnown ? null : KnownElsewhere(process.Binary),
            ParentStartsNothing = state is not BaselineState.Learning && exec.Lineage.Count > 1 && StartsNothing(exec.Lineage[1].Binary),
        };
        var assessment = ExecEvidence.Assess(exec, surroundings);
        var neverLearnt = fact is not null
            || IsSession(exec)
            || (process.Flags & (ProcessFlags.UpperLayer | ProcessFlags.Memfd | ProcessFlags.Deleted)) != 0
            || incidents.IsBelowAlert(exec);
        var keys = new List<string>(2);
        if (edgeKey is not null && onlyEdge)
        {
            keys.Add(edgeKey);
        }
        else
        {
            keys.Add(programKey);
            if (edgeKey is not null)
            {
                keys.Add(edgeKey);
            }
        }

        var unlearnt = Learn(keys, ItemKind.Exec, state, assessment, neverLearnt, sight);
        if (atStart || !IsTold(state, assessment))
        {
            return;
        }

        // The edge tells one sighting of a new program from one under yet another parent.
        if (!incidents.SeeAgain(keys[^1], exec))
        {
            var title = Titles.Exec(exec, programKnown, scope.DisplayName, History(KindGroup.Process, sight));
            Raise(exec, onlyEdge ? ItemKind.Edge : ItemKind.Exec, keys, title, assessment, KindGroup.Process, state, write, unlearnt, sight, image);
        }

        if (!IsLearning(state) && ParentOf(exec) is { } parent && ProgramNames.CalledName(process.Binary, process.Arguments) is var name && ProgramNames.TellsOfSystem(name))
        {
            JudgeLook(exec, parent, name, state, sight, image);
        }
    }

    private void JudgeLook(ExecObservation exec, ProcessInfo parent, string tool, BaselineState state, in Sight sight, ImageVersion? image)
    {
        if (incidents.Looks.Add(new(exec.Container?.Id ?? "", parent.Pid, parent.StartBootNs), tool, sight.Last, options.JoinWindow.Ticks) is not { } tools)
        {
            return;
        }

        var key = _key.Looks(parent).ToString();
        if (!IsKnown(baseline.Items.Find(key), sight, exec))
        {
            Deviate(exec, ItemKind.Edge, key, ExecEvidence.OfLooks(exec, tools, SurroundingsOf(exec, image, state)), KindGroup.Process, state, false, false, sight, image,
                (seen, scopeName, history) => Titles.Looks(seen, tools, scopeName, history));
        }
    }

    private void JudgeFile(FileObservation file, in Sight sight, ImageVersion? image)
    {
        if (file.Operation is FileOperation.Write or FileOperation.Create or FileOperation.Rename or FileOperation.Link or FileOperation.ChmodExecutable)
        {
            NoteWrite(file, sight);
        }

        var fact = JudgeTierZero(file);
        var kind = file.Operation == FileOperation.SensitiveRead ? ItemKind.FileRead : ItemKind.FileWrite;
        var fullKey = kind == ItemKind.FileRead ? _key.FileRead(file, Places.SensitiveClass(file.Path)) : _key.FileWrite(file);
        var item = baseline.Items.Find(fullKey) ?? baseline.FindTemplate(file, fullKey);
        if (IsKnown(item, sight, file))
        {
            return;
        }

        var key = item?.FullKey ?? _key.Text.ToString();
        var state = StateFor(KindGroup.File, image);
        var assessment = FileEvidence.Assess(file, SurroundingsOf(file, image, state));
        Deviate(file, kind, key, assessment, KindGroup.File, state, fact is not null, false, sight, image, Titles.File);
        if (assessment.IsRemarkable && baseline.Items.Find(key) is { } odd)
        {
            odd.IsRemarkable = true;
        }

        if (file.Operation is FileOperation.Unlink or FileOperation.Create or FileOperation.Rename && !IsLearning(state))
        {
            JudgeMany(file, state, sight, image);
        }
    }

    /// <param name="title">Of the observation, the scope's name and its history; a method of its own, for what is known must cost no allocation.</param>
    private void Deviate<T>(
        T observation, ItemKind kind, string key, Assessment assessment, KindGroup group, BaselineState state, bool isTierZero, bool isState,
        in Sight sight, ImageVersion? image, Func<T, string, string, string> title)
        where T : Observation
    {
        var neverLearnt = isTierZero || IsSession(observation) || incidents.IsBelowAlert(observation);
        var unlearnt = Learn([key], kind, state, assessment, neverLearnt, sight);
        if (!isState && IsTold(state, assessment) && !incidents.SeeAgain(key, observation))
        {
            Raise(observation, kind, [key], title(observation, scope.DisplayName, History(group, sight)), assessment, group, state, null, unlearnt, sight, image);
        }
    }

    /// <inheritdoc cref="JudgeTierZero(Observation, TierZeroFact?, string)"/>
    private TierZeroFact? JudgeTierZero(Observation observation) =>
        JudgeTierZero(observation, TierZero.Judge(observation, Rules), observation is SightObservation sight ? sight.Kind : observation.Process.Binary);

    /// <param name="subject">What the fact is about: of one rule and subject it is one fact.</param>
    /// <returns>Null when it is none, or when a person approved this one.</returns>
    private TierZeroFact? JudgeTierZero(Observation observation, TierZeroFact? fact, string subject)
    {
        if (fact is null || (fact.OnlyWhenNew && !IsNew(observation)))
        {
            return null;
        }

        var key = _key.TierZero(fact.Rule, subject).ToString();
        if (baseline.Items.Find(key) is { State: ItemState.Approved })
        {
            return null;
        }

        if (!incidents.SeeAgain(key, observation))
        {
            var assessment = new Assessment(
                fact.Rule, [new Evidence(fact.Words, fact.EValue, fact.Technique)], fact.EValue, IsConsequence: false);
            incidents.Raise(new Finding(
                observation, ItemKind.TierZero, [key], Titles.TierZero(fact, scope.DisplayName), assessment, KindGroup.Process,
                LockRule.LockedThreshold, RootOf(observation), observation is ExecObservation exec ? FindWrite(exec) : null, IsLearning: false));
        }

        return fact;
    }

    private void Raise(
        Observation observation, ItemKind kind, List<string> keys, string title, Assessment assessment, KindGroup group, BaselineState state,
        RecentWrite? write, bool unlearnt, in Sight sight, ImageVersion? image)
    {
        // Below an alert nothing is learnt, so nothing counts there as a novelty of the deployment either.
        if (unlearnt && !incidents.IsBelowAlert(observation))
        {
            baseline.Group(group).NoteNovelty(sight.FirstUnit);
        }

        var review = ReviewOf(observation, assessment, state, image);
        if (fleet is not null && review is null && !IsLearning(state) && !incidents.IsBelowAlert(observation))
        {
            assessment = fleet.Weigh(assessment, group, keys[0], sight.First);
        }

        incidents.Raise(new Finding(
            observation, kind, keys, title, assessment, group, baseline.Threshold(group, state), RootOf(observation), write,
            IsLearning: IsLearning(state)) { Review = review, Bar = baseline.Bar(group, state) });
    }

    /// <returns>True when the novelty did not become an item, so that nobody else counts it.</returns>
    private bool Learn(List<string> keys, ItemKind kind, BaselineState state, Assessment assessment, bool neverLearnt, in Sight sight)
    {
        if (neverLearnt)
        {
            return true;
        }

        var locked = state is BaselineState.Locked or BaselineState.LockedWeek;
        foreach (var key in keys)
        {
            if (baseline.Items.Find(key) is not null)
            {
                continue;
            }

            var added = baseline.Add(
                key[0] == (char)ItemKind.Edge ? ItemKind.Edge : kind, key,
                locked || assessment.IsRemarkable ? ItemState.Pending : ItemState.Learned, sight.First, sight.FirstUnit);
            baseline.Touch(added, sight);
            if (added.State == ItemState.Learned)
            {
                fleet?.Learnt(key);
            }
        }

        return false;
    }

    /// <summary>While everything is new, and where nothing settles, only what is odd by itself is worth a person's look.</summary>
    private static bool IsTold(BaselineState state, Assessment assessment) =>
        !IsLearning(state) || assessment.IsRemarkable;

    private static bool IsLearning(BaselineState state) => state is BaselineState.Learning or BaselineState.Unstable;

    private bool IsKnown(Item? item, in Sight sight, Observation observation)
    {
        if (item is null)
        {
            return false;
        }

        // What an attacker does again and again below an alert is no witness of what the deployment does, and neither is what a person does.
        if (item.State == ItemState.Pending && (IsSession(observation) || incidents.IsBelowAlert(observation)))
        {
            return false;
        }

        baseline.Touch(item, sight);
        if (item.State == ItemState.Pending && baseline.HasQuorum(item, sight.Last))
        {
            item.State = ItemState.Learned;
            fleet?.Learnt(item.FullKey);
        }

        return item.State != ItemState.Pending;
    }

    private Surroundings SurroundingsOf(Observation observation, ImageVersion? image, BaselineState state) => new()
    {
        BelowDeviation = incidents.IsBelowDeviation(observation),
        OnProbation = state == BaselineState.Reopened && image is { OnProbation: true },
        Rules = Rules,
    };

    /// <summary>The highest process whose edge is not the deployment's own; the process itself when all above are.</summary>
    private int RootOf(Observation observation)
    {
        var lineage = observation.Lineage;
        for (var i = lineage.Count - 1; i > 0; i--)
        {
            if ((lineage[i].Flags & (ProcessFlags.AtStart | ProcessFlags.ParentUnknown)) == 0
                && !IsOwnEdge(lineage[i], i + 1 < lineage.Count ? lineage[i + 1] : null))
            {
                return i;
            }
        }

        return 0;
    }

    /// <summary>A forebear comes with its phase of now: what a container started at its beginning was learnt in the one before.</summary>
    private bool IsOwnEdge(ProcessInfo process, ProcessInfo? parent) =>
        baseline.Items.Find(_key.Edge(process, parent, _probe is not null)) is { State: not ItemState.Pending }
        || (process.Phase == Phase.Steady && baseline.Items.Find(_key.Edge(process with { Phase = Phase.Init }, parent)) is { State: not ItemState.Pending });

    /// <summary>Not one learnt edge from it while it served.</summary>
    private bool StartsNothing(string binary)
    {
        var prefix = (char)ItemKind.Edge + binary + ">";
        var self = prefix + binary + "@";
        return !baseline.Items.All.Any(item => item.State != ItemState.Pending
            && item.FullKey.StartsWith(prefix, StringComparison.Ordinal)
            && item.FullKey.EndsWith("@steady", StringComparison.Ordinal)
            && !item.FullKey.StartsWith(self, StringComparison.Ordinal));
    }

    private string? KnownElsewhere(string binary)
    {
        var ending = "/" + ProgramNames.BaseName(binary);
        var known = baseline.Items.All
            .Where(item => item.Kind == ItemKind.Exec && item.State != ItemState.Pending && item.Key.EndsWith(ending, StringComparison.Ordinal))
            .Select(item => item.Key.ToString())
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();
        return known == binary ? null : known;
    }

    /// <summary>"61 h on 3 replicas".</summary>
    private string History(KindGroup group, in Sight sight)
    {
        if (baseline.Group(group).Coverage.Units == 0)
        {
            return "";
        }

        var span = baseline.SpanSeen(group);
        return scope.IsHost ? span : $"{span} on {DisplayText.Plural(Math.Max(1, baseline.Replicas.Live(sight.Last - options.Day.Ticks)), "replica")}";
    }

    private static ProcessInfo? ParentOf(Observation observation) => observation.Lineage.Count > 1 ? observation.Lineage[1] : null;
}
