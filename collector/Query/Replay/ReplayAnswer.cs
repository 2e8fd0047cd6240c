using Runtime.Collector.Incidents;

namespace Runtime.Collector.Query.Replay;

/// <summary>What is asked of a replay; checked.</summary>
/// <param name="Deployments">Null: all.</param>
/// <param name="Budget">Null: each deployment's own.</param>
/// <param name="Rules">Null: those in force.</param>
internal sealed record ReplayQuestion(Search.SearchTerm? Deployments, DateTimeOffset Since, double? Budget, Rules.RuleSet? Rules, int Limit);

internal readonly record struct ReplayProgress(int Deployments, int Done, long Events);

/// <summary>Either of them.</summary>
internal sealed record ReplayUpdate(ReplayProgress? Progress, ReplayAnswer? Answer);

internal enum Paged
{
    OnlyThen = 0,
    OnlyNow = 1,
    Both = 2,
}

/// <param name="IsStored">False for one that only the replay knows.</param>
/// <param name="Why">It pages, or does not any more.</param>
internal sealed record ReplayedIncident(Incident Incident, bool IsStored, Paged Paged, string Why);

/// <summary>Incidents that page, and what they cost.</summary>
internal readonly record struct PageCount(int ByFacts, int ByNovelty)
{
    public int Incidents => ByFacts + ByNovelty;

    public PageCount With(bool isFact) => isFact ? this with { ByFacts = ByFacts + 1 } : this with { ByNovelty = ByNovelty + 1 };
}

/// <summary>Deployments and how long they were watched.</summary>
internal readonly record struct Watched(int Deployments, double Days, DateTimeOffset Since, DateTimeOffset Until);

internal sealed record ReplayAnswer
{
    public required Watched Watched { get; init; }
    public required double Budget { get; init; }
    public required string RulesFingerprint { get; init; }
    public required PageCount Now { get; init; }
    public required PageCount Then { get; init; }
    public required int Both { get; init; }
    public required int OnlyNow { get; init; }
    public required int OnlyThen { get; init; }
    public required int Below { get; init; }
    public required int Unjudged { get; init; }

    /// <summary>Only then, only now, both; each strongest first.</summary>
    public required IReadOnlyList<ReplayedIncident> Incidents { get; init; }
    public required long Events { get; init; }
    public required bool IsComplete { get; init; }
    public required IReadOnlyList<string> Remarks { get; init; }
}

internal sealed record BudgetOutlook(Watched Watched, PageCount Now, IReadOnlyList<(double Budget, PageCount Pages)> Lines, int Unjudged, IReadOnlyList<string> Remarks);
