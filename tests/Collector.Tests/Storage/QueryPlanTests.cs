using System.Text.RegularExpressions;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;
using Runtime.Collector.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

/// <summary>Every statement of the store, asked of SQLite: does it go through a table that grows without a bound?</summary>
public sealed partial class QueryPlanTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Fact]
    public async Task Statements_OfAllQuestions_SearchTheTablesThatGrow()
    {
        using var store = new TempStore(audience: new(new Dictionary<string, Func<Incident, bool>> { ["a"] = _ => true }, new Dictionary<string, TimeOnly>()));
        await UseAsync(store);
        var statements = (await store.Database.ReadAsync(session => session.Statements.ToArray(), Soon)).Concat(await store.Database.WriteAsync(session => session.Statements.ToArray(), Soon)).Distinct().ToArray();
        Assert.True(statements.Length > 150, $"only {statements.Length} statements were used");

        var faults = new List<string>();
        foreach (var statement in statements.Where(text => !text.StartsWith("PRAGMA", StringComparison.Ordinal)))
        {
            var plan = await PlanAsync(store, statement);
            faults.AddRange(plan.Where(step => IsWholeWalk(step, statement)).Select(step => $"{step}\n  {statement}\n  {string.Join("; ", plan)}"));
        }

        Assert.True(faults.Count == 0, $"{faults.Count} of {statements.Length}:\n{string.Join("\n", faults.Take(12))}");
    }

    [Fact]
    public async Task Events_BetweenTwoTimes_ComeByTimeAndEachOnce()
    {
        using var store = new TempStore();

        // Later rows are of earlier times, and several of one.
        await store.AddAsync(1, [.. Enumerable.Range(0, 40).Select(i => Sample.Exec($"/bin/{i}", i % 3 == 0 ? Sample.Api : Sample.Web, Sample.Now.AddMinutes(-i / 4)))]);
        foreach (var filter in new[] { new ListFilter(Since: Sample.Now.AddHours(-1)), new ListFilter(Until: Sample.Now), new ListFilter(Since: Sample.Now.AddMinutes(-8), Until: Sample.Now.AddMinutes(-2), Scope: Sample.Web.Id) })
        {
            var whole = (await store.Query.ListEventsAsync(filter with { PageSize = 1000 }, Soon)).Items;
            var expected = Enumerable.Range(0, 40)
                .Where(i => Sample.Now.AddMinutes(-i / 4) >= (filter.Since ?? DateTimeOffset.MinValue) && Sample.Now.AddMinutes(-i / 4) <= filter.Until.GetValueOrDefault(DateTimeOffset.MaxValue))
                .Where(i => filter.Scope.Length == 0 || i % 3 != 0)
                .OrderBy(i => i / 4).ThenByDescending(i => i)
                .Select(i => $"/bin/{i}");
            Assert.Equal(expected, whole.Select(row => row.Process.Binary));

            var paged = new List<long>();
            var token = "";
            do
            {
                var page = await store.Query.ListEventsAsync(filter with { PageSize = 7, PageToken = token }, Soon);
                paged.AddRange(page.Items.Select(row => row.Id));
                token = page.NextPageToken;
            }
            while (token.Length > 0);

            Assert.Equal(whole.Select(row => row.Id), paged);
        }
    }

    [Fact]
    public async Task ReadEventsAfter_SinceATime_BeginsThereAndGoesOnById()
    {
        using var store = new TempStore();
        await store.AddAsync(1, [.. Enumerable.Range(0, 20).Select(i => Sample.Exec($"/bin/{i}", at: Sample.Now.AddMinutes(i)))]);
        var filter = new ListFilter(Since: Sample.Now.AddMinutes(12));
        var first = await store.Query.ReadEventsAfterAsync(0, filter, 5, Soon);
        var then = await store.Query.ReadEventsAfterAsync(first[^1].Id, filter, 5, Soon);
        Assert.Equal([13L, 14, 15, 16, 17, 18, 19, 20], first.Concat(then).Select(row => row.Id));
        Assert.Empty(await store.Query.ReadEventsAfterAsync(0, new ListFilter(Since: Sample.Now.AddDays(1)), 5, Soon));
    }

    [Fact]
    public async Task Figures_AfterEachCommitAndPrune_CountTheLog()
    {
        using var store = new TempStore();
        var first = await store.AddAsync(1, Sample.Exec("/a"), Sample.Exec("/b"), Sample.Exec("/c", Sample.Api));
        Assert.Equal(3, (await store.Query.GetFiguresAsync(Soon)).Events);
        await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { AppliedThrough = first[^1].Id }, 0, Sample.Now, Soon);
        store.Time.Advance(TimeSpan.FromDays(31));
        await store.AddAsync(2, Sample.Exec("/d"));
        await store.Retention.PruneAsync(Soon);
        var counted = await store.Database.ReadAsync(session => session.Number("SELECT count(*) FROM observations"), Soon);
        Assert.Equal(counted, (await store.Query.GetFiguresAsync(Soon)).Events);
    }

    /// <summary>
    /// "SCAN o", "SCAN deviations USING COVERING INDEX …". What is left out, and what bounds it: scopes, agents, epochs, losses and log_size are as many as
    /// deployments and nodes; containers are walked scope by scope; a partial index holds what is open or waits; the log of deliveries is passed over up to its length, which is a setting; a list without a time is read from its
    /// newest row on and ends with its page (a rare word or kind makes that long: it is a search).
    /// </summary>
    private static bool IsWholeWalk(string step, string statement)
    {
        if (Walk().Match(step) is not { Success: true } walk || walk.Groups["index"].Value is "deliveries_due" or "deliveries_settled" or "incidents_open" or "sightings_of_addresses")
        {
            return false;
        }

        var byTime = statement.Contains("time >=", StringComparison.Ordinal) || statement.Contains("time <=", StringComparison.Ordinal) || statement.Contains("_seen", StringComparison.Ordinal);
        return byTime || !Paged().IsMatch(statement);
    }

    private static Task<List<string>> PlanAsync(TempStore store, string statement)
    {
        var values = new object?[Parameter().Matches(statement).Select(match => int.Parse(match.ValueSpan[1..], null)).DefaultIfEmpty().Max()];
        return store.Database.WriteAsync(session => session.Rows("EXPLAIN QUERY PLAN " + statement, reader => reader.GetString(3), values), Soon);
    }

    private static async Task UseAsync(TempStore store)
    {
        var stored = await store.AddAsync(1, Sample.Exec(), Sample.Exec("/b", Sample.Api), Sample.Loss());
        var incident = Sample.Incident("ab1", Sample.Web.Id, state: IncidentState.Closed);
        var outcome = new ScopeOutcome([Sample.Deviation("d1", "ab1", Sample.Web.Id)], [incident], []);
        await store.Scopes.SaveAsync(
            Sample.Web.Id,
            new ScopeRecord { AppliedThrough = stored[^1].Id, Outcome = outcome, Alerts = [new AlertRow("a", incident), new AlertRow("b", incident)], Audit = [new AuditRow(Sample.Now, "ann", "close", "ab1", "")] },
            0, Sample.Now, Soon);
        foreach (var filter in Filters())
        {
            await store.Query.ListEventsAsync(filter, Soon);
            await store.Query.ReadEventsAfterAsync(0, filter, 10, Soon);
            await store.Query.ReadEventsAfterAsync(1, filter, 10, Soon);
            await store.Query.ListDeviationsAsync(filter, Soon);
            await store.Query.ListIncidentsAsync(filter, Soon);
            await store.Query.ListIncidentsAsync(filter with { State = "open" }, Soon);
            await store.Query.ListScopesAsync(filter, Soon);
        }

        await store.Search.BeginAsync(Soon);
        await store.Search.FindScopesAsync(SearchParser.Parse("image.registry:docker.io", Sample.Now), "", 10, Soon);
        await store.Search.FindSightingsAsync(null, SearchValues.NetworkOf("10.0.0.0/8"), 10, Soon);
        await store.Query.GetFiguresAsync(Soon);
        await store.Query.ListAgentsAsync(Soon);
        await store.Query.FindScopesAsync("web", Soon);
        await store.Query.FindIncidentsAsync("ab", Soon);
        await store.Query.FindDeviationsAsync("d", Soon);
        await store.Query.ListIncidentDeviationsAsync("ab1", Soon);
        await store.Query.ListDeliveriesAsync("ab1", Soon);
        await store.Query.WaitForEventsAsync(0, Soon);
        await store.Scopes.ReadAsync(Sample.Web.Id, 0, 10, Soon);
        await store.Scopes.ListBehindAsync(Soon);
        await store.Scopes.LoadAsync(Sample.Web.Id, Soon);
        await store.Scopes.FindIncidentAsync(Sample.Web.Id, "ab1", Soon);
        await store.Scopes.FindDeviationAsync(Sample.Web.Id, "d1", Soon);
        await store.Scopes.ListDeviationsAsync(Sample.Web.Id, "ab1", Soon);
        var due = await store.Outbox.TakeDueAsync("a", Severity.Unspecified, 10, Sample.Now, Soon);
        await store.Outbox.MarkDeliveredAsync(due[0].Id, "", Sample.Now, Soon);
        await store.Outbox.TakeDueAsync("a", Severity.Critical, 10, Sample.Now, Soon);
        await store.Deliveries.FindAsync(1, Soon);
        await store.Deliveries.RepeatAsync(1, "ann", Sample.Now, Soon);
        foreach (var log in new DeliveryFilter[] { new(), new(PageToken: "9"), new(Notifier: "a"), new(State: "failed"), new(IncidentId: "ab1"), new(10, "9", "a", "failed", "ab1") })
        {
            await store.Deliveries.ListAsync(log, Soon);
        }

        await store.Outbox.NextDueAsync("a", Severity.Unspecified, Soon);
        await store.Outbox.ListWaitingAsync(Soon);
        await store.Outbox.DropWaitingAsync("b", Sample.Now, Soon);
        await store.Query.GetDigestsAsync(null, Soon);
        await store.Query.GetDigestsAsync(Sample.Now, Soon);
        await store.Digests.LastSlotAsync(Soon);
        foreach (var day in new[] { 1, 2 })
        {
            await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { Outcome = new ScopeOutcome([], [Sample.Incident("weak", Sample.Web.Id) with { AlertedRevision = 0 }], []) }, day, Sample.Now, Soon);
            await store.Digests.TellAsync(Sample.Now.AddDays(day), Sample.Now.AddDays(day), ["a"], Soon);
        }

        store.Time.Advance(TimeSpan.FromDays(400));
        await store.Retention.PruneAsync(Soon);
    }

    /// <summary>Every combination of what a filter may have.</summary>
    private static IEnumerable<ListFilter> Filters()
    {
        for (var bits = 0; bits < 128; bits++)
        {
            yield return new ListFilter(
                PageToken: Has(0) ? "9.9" : "", Scope: Has(1) ? "web" : "", Kind: Has(2) ? "exec" : "", MinSeverity: Has(3) ? Severity.High : Severity.Unspecified,
                Since: Has(4) ? Sample.Now.AddHours(-1) : null, Until: Has(5) ? Sample.Now : null, Text: Has(6) ? "x" : "");

            bool Has(int bit) => (bits & (1 << bit)) != 0;
        }
    }

    [GeneratedRegex(@"^SCAN (o|observations|f|facts|words|sightings|d|deviations|i|incidents|deliveries|audit|c|containers)\b(.* INDEX (?<index>\w+))?")]
    private static partial Regex Walk();

    [GeneratedRegex(@"ORDER BY (o\.id|id|number)( DESC)?\s+LIMIT \$\d+\s*$")]
    private static partial Regex Paged();

    [GeneratedRegex(@"\$\d+")]
    private static partial Regex Parameter();
}
