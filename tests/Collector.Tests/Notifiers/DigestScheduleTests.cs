using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Storage;
using Xunit;
using StoreSample = Runtime.Collector.Tests.Storage.Sample;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class DigestScheduleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("07:00", "2026-11-23T06:59:59Z", "2026-11-22T07:00:00Z")]
    [InlineData("07:00", "2026-11-23T07:00:00Z", "2026-11-23T07:00:00Z")]
    [InlineData("00:00", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z")]
    [InlineData("23:59", "2026-11-23T23:58:00Z", "2026-11-22T23:59:00Z")]
    [InlineData("07:00", "2026-11-23T08:30:00+02:00", "2026-11-22T07:00:00Z")]
    public void SlotAt_ATime_IsTheNewestUpToIt(string at, string now, string slot) =>
        Assert.Equal(DateTimeOffset.Parse(slot, null), new DigestOptions { At = at }.SlotAt(DateTimeOffset.Parse(now, null)));

    [Fact]
    public async Task Digest_ThroughDaysAndRestarts_IsMadeOncePerDayThatHasNews()
    {
        using var store = new TempStore();
        await store.AddAsync(1, StoreSample.Exec());
        var log = new AnnouncingLog(store.Digests);

        // Noon: today's time of day has passed, and the store is new. The first one comes tomorrow.
        var schedule = await StartAsync(store, log);
        Assert.Equal("told 0", await log.NextAsync());
        await SaveAsync(store, "one");
        await AdvanceAsync(store, log, TimeSpan.FromHours(18), quiet: true);
        await store.Time.SleepingAsync(1, Limit);
        store.Time.SetUtcNow(StoreSample.Now.Date.AddDays(1).AddHours(7));
        Assert.Equal("told 1", await log.NextAsync());
        var delivery = Assert.Single(await store.Outbox.TakeDueAsync("chat", Severity.Unspecified, 10, store.Time.GetUtcNow(), Stop));
        Assert.Equal("one", Assert.IsType<DigestMessage>(delivery.Message).Digest.Lines.Single().IncidentId);
        Assert.Empty(await store.Outbox.TakeDueAsync("hook", Severity.Unspecified, 10, store.Time.GetUtcNow(), Stop));

        // Another start on the same day has nothing to do.
        await SaveAsync(store, "two");
        await schedule.StopAsync(Stop);
        Assert.Contains(store.Logs.All, line => line.Contains("Digest of cluster default: 1 incidents, for chat", StringComparison.Ordinal));
        schedule = await StartAsync(store, log);
        await AdvanceAsync(store, log, TimeSpan.FromHours(2), quiet: true);
        await schedule.StopAsync(Stop);

        // Away for three days: one digest at the start, of all of them.
        store.Time.Advance(TimeSpan.FromDays(3));
        schedule = await StartAsync(store, log);
        Assert.Equal("told 1", await log.NextAsync());
        Assert.Equal(2, (await store.Outbox.TakeDueAsync("chat", Severity.Unspecified, 10, store.Time.GetUtcNow(), Stop)).Count);

        // A day without news is a slot without a digest.
        await store.Time.SleepingAsync(1, Limit);
        store.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("told 0", await log.NextAsync());
        Assert.Equal(2, (await store.Outbox.TakeDueAsync("chat", Severity.Unspecified, 10, store.Time.GetUtcNow(), Stop)).Count);
        await schedule.StopAsync(Stop);
    }

    [Fact]
    public async Task Digest_WhenTheStoreFails_IsToldAndTriedAgain()
    {
        using var store = new TempStore();
        var log = new AnnouncingLog(store.Digests) { Faults = 1 };
        var schedule = await StartAsync(store, log);
        Assert.Equal("failed", await log.NextAsync());
        await store.Time.SleepingAsync(1, Limit);
        Assert.Contains(store.Logs.All, line => line.Contains("The digest was not made", StringComparison.Ordinal));
        store.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("told 0", await log.NextAsync());
        await schedule.StopAsync(Stop);
    }

    private static async Task<DigestSchedule> StartAsync(TempStore store, IDigestLog log)
    {
        var directory = NotifierSetup.Create(
            [
                new NotifierOptions { Name = "chat", Kind = NotifierKind.Slack, Url = "http://127.0.0.1:9/" },
                new NotifierOptions { Name = "hook", Kind = NotifierKind.Webhook, Url = "http://127.0.0.1:9/", SecretFile = "/x" },
            ],
            new WebhookPost(WebhookPost.CreateClient(), store.Time), new MemoryThreads(), store.Time);
        var logging = LoggerFactory.Create(builder => builder.AddProvider(store.Logs));
        var schedule = new DigestSchedule(directory, log, new DigestOptions(), store.Time, logging.CreateLogger<DigestSchedule>());
        await schedule.StartAsync(Stop);
        return schedule;
    }

    /// <summary>Lets time pass, and ends when the schedule has looked and sleeps again.</summary>
    private static async Task AdvanceAsync(TempStore store, AnnouncingLog log, TimeSpan span, bool quiet)
    {
        await store.Time.SleepingAsync(1, Limit);
        var looks = log.Looks;
        store.Time.Advance(span);
        await store.Time.SleepingAsync(1, Limit);
        Assert.True(log.Looks > looks);
        Assert.Equal(quiet, log.IsQuiet);
    }

    private static async Task SaveAsync(TempStore store, string id)
    {
        var revision = (await store.Scopes.LoadAsync(StoreSample.Web.Id, Stop))!.Revision;
        var incident = StoreSample.Incident(id, StoreSample.Web.Id) with { EValue = 5, AlertedRevision = 0 };
        await store.Scopes.SaveAsync(StoreSample.Web.Id, new ScopeRecord { Outcome = new ScopeOutcome([], [incident], []) }, revision, StoreSample.Now, Stop);
    }

    /// <summary>The store's own log, and word of what was asked of it.</summary>
    private sealed class AnnouncingLog(IDigestLog inner) : IDigestLog
    {
        private readonly Channel<string> _words = Channel.CreateUnbounded<string>();
        private volatile int _looks;

        public int Faults { get; set; }
        public int Looks => _looks;
        public bool IsQuiet => !_words.Reader.TryPeek(out _);

        public async Task<DateTimeOffset?> LastSlotAsync(CancellationToken cancellationToken)
        {
            var last = await inner.LastSlotAsync(cancellationToken);
            Interlocked.Increment(ref _looks);
            return last;
        }

        public async Task<IReadOnlyList<Digest>> TellAsync(DateTimeOffset slot, DateTimeOffset now, IReadOnlyList<string> notifiers, CancellationToken cancellationToken)
        {
            if (Faults > 0)
            {
                Faults--;
                _words.Writer.TryWrite("failed");
                throw new IOException("No space left on device");
            }

            var digests = await inner.TellAsync(slot, now, notifiers, cancellationToken);
            _words.Writer.TryWrite($"told {digests.Count}");
            return digests;
        }

        public async Task<string> NextAsync()
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            limit.CancelAfter(TimeSpan.FromSeconds(60));
            return await _words.Reader.ReadAsync(limit.Token);
        }
    }
}
