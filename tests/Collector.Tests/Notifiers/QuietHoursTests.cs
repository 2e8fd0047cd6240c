using Microsoft.Extensions.Logging.Abstractions;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Storage;
using Xunit;
using StoreSample = Runtime.Collector.Tests.Storage.Sample;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class QuietHoursTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("22:00", "07:00", "UTC", "2026-11-23T21:59:59Z", null)]
    [InlineData("22:00", "07:00", "UTC", "2026-11-23T22:00:00Z", "2026-11-24T07:00:00Z")]
    [InlineData("22:00", "07:00", "UTC", "2026-11-24T06:59:59Z", "2026-11-24T07:00:00Z")]
    [InlineData("22:00", "07:00", "UTC", "2026-11-24T07:00:00Z", null)]
    [InlineData("12:00", "13:30", "UTC", "2026-11-24T12:30:00Z", "2026-11-24T13:30:00Z")]
    [InlineData("22:00", "07:00", "Europe/Berlin", "2026-11-23T21:30:00Z", "2026-11-24T06:00:00Z")]
    [InlineData("22:00", "07:00", "Europe/Berlin", "2026-07-23T20:30:00Z", "2026-07-24T05:00:00Z")]
    // The night in which the clocks go forward: 02:00 to 03:00 is not there.
    [InlineData("22:00", "02:30", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z")]
    // And back: 02:00 to 03:00 is there twice, and at its first time it is quiet until the second is over.
    [InlineData("22:00", "03:00", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z")]
    [InlineData("", "", "UTC", "2026-11-23T22:00:00Z", null)]
    public void EndOf_ATime_IsWhenTheyEnd(string from, string to, string zone, string now, string? end) =>
        Assert.Equal(end is null ? null : DateTimeOffset.Parse(end, null), new QuietHours { From = from, To = to, TimeZone = zone }.EndOf(DateTimeOffset.Parse(now, null)));

    /// <summary>23 November 2026 is a Monday.</summary>
    [Theory]
    [InlineData("", "", "UTC", "2026-11-20T23:59:59Z", null)]
    [InlineData("", "", "UTC", "2026-11-21T00:00:00Z", "2026-11-23T00:00:00Z")]
    [InlineData("", "", "Europe/Berlin", "2026-11-20T23:30:00Z", "2026-11-22T23:00:00Z")]
    // From Friday's evening to Monday's morning without a pause.
    [InlineData("22:00", "07:00", "UTC", "2026-11-20T22:00:00Z", "2026-11-23T07:00:00Z")]
    [InlineData("22:00", "07:00", "UTC", "2026-11-22T12:00:00Z", "2026-11-23T07:00:00Z")]
    [InlineData("22:00", "07:00", "UTC", "2026-11-23T22:00:00Z", "2026-11-24T07:00:00Z")]
    [InlineData("12:00", "13:00", "UTC", "2026-11-20T12:30:00Z", "2026-11-20T13:00:00Z")]
    public void EndOf_ATimeOfAQuietWeekend_IsWhenAllOfItEnds(string from, string to, string zone, string now, string? end) => Assert.Equal(
        end is null ? null : DateTimeOffset.Parse(end, null),
        new QuietHours { From = from, To = to, TimeZone = zone, Days = [DayOfWeek.Saturday, DayOfWeek.Sunday] }.EndOf(DateTimeOffset.Parse(now, null)));

    /// <summary>From the store to the receiver: at night only what is critical comes, with what came before it of the same incident; in the morning all the rest, in order.</summary>
    [Fact]
    public async Task Night_LetsCriticalAlertsThrough_AndTheMorningBringsTheRestInOrder()
    {
        using var store = new TempStore();
        await store.AddAsync(1, StoreSample.Exec());
        var night = new DateTimeOffset(2026, 11, 23, 23, 0, 0, TimeSpan.Zero);
        store.Time.SetUtcNow(night);
        await using var receiver = await Receiver.StartAsync();
        var options = new NotifierOptions { Name = "chat", Kind = NotifierKind.Slack, Url = receiver.Url, Quiet = new() { From = "22:00", To = "07:00" } };
        await EnqueueAsync(store, 0, ("a", 1, Severity.High), ("b", 1, Severity.Medium), ("c", 1, Severity.Critical), ("b", 2, Severity.Critical), ("d", 1, Severity.Low));
        var dispatcher = await StartAsync(store, options);

        // b's first revision is told before its second, which is critical.
        Assert.Equal(["b/1", "c/1", "b/2"], await TakeAsync(receiver, 3));
        await store.Time.SleepingAsync(1, TimeSpan.FromSeconds(30));
        Assert.Equal(3, receiver.Count);

        // Nothing is lost by a restart in the night, and nothing given up for having waited.
        await dispatcher.StopAsync(Stop);
        dispatcher = await StartAsync(store, options);
        await EnqueueAsync(store, 5, ("e", 1, Severity.High));
        await store.Time.SleepingAsync(1, TimeSpan.FromSeconds(30));
        Assert.Equal(3, receiver.Count);
        store.Time.SetUtcNow(night.AddHours(8));
        Assert.Equal(["a/1", "d/1", "e/1"], await TakeAsync(receiver, 3));
        await dispatcher.StopAsync(Stop);
    }

    private static async Task EnqueueAsync(TempStore store, long revision, params (string Id, int Revision, Severity Severity)[] alerts)
    {
        // Each is a moment later than the one before.
        foreach (var (id, number, severity) in alerts)
        {
            var incident = StoreSample.Incident(id, StoreSample.Web.Id, severity) with { Revision = number };
            revision = await store.Scopes.SaveAsync(StoreSample.Web.Id, new ScopeRecord { Alerts = [new AlertRow("chat", incident)] }, revision, store.Time.GetUtcNow(), Stop);
        }
    }

    private static async Task<List<string>> TakeAsync(Receiver receiver, int count)
    {
        List<string> taken = [];
        while (taken.Count < count)
        {
            taken.Add((await receiver.NextAsync()).Headers["Idempotency-Key"].ToString()[..3]);
        }

        return taken;
    }

    private static async Task<OutboxDispatcher> StartAsync(TempStore store, NotifierOptions options)
    {
        var directory = NotifierSetup.Create([options], new WebhookPost(WebhookPost.CreateClient(), TimeProvider.System), new MemoryThreads(), store.Time);
        var dispatcher = new OutboxDispatcher(directory, store.Outbox, new OutboxOptions(), new DeliveryMeter(store.Meters), store.Time, NullLogger<OutboxDispatcher>.Instance);
        await dispatcher.StartAsync(Stop);
        return dispatcher;
    }
}
