using Google.Protobuf.WellKnownTypes;
using Runtime.Collector.Ingest;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;
using Runtime.Tests;
using Xunit;
using Deviation = Runtime.Collector.Detection.Deviation;
using Incident = Runtime.Collector.Incidents.Incident;
using Stored = Runtime.Collector.Tests.Storage.Sample;

namespace Runtime.Collector.Tests.Query.Replay;

/// <summary>A week in a real store, judged by a real engine, before other budgets and other rules.</summary>
public sealed class ReplayTests
{
    private const string Database = """
        own:
          - name: database_dials
            kind: network
            severity: high
            words: "{binary} connected to {remote_address}"
            all: [{ field: remote_address, is: 10.9.8.7 }]
        """;

    private const string Chown = """
        own:
          - name: changes_owners
            kind: exec
            severity: high
            words: "{binary} ran"
            all: [{ field: binary, is: /bin/chown }]
        """;

    private const string Dropped = """
        own:
          - name: dropped
            kind: exec
            severity: critical
            words: "{binary} ran"
            all: [{ field: binary, is: /tmp/dropped }]
        """;

    [Fact]
    public async Task BudgetAndRulesOfToday_GiveWhatDidPage()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings().Mine());

        var answer = await week.ReplayAsync();

        Assert.Equal((2, 0, 0, 1, 0), (answer.Both, answer.OnlyNow, answer.OnlyThen, answer.Below, answer.Unjudged));
        Assert.Equal((new PageCount(1, 1), new PageCount(1, 1), PastWeek.Budget), (answer.Now, answer.Then, answer.Budget));
        Assert.Equal(week.PagedTitles, Titles(answer, Paged.Both));
        Assert.Equal((1, 4.0, true), (answer.Watched.Deployments, answer.Watched.Days, answer.IsComplete));
    }

    [Fact]
    public async Task LowerBudget_DropsTheWeakIncident_AndALargerOneBringsItIn()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings().Mine());

        var quiet = await week.ReplayAsync(0.0005);
        var loud = await week.ReplayAsync(0.01);

        Assert.Contains("/tmp/dropped", Assert.Single(Titles(quiet, Paged.OnlyNow)), StringComparison.Ordinal);
        Assert.True(quiet.Incidents.Single(row => row.Paged == Paged.Both).Incident.IsFact);
        Assert.Equal((1, 0, 2), (quiet.Both, quiet.OnlyThen, quiet.Below + quiet.OnlyNow));
        Assert.Contains("/etc/cron.d/x", Assert.Single(Titles(loud, Paged.OnlyThen)), StringComparison.Ordinal);
        Assert.Equal((2, 0, new PageCount(1, 2)), (loud.Both, loud.OnlyNow, loud.Then));
    }

    /// <summary>The one figure that an incident keeps, beside engines that really had these budgets.</summary>
    [Theory]
    [InlineData(0.0001)]
    [InlineData(0.0005)]
    [InlineData(0.0007)]
    [InlineData(0.002)]
    [InlineData(0.0025)]
    [InlineData(0.01)]
    [InlineData(1)]
    public async Task AnyBudget_PagesWhatAnEngineWithItPaged(double budget)
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings().Mine());
        using var other = new PastWeek(budget).DoOddThings().Mine();

        var answer = await week.ReplayAsync(budget);

        Assert.Equal(other.PagedTitles, Titles(answer, Paged.Both, Paged.OnlyThen));
    }

    [Fact]
    public async Task Outlook_CountsWhatEachBudgetPages()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings().Mine());

        var outlook = await week.Reader().OutlookAsync(week.Question(), [0.0005, 0.002, 0.01], TestContext.Current.CancellationToken);

        Assert.Equal([(0.0005, new PageCount(1, 0)), (0.002, new PageCount(1, 1)), (0.01, new PageCount(1, 2))], outlook.Lines);
        Assert.Equal((new PageCount(1, 1), 0), (outlook.Now, outlook.Unjudged));
    }

    [Fact]
    public async Task Rules_ThatNameWhatIsUsual_MakeANewPage()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings());

        var answer = await week.ReplayAsync(rules: Chown);

        var made = Assert.Single(answer.Incidents, row => row.Paged == Paged.OnlyThen);
        Assert.Equal((false, "/bin/chown ran, in shop/web", "these rules make it changes_owners"), (made.IsStored, made.Incident.Title, made.Why));
        Assert.Contains("/bin/chown", made.Incident.ProcessTree, StringComparison.Ordinal);
        Assert.Equal((1, 0, new PageCount(1, 1)), (answer.Both, answer.OnlyNow, answer.Then));
        Assert.Equal(week.Web.Log.Count(observation => observation is not ExitObservation), (int)answer.Events);

        // Nothing of it is kept.
        Assert.Equal((1, 0), ((await week.ReplayAsync()).Both, (await week.ReplayAsync()).OnlyThen));
    }

    [Fact]
    public async Task Rules_OfAProcessWhoseIncidentStayedBelow_RaiseThatOne()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings());

        var answer = await week.ReplayAsync(rules: Database);

        var raised = Assert.Single(answer.Incidents, row => row.Paged == Paged.OnlyThen);
        Assert.Equal((true, "these rules make it database_dials", 0), (raised.IsStored, raised.Why, answer.Below));
        Assert.Contains("/etc/cron.d/x", raised.Incident.Title, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_OfWhatPagedAlready_MakeNoSecondPage()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings());

        // Without the rules this budget would drop it.
        var answer = await week.ReplayAsync(0.0005, Dropped);

        var row = Assert.Single(answer.Incidents);
        Assert.Equal((Paged.Both, true, "these rules make it dropped", new PageCount(1, 0)), (row.Paged, row.IsStored, row.Why, answer.Then));
    }

    [Fact]
    public async Task Rules_ThatLeaveAFactOut_DropItsPage()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings().Mine());

        var answer = await week.ReplayAsync(0.0005, "facts: { stratum: off }");

        Assert.Equal(["these rules leave out stratum"], answer.Incidents.Where(row => row.Incident.IsFact).Select(row => row.Why));
        Assert.Equal((0, 2, 0), (answer.Both, answer.OnlyNow, answer.OnlyThen));
    }

    [Fact]
    public async Task Fact_ThatAPersonApproved_IsNone()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings());
        var view = week.Scopes.Baselines[ObservationBuilder.Web.Id];
        week.Scopes.Baselines[ObservationBuilder.Web.Id] = view with { Items = [view.Items[0] with { Kind = "tier0", Key = "changes_owners|/bin/chown", State = "approved" }] };

        Assert.Equal(0, (await week.ReplayAsync(rules: Chown)).OnlyThen);
    }

    [Fact]
    public async Task Incident_FromBeforeTheFigure_IsNotJudged()
    {
        using var week = new PastWeek().DoOddThings();
        week.Web.Outcomes[^1] = week.Web.Outcomes[^1] with { Incidents = [.. week.Web.Outcomes[^1].Incidents.Select(incident => incident with { PagesFrom = null })] };
        await week.KeepAsync();

        var answer = await week.ReplayAsync(1);

        Assert.Equal((1, 0, 1), (answer.Unjudged, answer.Both, answer.Now.Incidents));
        Assert.Contains(answer.Remarks, remark => remark.StartsWith("1 incidents are from before", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Deployments_ThatDoNotFit_AreLeftOut()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings());
        var request = new V1.ReplayRequest { Deployments = "shop/w*", Since = week.Question().Since.ToTimestamp() };

        Assert.Equal(1, (await LastAsync(week, ReplayRules.Question(request, week.Store.Time.GetUtcNow()))).Both);
        request.Deployments = "shop/api*";
        var none = await LastAsync(week, ReplayRules.Question(request, week.Store.Time.GetUtcNow()));
        Assert.Equal((0, 0), (none.Watched.Deployments, none.Now.Incidents));
    }

    [Fact]
    public async Task Replay_ThatTakesTooLong_SaysHowFarItCame()
    {
        using var week = await KeptAsync(new PastWeek().DoOddThings());
        await week.Store.AddAsync(3, Stored.Exec(scope: Stored.Api, at: week.Store.Time.GetUtcNow()));
        var slow = new SlowStore(week.Store.Replays, week.Store.Time);
        using var reader = new ReplayReader(slow, week.Scopes, week.Web.Options, week.Rules, week.Store.Time);

        var updates = await reader.ReplayAsync(week.Question(rules: Database), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(new ReplayProgress(2, 0, 1), updates[0].Progress);
        var answer = updates[^1].Answer!;
        Assert.Equal((false, 1L, 0), (answer.IsComplete, answer.Events, answer.OnlyThen));
        Assert.Contains(answer.Remarks, remark => remark.StartsWith("the time was enough for 1 of 2 deployments", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(20, "", "", "budget = \"20\": must be from 0.0001 to 10")]
    [InlineData(0, "web severity:high", "", "deployments = \"web severity:high\": must be one pattern")]
    [InlineData(0, "", "own: 3", "rules:1: version")]
    public void Question_ThatCannotBeAsked_IsRefusedWithTheField(double budget, string deployments, string rules, string message)
    {
        var fault = Assert.Throws<Collector.Query.QueryFault>(() => ReplayRules.Question(
            new V1.ReplayRequest { Budget = budget, Deployments = deployments, Rules = rules, Since = Stored.Now.ToTimestamp() }, Stored.Now));
        Assert.StartsWith(message, fault.Message, StringComparison.Ordinal);
    }

    private static async Task<PastWeek> KeptAsync(PastWeek week)
    {
        await week.KeepAsync();
        return week;
    }

    private static async Task<ReplayAnswer> LastAsync(PastWeek week, ReplayQuestion question) => (await week.Reader().ReplayAsync(question, TestContext.Current.CancellationToken).LastAsync(TestContext.Current.CancellationToken)).Answer!;

    private static IEnumerable<string> Titles(ReplayAnswer answer, params Paged[] paged) =>
        answer.Incidents.Where(row => paged.Contains(row.Paged)).Select(row => row.Incident.Title).Order(StringComparer.Ordinal);

    /// <summary>Each look at events takes longer than a replay may.</summary>
    private sealed class SlowStore(IReplayStore store, SleepersClock time) : IReplayStore
    {
        public Task<ReplayMoment> BeginAsync(SearchTerm? deployments, DateTimeOffset since, CancellationToken cancellationToken) => store.BeginAsync(deployments, since, cancellationToken);

        public Task<IReadOnlyList<Incident>> ReadIncidentsAsync(DateTimeOffset since, int limit, CancellationToken cancellationToken) => store.ReadIncidentsAsync(since, limit, cancellationToken);

        public Task<IReadOnlyList<LogRow>> ReadEventsAsync(ReplayScope scope, DateTimeOffset since, long after, int limit, CancellationToken cancellationToken)
        {
            time.Advance(TimeSpan.FromSeconds(21));
            return store.ReadEventsAsync(scope, since, after, limit, cancellationToken);
        }

        public Task<IReadOnlyList<Deviation>> ReadDeviationsAsync(string scopeId, string incidentId, CancellationToken cancellationToken) => store.ReadDeviationsAsync(scopeId, incidentId, cancellationToken);
    }
}
