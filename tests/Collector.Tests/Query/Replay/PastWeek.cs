using Runtime.Collector.Baselines;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Rules;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Scopes;
using Runtime.Collector.Tests.Storage;

namespace Runtime.Collector.Tests.Query.Replay;

using Sample = Runtime.Collector.Tests.Storage.Sample;

/// <summary>A real store whose last week a real engine judged: a web deployment that locked, and what was done in it then.</summary>
internal sealed class PastWeek : IDisposable
{
    /// <summary>With it the dropped program pages, and the schedule does not.</summary>
    public const double Budget = 0.002;

    public PastWeek(double budget = Budget)
    {
        Web = new EngineWeb(new BaselineOptions { AlertBudget = budget });
        Web.Builder.Now = Sample.Now;
        Web.Locked();
    }

    public EngineWeb Web { get; }
    public TempStore Store { get; } = new();
    public FakeStore Scopes { get; } = new();
    public RulesInForce Rules { get; } = new(RuleSet.BuiltIn);

    /// <summary>A schedule that the server writes, then a program that was dropped, of the entrypoint, which serves nobody.</summary>
    public PastWeek DoOddThings()
    {
        var replica = Web.Replicas[0];
        Web.Apply(Web.Builder.File(replica.Container, replica.Nginx, "/etc/cron.d/x"));
        Web.Builder.Now += TimeSpan.FromHours(3);
        Web.Apply(Web.Builder.Exec(replica.Container, Web.Builder.Process("/tmp/dropped", replica.Entrypoint, flags: ProcessFlags.UpperLayer)));
        Web.Builder.Now += TimeSpan.FromHours(3);
        return this;
    }

    /// <summary>A fact that needs no baseline.</summary>
    public PastWeek Mine()
    {
        var replica = Web.Replicas[1];
        Web.Apply(Web.Builder.FirstBytes(replica.Container, Web.Builder.Process("/usr/bin/node", replica.Entrypoint), "203.0.113.7", 3333, "stratum"));
        return this;
    }

    public IEnumerable<string> PagedTitles => Web.Incidents.Where(incident => incident.AlertedRevision > 0).Select(incident => incident.Title).Order(StringComparer.Ordinal);

    public async Task KeepAsync()
    {
        var log = Web.Log.Select(observation => observation with { AgentId = Sample.Agent.AgentId, Node = Sample.Agent.Node }).ToArray();
        await Store.AddAsync(1, log[..10]);
        Store.Time.Advance(TimeSpan.FromDays(4));
        await Store.AddAsync(2, log[10..]);
        await Store.Scopes.SaveAsync(
            ObservationBuilder.Web.Id, new ScopeRecord { Known = true, State = Web.Engine.Save(), AppliedThrough = Web.Builder.LastId, Outcome = Outcomes.Join(Web.Outcomes) }, 0, Store.Time.GetUtcNow(),
            CancellationToken.None);
        Scopes.Scopes.Add(new ScopeSummary(ObservationBuilder.Web.Id, Sample.Now, Web.Builder.Now, Web.Replicas.Count, [], 0));
        Scopes.Baselines[ObservationBuilder.Web.Id] = Web.Engine.View(Web.Builder.Now);
    }

    public ReplayReader Reader() => new(Store.Replays, Scopes, Web.Options, Rules, Store.Time);

    public ReplayQuestion Question(double? budget = null, string? rules = null) => new(
        null, Store.Time.GetUtcNow() - TimeSpan.FromDays(7), budget, rules is null ? null : RulesFile.Parse("rules", System.Text.Encoding.UTF8.GetBytes("version: 1\n" + rules)), 100);

    public async Task<ReplayAnswer> ReplayAsync(double? budget = null, string? rules = null) =>
        (await Reader().ReplayAsync(Question(budget, rules), CancellationToken.None).LastAsync()).Answer!;

    public void Dispose() => Store.Dispose();
}
