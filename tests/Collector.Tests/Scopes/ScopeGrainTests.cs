using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

public sealed class ScopeGrainTests : IDisposable
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;
    private const string Forgotten = "default/-/Container/forgotten/-";
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-scopes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Tier0_BecomesAnIncidentAndARowForEachNotifier()
    {
        await using var host = await CollectorHost.StartAsync(_folder);
        await host.AddAsync(1, Sample.Exec(), Memfd());
        var incident = Assert.Single((await host.Query.ListIncidentsAsync(new ListFilter(), Soon)).Items);
        Assert.Equal((Sample.Web.Id, IncidentState.Open), (incident.ScopeId, incident.State));
        Assert.NotEmpty(await host.Query.ListIncidentDeviationsAsync(incident.Id, Soon));
        var slack = Assert.Single(await host.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, DateTimeOffset.UtcNow.AddMinutes(1), Soon));
        Assert.Equal(incident.Id, Assert.IsType<AlertMessage>(slack.Message).Incident.Id);
        Assert.Single(await host.Outbox.TakeDueAsync("hook", Severity.Unspecified, 10, DateTimeOffset.UtcNow.AddMinutes(1), Soon));
        Assert.Equal(0, (await host.Query.GetFiguresAsync(Soon)).EventsWaiting);
        Assert.DoesNotContain(host.Logs.All, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Baseline_OfALearningScope_SurvivesAStop()
    {
        BaselineItems before;
        await using (var host = await CollectorHost.StartAsync(_folder))
        {
            await host.AddAsync(1, [.. Enumerable.Range(0, 1200).Select(i => Sample.Exec($"/usr/bin/tool-{i % 40}", null, Sample.Now.AddSeconds(i)))]);
            before = BaselineItems.Of((await host.Scopes.GetBaselineAsync(Sample.Web.Id, Soon))!);
            Assert.Equal(new Budget(0.01, "Baselines:AlertBudget"), (await host.Scopes.GetBaselineAsync(Sample.Web.Id, Soon))!.Budget);
            Assert.True(before.Count >= 40);
            Assert.Null(await host.Scopes.GetBaselineAsync(Sample.Api.Id, Soon));
        }

        await using var again = await CollectorHost.StartAsync(_folder);
        Assert.Empty(await again.Log.ListBehindAsync(Soon));
        Assert.Equal(before, BaselineItems.Of((await again.Scopes.GetBaselineAsync(Sample.Web.Id, Soon))!));
    }

    [Fact]
    public async Task Scope_AskedForBeforeItsFirstRow_IsFoundAfterIt()
    {
        await using var host = await CollectorHost.StartAsync(_folder);
        Assert.Null(await host.Scopes.GetBaselineAsync(Sample.Web.Id, Soon));
        await host.AddAsync(1, Sample.Exec());
        Assert.NotNull(await host.Scopes.GetBaselineAsync(Sample.Web.Id, Soon));
    }

    [Fact]
    public async Task Rows_ThatOnlyTheLogHas_AreAppliedAtStart()
    {
        using (var store = new TempStore(_folder))
        {
            await store.AddAsync(1, Sample.Exec(), Memfd());
        }

        await using var host = await CollectorHost.StartAsync(_folder);
        while ((await host.Query.ListIncidentsAsync(new ListFilter(), Soon)).Items.Count == 0)
        {
            await Task.Delay(20, Soon);
        }

        Assert.Single(await host.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, DateTimeOffset.UtcNow.AddMinutes(1), Soon));
    }

    [Fact]
    public async Task HandOver_OutOfOrder_AppliesEveryRowOnce()
    {
        await using var host = await CollectorHost.StartAsync(_folder);
        await host.Ingest.OpenEpochAsync(Sample.Agent, Sample.Now, Soon);
        var batches = new List<IReadOnlyList<Observation>>();
        for (var i = 1; i <= 20; i++)
        {
            batches.Add((await host.Ingest.CommitAsync(Sample.Agent, Sample.Batch((ulong)i, Sample.Exec($"/bin/{i}"), Sample.Exec("/bin/all")), Sample.Now, Soon)).Stored);
        }

        batches.Reverse();
        await Task.WhenAll(batches.Select(batch => host.Scopes.ApplyAsync(batch, Soon)));
        var items = (await host.Scopes.GetBaselineAsync(Sample.Web.Id, Soon))!.Items.Where(item => item.Kind == "exec").ToArray();
        Assert.Equal(20UL, items.Single(item => item.Key.Contains("/bin/all", StringComparison.Ordinal)).Count);
        Assert.Equal(21, items.Count(item => item.Key.Contains("/bin/", StringComparison.Ordinal) && !item.Key.Contains("sbin", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Verdict_IsKeptWithWhoAndWhenThroughAStop()
    {
        string closed, approved;
        await using (var host = await CollectorHost.StartAsync(_folder))
        {
            await host.AddAsync(1, Sample.Exec(), Memfd(), Memfd() with { Scope = Sample.Api });
            closed = (await host.Query.ListIncidentsAsync(new ListFilter(Scope: Sample.Web.Id), Soon)).Items.Single().Id;
            approved = (await host.Query.ListIncidentsAsync(new ListFilter(Scope: Sample.Api.Id), Soon)).Items.Single().Id;
            var answer = await host.Scopes.CloseIncidentAsync(Sample.Web.Id, closed, "benign", "root (uid 0)", "a test", Soon);
            Assert.Equal(IncidentState.Closed, answer!.State);
            Assert.Equal(IncidentState.Approved, (await host.Scopes.ApproveIncidentAsync(Sample.Api.Id, approved, "ann", "known", Soon))!.State);
            Assert.Null(await host.Scopes.CloseIncidentAsync(Sample.Web.Id, "no-such", "benign", "root", "", Soon));
            Assert.Null(await host.Scopes.ApproveDeviationAsync(Sample.Web.Id, "no-such", "root", "", Soon));
        }

        await using var again = await CollectorHost.StartAsync(_folder);
        Assert.Equal(IncidentState.Closed, Assert.Single(await again.Query.FindIncidentsAsync(closed, Soon)).State);
        Assert.Equal("ann", Assert.Single(await again.Query.FindIncidentsAsync(approved, Soon)).Audit[^1].Who);
        var audit = await again.Database.ReadAsync(session => session.Rows("SELECT who, action, subject, note FROM audit ORDER BY id", row => (row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3))), Soon);
        Assert.Equal([("root (uid 0)", "close incident as benign", closed, "a test"), ("ann", "approve incident", approved, "known")], audit);
    }

    [Fact]
    public async Task Expand_OfATemplate_IsKeptWithWhoThroughAStop()
    {
        const string template = "/usr/sbin/nginx|create|/srv/up/%{letters 14}.jpg|other";
        await using (var host = await CollectorHost.StartAsync(_folder))
        {
            var writes = Enumerable.Range(0, 25).Select(i => Upload(new string([.. Enumerable.Range(0, 14).Select(at => (char)('a' + (i * 5 + at * 7) % 26))]), Sample.Now.AddHours(i / 3)));
            await host.AddAsync(1, [.. writes]);
            Assert.Equal(21, (await host.Scopes.GetBaselineAsync(Sample.Web.Id, Soon))!.Items.Single(item => item.Key == template).Names);
            var expanded = (await host.Scopes.ExpandItemAsync(Sample.Web.Id, template, "ann (uid 1000)", "too wide", Soon))!;
            Assert.Equal((Sample.Web.Id, template, 21, 0), (expanded.ScopeId, expanded.Key, expanded.Items.Count, expanded.Forgotten));
            Assert.Null(await host.Scopes.ExpandItemAsync(Sample.Web.Id, template, "ann (uid 1000)", "", Soon));
            Assert.Null(await host.Scopes.ExpandItemAsync(Forgotten, template, "ann (uid 1000)", "", Soon));
        }

        await using var again = await CollectorHost.StartAsync(_folder);
        Assert.DoesNotContain((await again.Scopes.GetBaselineAsync(Sample.Web.Id, Soon))!.Items, item => item.Names > 0);
        var audit = await again.Database.ReadAsync(session => session.Rows("SELECT who, action, scope_id, subject, note FROM audit", row => (row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4))), Soon);
        Assert.Equal([("ann (uid 1000)", "expand item", Sample.Web.Id, template, "too wide")], audit);

        static FileObservation Upload(string name, DateTimeOffset at) => Sample.Write($"/srv/up/{name}.jpg") with
        {
            Operation = FileOperation.Create, Template = $"/srv/up/{name}.jpg", OtherPath = "", Flags = FileFlags.None, First = at, Last = at,
        };
    }

    [Fact]
    public async Task Removal_OfAnItem_IsKeptWithItsAuditThroughAStop()
    {
        await using (var host = await CollectorHost.StartAsync(_folder))
        {
            await host.AddAsync(1, Sample.Exec());
            var removed = await host.Scopes.RemoveItemAsync(Sample.Web.Id, "exec", "/usr/sbin/nginx", "ann", new string('y', 600), Soon);
            Assert.Equal(("removed", "ann", 512), (removed!.State, removed.RemovedBy, removed.RemovedReason.Length));
            Assert.Null(await host.Scopes.RemoveItemAsync(Sample.Web.Id, "exec", "/usr/sbin/nginx", "ann", "", Soon));
            Assert.Null(await host.Scopes.RemoveItemAsync(Sample.Web.Id, "no kind", "/usr/sbin/nginx", "ann", "", Soon));
            Assert.Null(await host.Scopes.RemoveItemAsync(Sample.Api.Id, "exec", "/usr/sbin/nginx", "ann", "", Soon));
        }

        await using var again = await CollectorHost.StartAsync(_folder);
        var item = (await again.Scopes.GetBaselineAsync(Sample.Web.Id, Soon))!.Items.Single(item => item is { Kind: "exec", Key: "/usr/sbin/nginx" });
        Assert.Equal(("removed", "ann"), (item.State, item.RemovedBy));
        var audit = await again.Database.ReadAsync(session => session.Rows("SELECT who, action, subject, length(note) FROM audit", row => (row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3))), Soon);
        Assert.Equal(("ann", "remove item", "exec /usr/sbin/nginx", 600L), Assert.Single(audit));
    }

    [Fact]
    public async Task Decisions_OfAReviewedFile_AreKeptWithTheirAuditThroughAStop()
    {
        await using (var host = await CollectorHost.StartAsync(_folder))
        {
            await host.AddAsync(1, Sample.Exec());
            var changed = await host.Scopes.DecideItemsAsync(
                Sample.Web.Id, [new("exec", "/usr/bin/never-seen", true), new("exec", "/usr/sbin/nginx", false), new("exec", "/no/such", false), new("no kind", "/x", true)], "ann", "review", Soon);
            Assert.Equal([("/usr/bin/never-seen", "approved", "ann"), ("/usr/sbin/nginx", "removed", "")], changed!.Select(item => (item.Key, item.State, item.ApprovedBy)));
            Assert.Null(await host.Scopes.DecideItemsAsync(Forgotten, [new("exec", "/x", true)], "ann", "review", Soon));
        }

        await using var again = await CollectorHost.StartAsync(_folder);
        var items = (await again.Scopes.GetBaselineAsync(Sample.Web.Id, Soon))!.Items;
        Assert.Equal("approved", items.Single(item => item is { Kind: "exec", Key: "/usr/bin/never-seen" }).State);
        Assert.Equal(("removed", "review"), items.Where(item => item is { Kind: "exec", Key: "/usr/sbin/nginx" }).Select(item => (item.State, item.RemovedReason)).Single());
        var audit = await again.Database.ReadAsync(session => session.Rows("SELECT action, subject, note FROM audit ORDER BY id", row => (row.GetString(0), row.GetString(1), row.GetString(2))), Soon);
        Assert.Equal([("approve item", "exec /usr/bin/never-seen", "review"), ("remove item", "exec /usr/sbin/nginx", "review")], audit);
    }

    [Fact]
    public async Task Verdict_OnWhatOnlyTheStoreRemembers_IsTaken()
    {
        await using var host = await CollectorHost.StartAsync(_folder);
        await host.AddAsync(1, Sample.Exec());
        var forgotten = new ScopeOutcome([Sample.Deviation("d1", "i1", Sample.Web.Id), Sample.Deviation("d2", "i2", Sample.Web.Id)], [Sample.Incident("i1", Sample.Web.Id), Sample.Incident("i2", Sample.Web.Id)], []);
        // As left behind by a scope that forgot them: in the store under another scope's write, moved to this one.
        await host.Database.WriteAsync(session => session.Execute("INSERT INTO scopes (scope_id, first_seen, last_seen, last_log) VALUES ($1, 0, 0, 0)", Forgotten), Soon);
        var record = new ScopeRecord { Outcome = forgotten };
        await host.Log.SaveAsync(Forgotten, record, 0, Sample.Now, Soon);
        await host.Database.WriteAsync(session => session.Execute("UPDATE incidents SET scope = (SELECT number FROM scopes WHERE scope_id = $1)", Sample.Web.Id) + session.Execute("UPDATE deviations SET scope = (SELECT number FROM scopes WHERE scope_id = $1)", Sample.Web.Id), Soon);
        Assert.Equal(DeviationState.Approved, (await host.Scopes.ApproveDeviationAsync(Sample.Web.Id, "d1", "ann", "", Soon))!.State);
        Assert.Equal(IncidentState.Closed, (await host.Scopes.CloseIncidentAsync(Sample.Web.Id, "i1", "malicious", "ann", "", Soon))!.State);
        Assert.Equal(IncidentState.Approved, (await host.Scopes.ApproveIncidentAsync(Sample.Web.Id, "i2", "ann", "", Soon))!.State);
        Assert.Equal(DeviationState.Approved, Assert.Single(await host.Query.ListIncidentDeviationsAsync("i2", Soon)).State);
    }

    [Fact]
    public async Task Write_ThatFails_IsMadeUpForWhenThereIsRoom()
    {
        await using var host = await CollectorHost.StartAsync(_folder, new ScopesOptions { SweepInterval = TimeSpan.FromSeconds(1) });
        await host.AddAsync(1, [Sample.Exec(), .. Attacks(Sample.Api)]);
        var undisturbed = Assert.Single((await host.Query.ListIncidentsAsync(new ListFilter(), Soon)).Items);
        var stored = (await host.Ingest.CommitAsync(Sample.Agent, Sample.Batch(2, Attacks(Sample.Web)), Sample.Now, Soon)).Stored;
        await host.Database.WriteAsync(session => session.Execute("CREATE TRIGGER no_incident BEFORE INSERT ON incidents BEGIN SELECT RAISE(ABORT, 'no room'); END"), Soon);
        await Assert.ThrowsAnyAsync<Exception>(() => host.Scopes.ApplyAsync(stored, Soon));
        Assert.Empty((await host.Query.ListIncidentsAsync(new ListFilter(Scope: Sample.Web.Id), Soon)).Items);
        await host.Database.WriteAsync(session => session.Execute("DROP TRIGGER no_incident"), Soon);
        while ((await host.Query.ListIncidentsAsync(new ListFilter(Scope: Sample.Web.Id), Soon)).Items.Count == 0)
        {
            await Task.Delay(20, Soon);
        }

        Assert.Equal(undisturbed.Count, Assert.Single((await host.Query.ListIncidentsAsync(new ListFilter(Scope: Sample.Web.Id), Soon)).Items).Count);
    }

    private static Observation[] Attacks(Runtime.Collector.Inventory.Scope scope) =>
        [.. Enumerable.Range(0, 3).Select(i => Memfd() with { Scope = scope, First = Sample.Now.AddSeconds(i), Last = Sample.Now.AddSeconds(i) })];

    internal static ExecObservation Memfd() => Sample.Exec("/memfd:x (deleted)") with
    {
        Lineage = [Sample.Process("/memfd:x (deleted)", 555) with { Flags = ProcessFlags.Memfd | ProcessFlags.Deleted | ProcessFlags.NetworkFacing }, Sample.Process()],
    };
}
