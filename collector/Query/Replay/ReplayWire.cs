using Runtime.Collector.Incidents;

namespace Runtime.Collector.Query.Replay;

/// <summary>Replays as messages of query.proto.</summary>
internal static class ReplayWire
{
    public static V1.ReplayUpdate Update(ReplayUpdate update) => update.Answer is { } answer
        ? new() { Answer = Answer(answer) }
        : new()
        {
            Progress = new() { Deployments = (uint)update.Progress!.Value.Deployments, DeploymentsDone = (uint)update.Progress.Value.Done, Events = (ulong)update.Progress.Value.Events },
        };

    public static V1.BudgetOutlook Outlook(BudgetOutlook outlook) => new()
    {
        Deployments = (uint)outlook.Watched.Deployments,
        DeploymentDays = outlook.Watched.Days,
        Since = Wire.Time(outlook.Watched.Since),
        Until = Wire.Time(outlook.Watched.Until),
        Now = Count(outlook.Now, outlook.Watched),
        Lines = { outlook.Lines.Select(line => new V1.BudgetOutlook.Types.Line { Budget = line.Budget, Pages = Count(line.Pages, outlook.Watched) }) },
        Unjudged = (uint)outlook.Unjudged,
        Remarks = { outlook.Remarks },
    };

    private static V1.ReplayAnswer Answer(ReplayAnswer answer) => new()
    {
        Deployments = (uint)answer.Watched.Deployments,
        DeploymentDays = answer.Watched.Days,
        Since = Wire.Time(answer.Watched.Since),
        Until = Wire.Time(answer.Watched.Until),
        Budget = answer.Budget,
        RulesFingerprint = answer.RulesFingerprint,
        Now = Count(answer.Now, answer.Watched),
        Then = Count(answer.Then, answer.Watched),
        Both = (uint)answer.Both,
        OnlyNow = (uint)answer.OnlyNow,
        OnlyThen = (uint)answer.OnlyThen,
        Below = (uint)answer.Below,
        Unjudged = (uint)answer.Unjudged,
        Incidents = { answer.Incidents.Select(Incident) },
        Events = (ulong)answer.Events,
        Complete = answer.IsComplete,
        Remarks = { answer.Remarks },
    };

    private static V1.ReplayCount Count(PageCount count, Watched watched) => new()
    {
        Incidents = (uint)count.Incidents,
        ByFacts = (uint)count.ByFacts,
        ByNovelty = (uint)count.ByNovelty,
        PerDeploymentDay = watched.Days > 0 ? count.ByNovelty / watched.Days : 0,
    };

    private static V1.ReplayIncident Incident(ReplayedIncident row) => new()
    {
        Paged = row.Paged switch { Paged.Both => "both", Paged.OnlyNow => "only_now", _ => "only_then" },
        IncidentId = row.IsStored ? row.Incident.Id : "",
        ScopeId = row.Incident.ScopeId,
        Title = row.Incident.Title,
        Severity = (V1.Severity)(int)row.Incident.Severity,
        FirstSeen = Wire.Time(row.Incident.FirstSeen),
        LastSeen = Wire.Time(row.Incident.LastSeen),
        EValue = row.Incident.EValue,
        PagesFrom = row.Incident.PagesFrom is { } from and < PagingBudget.None ? from : 0,
        Why = row.Why,
        ProcessTree = row.Incident.ProcessTree,
    };
}
