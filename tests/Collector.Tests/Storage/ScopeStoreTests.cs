using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class ScopeStoreTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task Read_AfterAPosition_GivesThisScopesRowsInOrder()
    {
        using var store = new TempStore();
        var stored = await store.AddAsync(1, Sample.Exec("/a"), Sample.Exec("/b", Sample.Api), Sample.Exec("/c"), Sample.Exec("/d"));
        var rows = await store.Scopes.ReadAsync(Sample.Web.Id, stored[0].Id, 10, Soon);
        Assert.Equal(["/c", "/d"], rows.Select(row => row.Observation!.Process.Binary));
        Assert.Equal([stored[2].Id, stored[3].Id], rows.Select(row => row.Id));
    }

    [Fact]
    public async Task Read_OfADamagedRow_GivesTheOthers()
    {
        using var store = new TempStore();
        var stored = await store.AddAsync(1, Sample.Exec("/a"), Sample.Exec("/b"));
        await store.Database.WriteAsync(session => session.Execute("UPDATE observations SET body = x'09' WHERE id = $1", stored[0].Id), Soon);
        var rows = await store.Scopes.ReadAsync(Sample.Web.Id, 0, 10, Soon);
        Assert.Null(rows[0].Observation);
        Assert.Equal("/b", rows[1].Observation!.Process.Binary);
    }

    /// <summary>The host has no container: a deviation of it once could not be read back.</summary>
    [Fact]
    public async Task Read_OfAHostsDeviation_GivesItWithoutAContainer()
    {
        using var store = new TempStore();
        var stored = await store.AddAsync(1, Sample.Exec());
        var incident = Sample.Incident("i1", Sample.Web.Id);
        var deviation = Sample.Deviation("d1", "i1", Sample.Web.Id) with { Container = null };
        await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { State = [1], AppliedThrough = stored[0].Id, Outcome = new ScopeOutcome([deviation], [incident], []), Alerts = [], Audit = [] }, 0, Sample.Now, Soon);

        Assert.Null(Assert.Single(await store.Query.ListIncidentDeviationsAsync("i1", Soon)).Container);
    }

    [Fact]
    public async Task Save_WithAnOutcome_StoresAllOfItOrNothing()
    {
        using var store = new TempStore();
        var stored = await store.AddAsync(1, Sample.Exec());
        var incident = Sample.Incident("i1", Sample.Web.Id);
        var record = new ScopeRecord
        {
            State = [1, 2, 3],
            AppliedThrough = stored[0].Id,
            Outcome = new ScopeOutcome([Sample.Deviation("d1", "i1", Sample.Web.Id)], [incident], [incident]),
            Alerts = [new AlertRow("slack", incident), new AlertRow("hook", incident)],
            Audit = [new AuditRow(Sample.Now, "root (uid 0)", "close", "i1", "why")],
        };
        var news = store.Outbox.WaitForNewAsync("slack", Soon);
        Assert.Equal(1, await store.Scopes.SaveAsync(Sample.Web.Id, record, 0, Sample.Now, Soon));
        await news;
        await Assert.ThrowsAsync<ScopeStateConflictException>(() => store.Scopes.SaveAsync(Sample.Web.Id, record, 0, Sample.Now, Soon));

        // The same again, as a replay makes it: nothing twice.
        Assert.Equal(2, await store.Scopes.SaveAsync(Sample.Web.Id, record, 1, Sample.Now, Soon));
        var loaded = await store.Scopes.LoadAsync(Sample.Web.Id, Soon);
        Assert.Equal([1, 2, 3], loaded!.State);
        Assert.Equal((stored[0].Id, 2L), (loaded.AppliedThrough, loaded.Revision));
        Assert.Equivalent(incident, Assert.Single((await store.Query.ListIncidentsAsync(new ListFilter(), Soon)).Items), strict: true);
        Assert.Equivalent(Sample.Deviation("d1", "i1", Sample.Web.Id), Assert.Single(await store.Query.ListIncidentDeviationsAsync("i1", Soon)), strict: true);
        var delivery = Assert.Single(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now, Soon));
        Assert.Equal("i1/1/slack", delivery.IdempotencyKey);
        Assert.Equal(2, (await store.Query.GetFiguresAsync(Soon)).OutboxWaiting);
        Assert.Null(await store.Scopes.LoadAsync("default/-/Host/other/-", Soon));
    }

    [Fact]
    public async Task ListBehind_NamesScopesWhoseStateIsOlderThanTheirLog()
    {
        using var store = new TempStore();
        var stored = await store.AddAsync(1, Sample.Exec(), Sample.Exec("/b", Sample.Api));
        await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { AppliedThrough = stored[0].Id }, 0, Sample.Now, Soon);
        Assert.Equal([new LogPosition(Sample.Api.Id, stored[1].Id)], await store.Scopes.ListBehindAsync(Soon));
        Assert.Equal(1, (await store.Query.GetFiguresAsync(Soon)).EventsWaiting);
        store.Scopes.NoteApplied(Sample.Api.Id, stored[1].Id);
        Assert.Equal(0, (await store.Query.GetFiguresAsync(Soon)).EventsWaiting);
    }

    [Fact]
    public async Task Delivery_ThroughItsLife_IsShownAsItStands()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Sample.Exec());
        var incident = Sample.Incident("i1", Sample.Web.Id);
        await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { Alerts = [new AlertRow("slack", incident), new AlertRow("hook", incident)] }, 0, Sample.Now, Soon);
        var slack = Assert.Single(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now, Soon));
        var hook = Assert.Single(await store.Outbox.TakeDueAsync("hook", Severity.Unspecified, 10, Sample.Now, Soon));
        var later = Sample.Now.AddSeconds(30);
        await store.Outbox.MarkFailedAsync(slack.Id, "500", Sample.Now, later, Soon);
        await store.Outbox.MarkDeliveredAsync(hook.Id, "200", Sample.Now, Soon);
        Assert.Empty(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now, Soon));
        Assert.Equal(later, await store.Outbox.NextDueAsync("slack", Severity.Unspecified, Soon));
        Assert.Null(await store.Outbox.NextDueAsync("hook", Severity.Unspecified, Soon));
        Assert.Equal(1, Assert.Single(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, later, Soon)).Attempts);
        await store.Outbox.MarkFailedAsync(slack.Id, "410 gone", later, null, Soon);
        Assert.Equal(
            [new DeliveryView("slack", "failed", 2, later, "410 gone"), new DeliveryView("hook", "delivered", 1, Sample.Now, "200")],
            await store.Query.ListDeliveriesAsync("i1", Soon));
    }

    [Fact]
    public async Task Prune_RemovesWhatIsOldAndApplied()
    {
        using var store = new TempStore();
        var first = await store.AddAsync(1, Sample.Exec("/old"), Sample.Exec("/old-not-applied", Sample.Api));
        var old = Sample.Incident("old", Sample.Web.Id, state: IncidentState.Closed);
        var open = Sample.Incident("open", Sample.Web.Id);
        var outcome = new ScopeOutcome([Sample.Deviation("d1", "old", Sample.Web.Id), Sample.Deviation("d2", "open", Sample.Web.Id)], [old, open], []);
        await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { AppliedThrough = first[0].Id, Outcome = outcome }, 0, Sample.Now, Soon);
        store.Time.Advance(TimeSpan.FromDays(31));
        await store.AddAsync(2, Sample.Exec("/new"));
        Assert.True(await store.Retention.PruneAsync(Soon) > 0);
        var left = (await store.Query.ListEventsAsync(new ListFilter(Kind: "exec"), Soon)).Items.Select(row => row.Process.Binary);
        Assert.Equal(["/new", "/old-not-applied"], left);
        Assert.Equal(2, (await store.Query.ListIncidentsAsync(new ListFilter(), Soon)).Items.Count);

        store.Time.Advance(TimeSpan.FromDays(365));
        await store.Retention.PruneAsync(Soon);
        Assert.Equal("open", Assert.Single((await store.Query.ListIncidentsAsync(new ListFilter(), Soon)).Items).Id);
        Assert.Equal("d2", Assert.Single((await store.Query.ListDeviationsAsync(new ListFilter(), Soon)).Items).Id);
    }
}
