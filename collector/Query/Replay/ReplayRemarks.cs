using Runtime.Collector.Detection;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Query.Replay;

/// <summary>What a replay does not take into account, for people.</summary>
internal static class ReplayRemarks
{
    public static IReadOnlyList<string> OfIncidents(int judged, bool isCut, int unjudged) =>
    [
        $"{judged} incidents that began in this time were judged by the evidence that they had; that a page keeps what it tells of from being learnt, and so changes what follows, is not played through",
        "decisions count as people made them: a closed or approved incident gathered nothing more",
        .. unjudged > 0 ? [$"{unjudged} incidents are from before the collector noted from which budget on they page: nothing is said of them"] : (string[])[],
        .. isCut ? ["there are more incidents than a replay looks at; those that began first were left out: ask for less time"] : (string[])[],
    ];

    public static IReadOnlyList<string> OfRules(RuleSet rules, RuleSet inForce, ReplayMoment moment, DateTimeOffset since, int done, long more)
    {
        var switchedOn = TierZero.All.Where(fact => rules.IsOn(fact) && !inForce.IsOn(fact)).ToList();
        return
        [
            "rules were asked about the events in the log: what an agent counted as a repeat is one event",
            moment.OldestEvent is { } oldest && oldest <= since ? "the log reaches back to the beginning of this time"
                : moment.OldestEvent is { } kept ? $"the log begins at {kept:u}: older events are gone (Storage:EventRetention), and nothing new is found in them" : "the log holds no events: they are gone (Storage:EventRetention)",
            "that a fact of these rules is never learnt, and weighs in no baseline, is not played through",
            .. switchedOn.Count > 0 ? [$"facts that these rules switch on are seen in single events only: {string.Join(", ", switchedOn)}; of what is a fact only when it is new, all counts as new"] : (string[])[],
            .. done < moment.Scopes.Count ? [$"the time was enough for {done} of {moment.Scopes.Count} deployments, in the order of their ids; for the others the rules in force count: name fewer deployments, or less time"] : (string[])[],
            .. more > 0 ? [$"{more} changes of further incidents were left out"] : (string[])[],
        ];
    }
}
