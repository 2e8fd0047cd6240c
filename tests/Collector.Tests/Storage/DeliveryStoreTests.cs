using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

/// <summary>The log of what was sent where, when, with which answer.</summary>
public sealed class DeliveryStoreTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_OfAllStates_TellsWhatWasSentWhereWhenWithWhichAnswer()
    {
        using var store = await WithAsync(("slack", "i1", 1), ("duty", "i1", 1), ("slack", "i2", 2));
        var slack = await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now, Stop);
        await store.Outbox.MarkDeliveredAsync(slack[0].Id, "200 ok", Sample.Now.AddSeconds(1), Stop);
        await store.Outbox.MarkFailedAsync(slack[1].Id, "410 gone", Sample.Now.AddSeconds(2), null, Stop);

        var all = (await store.Deliveries.ListAsync(new(), Stop)).Items;

        Assert.Equal(
            [
                new DeliveryEntry(3, "slack", "alert", "i2", 2, "web ran a miner", Severity.High, "failed", 1, Sample.Now, Sample.Now.AddSeconds(2), null, "410 gone"),
                new DeliveryEntry(2, "duty", "alert", "i1", 1, "web ran a miner", Severity.High, "waiting", 0, Sample.Now, null, Sample.Now, ""),
                new DeliveryEntry(1, "slack", "alert", "i1", 1, "web ran a miner", Severity.High, "delivered", 1, Sample.Now, Sample.Now.AddSeconds(1), null, "200 ok"),
            ],
            all);
        Assert.Equal([3L, 1], (await store.Deliveries.ListAsync(new(Notifier: "slack"), Stop)).Items.Select(entry => entry.Id));
        Assert.Equal([3L], (await store.Deliveries.ListAsync(new(State: "failed"), Stop)).Items.Select(entry => entry.Id));
        Assert.Equal([2L, 1], (await store.Deliveries.ListAsync(new(IncidentId: "i1"), Stop)).Items.Select(entry => entry.Id));
        Assert.Equal(
            [new DeliveryCount("duty", 1, 0, null, ""), new DeliveryCount("slack", 0, 1, Sample.Now.AddSeconds(2), "410 gone")],
            await store.Deliveries.CountAsync(Stop));
        var duty = Assert.Single(await store.Outbox.TakeDueAsync("duty", Severity.Unspecified, 10, Sample.Now, Stop));
        await store.Outbox.MarkDeliveredAsync(duty.Id, "202 queued", Sample.Now.AddSeconds(3), Stop);
        Assert.Equal(new DeliveryCount("duty", 0, 0, Sample.Now.AddSeconds(3), "202 queued"), (await store.Deliveries.CountAsync(Stop))[0]);
        var first = await store.Deliveries.ListAsync(new(PageSize: 2), Stop);
        Assert.Equal([1L], (await store.Deliveries.ListAsync(new(PageSize: 2, PageToken: first.NextPageToken), Stop)).Items.Select(entry => entry.Id));
    }

    [Fact]
    public async Task Repeat_OfAFailedOne_WakesItsNotifierWithTheSameKey_AndStandsInTheAudit()
    {
        using var store = await WithAsync(("slack", "i1", 1));
        var before = Assert.Single(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now, Stop));
        Assert.False(await store.Deliveries.RepeatAsync(before.Id, "ann", Sample.Now, Stop));
        await store.Outbox.MarkFailedAsync(before.Id, "410 gone", Sample.Now, null, Stop);
        Assert.Empty(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now.AddDays(1), Stop));

        var news = store.Outbox.WaitForNewAsync("slack", Stop);
        Assert.True(await store.Deliveries.RepeatAsync(before.Id, "ann", Sample.Now.AddDays(2), Stop));
        await news;

        var again = Assert.Single(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now.AddDays(2), Stop));
        Assert.Equal((before.IdempotencyKey, 1, null), (again.IdempotencyKey, again.Attempts, again.Tried));
        Assert.Equal(
            ["ann repeat delivery default/shop/Deployment/web/app i1/1/slack 410 gone"],
            await store.Database.ReadAsync(session => session.Rows("SELECT who || ' ' || action || ' ' || scope_id || ' ' || subject || ' ' || note FROM audit", reader => reader.GetString(0)), Stop));
        Assert.False(await store.Deliveries.RepeatAsync(99, "ann", Sample.Now, Stop));
    }

    [Fact]
    public async Task FirstAttempt_IsKept_SoThatWaitingBeforeItCountsForNothing()
    {
        using var store = await WithAsync(("slack", "i1", 1));
        var delivery = Assert.Single(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now, Stop));
        Assert.Null(delivery.Tried);
        await store.Outbox.MarkFailedAsync(delivery.Id, "500", Sample.Now.AddHours(9), Sample.Now.AddHours(10), Stop);
        await store.Outbox.MarkFailedAsync(delivery.Id, "500", Sample.Now.AddHours(10), Sample.Now.AddHours(11), Stop);
        Assert.Equal(Sample.Now.AddHours(9), Assert.Single(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now.AddHours(11), Stop)).Tried);
    }

    [Fact]
    public async Task Retention_TakesWhatIsSettledAndTooOldOrTooMuch_AndNothingThatWaits()
    {
        using var store = await WithAsync([.. Enumerable.Range(1, 1010).Select(i => ("slack", $"i{i}", 1))]);
        var all = await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 2000, Sample.Now, Stop);
        foreach (var delivery in all.Skip(3))
        {
            await store.Outbox.MarkDeliveredAsync(delivery.Id, "200", Sample.Now.AddSeconds(delivery.Id), Stop);
        }

        store.OutboxOptions.LogLength = 1000;
        await store.Retention.PruneAsync(Stop);
        Assert.Equal([1L, 2, 3, 11, 12], await IdsAsync(store, 5));

        store.Time.Advance(store.OutboxOptions.LogRetention + TimeSpan.FromSeconds(100.5));
        await store.Retention.PruneAsync(Stop);
        Assert.Equal([1L, 2, 3, 101, 102], await IdsAsync(store, 5));
    }

    /// <summary>A document from before it had them must not end the loop that reads it.</summary>
    [Fact]
    public async Task Incident_ThatWasStoredWithoutKindsAndLabels_IsReadAsHavingNone()
    {
        using var store = await WithAsync(("slack", "i1", 1));
        await store.Database.WriteAsync(session => session.Execute("UPDATE deliveries SET document = json_remove(document, '$.Kinds', '$.Labels', '$.MutedBy')"), Stop);
        var incident = Assert.IsType<AlertMessage>(Assert.Single(await store.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, Sample.Now, Stop)).Message).Incident;
        Assert.Empty(incident.Kinds);
        Assert.Empty(incident.Labels);
        Assert.Empty(incident.MutedBy);
    }

    private static Task<List<long>> IdsAsync(TempStore store, int count) =>
        store.Database.ReadAsync(session => session.Rows("SELECT id FROM deliveries ORDER BY id LIMIT $1", reader => reader.GetInt64(0), count), Stop);

    private static async Task<TempStore> WithAsync(params (string Notifier, string Incident, int Revision)[] alerts)
    {
        var store = new TempStore();
        await store.AddAsync(1, Sample.Exec());
        var rows = alerts.Select(alert => new AlertRow(alert.Notifier, Sample.Incident(alert.Incident, Sample.Web.Id) with { Revision = alert.Revision }));
        await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { Alerts = [.. rows] }, 0, Sample.Now, Stop);
        return store;
    }
}
