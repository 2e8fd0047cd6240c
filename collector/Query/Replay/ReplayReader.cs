using System.Runtime.CompilerServices;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;
using Runtime.Collector.Rules;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Query.Replay;

/// <summary>
/// What a time behind us would have paged. Another budget asks stored incidents for the least budget that they page with; other rules are asked about the
/// events in the log. Reads only, one replay at a time. Questions are checked (<see cref="ReplayRules"/>). Any thread.
/// </summary>
internal sealed class ReplayReader(IReplayStore store, IScopeDirectory scopes, BaselineOptions options, RulesInForce inForce, TimeProvider time) : IDisposable
{
    /// <summary>Of one replay's events.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private const int MaxIncidents = 50_000;
    private const long MaxEvents = 5_000_000;
    private const int EventsAtOnce = 2000;
    private static readonly TimeSpan _progressEvery = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _lane = new(1);

    public void Dispose() => _lane.Dispose();

    public async Task<BudgetOutlook> OutlookAsync(ReplayQuestion question, IReadOnlyList<double> budgets, CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow();
        var moment = await store.BeginAsync(question.Deployments, question.Since, cancellationToken);
        var stored = await StoredAsync(moment, question, cancellationToken);
        var unjudged = stored.Incidents.Count(incident => StoredVerdict.WouldPage(incident, 1, incident.IsFact) is null);
        return new(
            Watch(moment, question.Since, until), Count(stored.Incidents.Where(StoredVerdict.DidPage)),
            [.. budgets.Select(budget => (budget, Count(stored.Incidents.Where(incident => StoredVerdict.WouldPage(incident, budget, incident.IsFact) == true))))],
            unjudged, ReplayRemarks.OfIncidents(stored.Incidents.Count, stored.IsCut, unjudged));
    }

    /// <summary>Progress, then one answer.</summary>
    public async IAsyncEnumerable<ReplayUpdate> ReplayAsync(ReplayQuestion question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _lane.WaitAsync(cancellationToken);
        try
        {
            var until = time.GetUtcNow();
            var moment = await store.BeginAsync(question.Deployments, question.Since, cancellationToken);
            var stored = await StoredAsync(moment, question, cancellationToken);
            var verdicts = new ReplayVerdicts(question, options, stored.Incidents);
            var (events, done, more) = (0L, 0, 0L);
            if (question.Rules is { } rules)
            {
                var started = time.GetTimestamp();
                var told = started;
                foreach (var scope in moment.Scopes)
                {
                    var replay = await BeginScopeAsync(scope, rules, verdicts, cancellationToken);
                    for (var after = moment.FirstLog - 1; ;)
                    {
                        if (time.GetElapsedTime(started) >= Longest || events >= MaxEvents)
                        {
                            replay = null;
                            break;
                        }

                        var rows = await store.ReadEventsAsync(scope, question.Since, after, EventsAtOnce, cancellationToken);
                        foreach (var observation in rows.Select(row => row.Observation).Where(observation => observation is not null))
                        {
                            replay.Take(observation!);
                        }

                        events += rows.Count;
                        if (time.GetElapsedTime(told) >= _progressEvery)
                        {
                            told = time.GetTimestamp();
                            yield return new(new ReplayProgress(moment.Scopes.Count, done, events), null);
                        }

                        if (rows.Count < EventsAtOnce)
                        {
                            break;
                        }

                        after = rows[^1].Id;
                    }

                    // Half of a deployment's events would say of some facts that they are gone.
                    if (replay is null)
                    {
                        break;
                    }

                    await verdicts.TakeAsync(scope.ScopeId, replay, store, cancellationToken);
                    more += replay.More;
                    done++;
                }
            }

            var isComplete = question.Rules is null || done == moment.Scopes.Count;
            var remarks = ReplayRemarks.OfIncidents(stored.Incidents.Count, stored.IsCut, verdicts.Unjudged)
                .Concat(question.Rules is { } asked ? ReplayRemarks.OfRules(asked, inForce.Current, moment, question.Since, done, more) : []);
            yield return new(null, verdicts.Answer(Watch(moment, question.Since, until), (question.Rules ?? inForce.Current).Fingerprint, events, isComplete, [.. remarks]));
        }
        finally
        {
            _lane.Release();
        }
    }

    private async Task<RuleReplay> BeginScopeAsync(ReplayScope scope, RuleSet rules, ReplayVerdicts verdicts, CancellationToken cancellationToken)
    {
        var approved = (await scopes.GetBaselineAsync(scope.ScopeId, cancellationToken))?.Items
            .Where(item => item.Kind == Item.Name(ItemKind.TierZero) && item.State == "approved").Select(item => item.Key).ToHashSet(StringComparer.Ordinal) ?? [];
        return new RuleReplay(Scope.Parse(scope.ScopeId), options, inForce.Current, rules, approved, await verdicts.FactsOfAsync(scope.ScopeId, store, cancellationToken));
    }

    private async Task<(IReadOnlyList<Incident> Incidents, bool IsCut)> StoredAsync(ReplayMoment moment, ReplayQuestion question, CancellationToken cancellationToken)
    {
        var ids = moment.Scopes.Select(scope => scope.ScopeId).ToHashSet(StringComparer.Ordinal);
        var read = await store.ReadIncidentsAsync(question.Since, MaxIncidents + 1, cancellationToken);
        return ([.. read.Take(MaxIncidents).Where(incident => ids.Contains(incident.ScopeId))], read.Count > MaxIncidents);
    }

    private Watched Watch(ReplayMoment moment, DateTimeOffset since, DateTimeOffset until) => new(
        moment.Scopes.Count,
        moment.Scopes.Sum(scope => Math.Max(0, ((scope.LastSeen < until ? scope.LastSeen : until) - (scope.FirstSeen > since ? scope.FirstSeen : since)) / options.Day)), since, until);

    private static PageCount Count(IEnumerable<Incident> incidents) => incidents.Aggregate(default(PageCount), (count, incident) => count.With(incident.IsFact));
}
