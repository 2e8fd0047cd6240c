using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Query.Replay;

/// <summary>Incidents beside each other: what they did, and what they would have done. Bounded by the stored incidents and what rules make. Not thread-safe.</summary>
internal sealed class ReplayVerdicts
{
    private readonly ReplayQuestion _question;
    private readonly BaselineOptions _options;
    private readonly List<Judged> _judged;
    private readonly List<(Incident Incident, string Why)> _made = [];

    public ReplayVerdicts(ReplayQuestion question, BaselineOptions options, IReadOnlyList<Incident> stored)
    {
        (_question, _options) = (question, options);
        _judged = [.. stored.Select(incident => new Judged(incident) { Then = Judge(incident, incident.IsFact), Why = WhyBudget(incident) })];
    }

    public int Unjudged => _judged.Count(judged => judged.Then is null);

    /// <summary>Keys of the facts that the stored incidents of a scope hold.</summary>
    public async Task<IReadOnlySet<string>> FactsOfAsync(string scopeId, IReplayStore store, CancellationToken cancellationToken)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var judged in Of(scopeId).Where(judged => judged.Incident.IsFact))
        {
            judged.Facts = [.. (await store.ReadDeviationsAsync(scopeId, judged.Incident.Id, cancellationToken)).Where(IsFact).Select(deviation => deviation.Key)];
            keys.UnionWith(judged.Facts);
        }

        return keys;
    }

    /// <summary>What rules make of one deployment.</summary>
    public async Task TakeAsync(string scopeId, RuleReplay replay, IReplayStore store, CancellationToken cancellationToken)
    {
        foreach (var judged in Of(scopeId).Where(judged => judged.Facts.Count > 0 && !judged.Facts.Any(replay.Remains)))
        {
            judged.IsFactThen = false;
            judged.Then = Judge(judged.Incident, isFact: false);
            judged.Why = judged.Then == true ? "its novelty pages without the facts that these rules leave out" : $"these rules leave out {string.Join(", ", judged.Facts.Select(RuleOf).Distinct())}";
        }

        foreach (var (incident, facts) in replay.Paged)
        {
            var why = "these rules make it " + string.Join(", ", facts.Select(fact => RuleOf(fact.Key)).Distinct());
            if (await FindAsync(scopeId, incident, facts, store, cancellationToken) is { } told)
            {
                (told.Then, told.IsFactThen, told.Why) = (true, true, why);
            }
            else
            {
                _made.Add((incident, why));
            }
        }
    }

    public ReplayAnswer Answer(Watched watched, string rulesFingerprint, long events, bool isComplete, IReadOnlyList<string> remarks)
    {
        var sure = _judged.Where(judged => judged.Then is not null).ToList();
        var rows = sure.Where(judged => judged.Now || judged.Then == true)
            .Select(judged => new ReplayedIncident(judged.Incident, true, judged.Now ? judged.Then == true ? Paged.Both : Paged.OnlyNow : Paged.OnlyThen, judged.Why))
            .Concat(_made.Select(made => new ReplayedIncident(made.Incident, false, Paged.OnlyThen, made.Why)))
            .OrderBy(row => row.Paged).ThenByDescending(row => row.Incident.Severity).ThenByDescending(row => row.Incident.EValue).ThenBy(row => row.Incident.Id, StringComparer.Ordinal).ToList();
        return new ReplayAnswer
        {
            Watched = watched,
            Budget = _question.Budget ?? MeanBudget(),
            RulesFingerprint = rulesFingerprint,
            Now = _judged.Where(judged => judged.Now).Aggregate(default(PageCount), (count, judged) => count.With(judged.Incident.IsFact)),
            Then = sure.Where(judged => judged.Then == true).Aggregate(new PageCount(_made.Count, 0), (count, judged) => count.With(judged.IsFactThen)),
            Both = rows.Count(row => row.Paged == Paged.Both),
            OnlyNow = rows.Count(row => row.Paged == Paged.OnlyNow),
            OnlyThen = rows.Count(row => row.Paged == Paged.OnlyThen),
            Below = sure.Count(judged => !judged.Now && judged.Then == false),
            Unjudged = Unjudged,
            Incidents = [.. rows.Take(_question.Limit)],
            Events = events,
            IsComplete = isComplete,
            Remarks = remarks,
        };
    }

    private bool? Judge(Incident incident, bool isFact) => StoredVerdict.WouldPage(incident, BudgetOf(incident.ScopeId), isFact);

    private double BudgetOf(string scopeId) => _question.Budget ?? _options.BudgetOf(Scope.Parse(scopeId)).FalseAlertsPerDay;

    private double MeanBudget() => _judged.Count == 0 ? _options.AlertBudget : _judged.Average(judged => BudgetOf(judged.Incident.ScopeId));

    private static string WhyBudget(Incident incident) => incident switch
    {
        { IsFact: true } => "a fact pages whatever the budget",
        { PagesFrom: >= PagingBudget.None or null } => "no budget is large enough for what it weighs",
        { PagesFrom: { } from } => FormattableString.Invariant($"pages from a budget of {Math.Max(from, BaselineOptions.LeastBudget):0.####} a day on"),
    };

    private IEnumerable<Judged> Of(string scopeId) => _judged.Where(judged => judged.Incident.ScopeId == scopeId);

    /// <summary>The stored incident that the facts would have joined: one of their processes is one that it is about.</summary>
    private async Task<Judged?> FindAsync(string scopeId, Incident incident, IReadOnlyCollection<Deviation> facts, IReplayStore store, CancellationToken cancellationToken)
    {
        var processes = facts.SelectMany(fact => fact.Lineage.Select(process => (fact.Container?.Id, process.Pid, process.StartBootNs))).ToHashSet();

        // Read once each, however many facts ask.
        foreach (var judged in Of(scopeId).Where(judged => judged.Incident.FirstSeen <= incident.LastSeen + _options.ReturnWindow && judged.Incident.LastSeen + _options.ReturnWindow >= incident.FirstSeen))
        {
            judged.Processes ??= [.. (await store.ReadDeviationsAsync(scopeId, judged.Incident.Id, cancellationToken)).Where(deviation => deviation.Lineage.Count > 0)
                .Select(deviation => (deviation.Container?.Id, deviation.Lineage[0].Pid, deviation.Lineage[0].StartBootNs))];
            if (judged.Processes.Overlaps(processes))
            {
                return judged;
            }
        }

        return null;
    }

    private static bool IsFact(Deviation deviation) => deviation.Kind == Item.Name(ItemKind.TierZero);

    private static string RuleOf(string key) => key[..Math.Max(0, key.IndexOf('|', StringComparison.Ordinal))];

    private sealed class Judged(Incident incident)
    {
        public Incident Incident => incident;
        public bool Now => StoredVerdict.DidPage(incident);

        /// <summary>Null: cannot be said.</summary>
        public bool? Then { get; set; }
        public bool IsFactThen { get; set; } = incident.IsFact;
        public string Why { get; set; } = "";

        /// <summary>That its deviations are of; null before somebody asked.</summary>
        public HashSet<(string? Container, uint Pid, ulong StartBootNs)>? Processes { get; set; }

        /// <summary>Keys of its facts; read where rules are asked.</summary>
        public IReadOnlyList<string> Facts { get; set; } = [];
    }
}
