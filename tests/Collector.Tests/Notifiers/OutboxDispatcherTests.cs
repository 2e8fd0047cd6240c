using System.Diagnostics.Metrics;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class OutboxDispatcherTests : IAsyncDisposable
{
    private static readonly OutboxOptions Fast = new() { FirstRetry = TimeSpan.FromMilliseconds(5), LongestRetry = TimeSpan.FromMilliseconds(20) };
    private readonly MemoryOutbox _outbox = new();
    private readonly List<OutboxDispatcher> _running = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var dispatcher in _running)
        {
            await dispatcher.StopAsync(TestContext.Current.CancellationToken);
            dispatcher.Dispose();
        }
    }

    [Fact]
    public async Task Row_EnqueuedWhileWaiting_IsDeliveredAtOnce()
    {
        await using var receiver = await Receiver.StartAsync();
        await StartAsync(new OutboxOptions(), Slack("chat", receiver.Url));

        _outbox.Enqueue(Delivery(1));

        var mark = await _outbox.NextMarkAsync();
        Assert.Equal((1, "delivered", "200 ok"), (mark.Id, mark.State, mark.Answer));
    }

    [Fact]
    public async Task Receiver_With500Then200_GetsTheSameKeyAgain()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(500, "no"), Receiver.Status(200, "ok"));
        await StartAsync(Fast, Slack("chat", receiver.Url));

        _outbox.Enqueue(Delivery(1));

        var (retry, delivered) = (await _outbox.NextMarkAsync(), await _outbox.NextMarkAsync());
        Assert.Equal(("retry", "500 no"), (retry.State, retry.Answer));
        Assert.Equal("delivered", delivered.State);
        var (first, second) = (await receiver.NextAsync(), await receiver.NextAsync());
        Assert.Equal("inc-1/1/chat", first.Headers["Idempotency-Key"]);
        Assert.Equal("inc-1/1/chat", second.Headers["Idempotency-Key"]);
        Assert.Equal(first.Body, second.Body);
    }

    [Fact]
    public async Task Notifier_ThatIsDead_DelaysNoOther()
    {
        await using var dead = await Receiver.StartAsync(Receiver.Hang);
        await using var live = await Receiver.StartAsync();
        await StartAsync(new OutboxOptions(), Slack("dead", dead.Url, TimeSpan.FromSeconds(60)), Slack("live", live.Url));

        for (var id = 1; id <= 20; id++)
        {
            _outbox.Enqueue(Delivery(id, "dead"));
            _outbox.Enqueue(Delivery(100 + id, "live"));
        }

        for (var id = 101; id <= 120; id++)
        {
            var mark = await _outbox.NextMarkAsync();
            Assert.Equal((id, "delivered"), (mark.Id, mark.State));
        }

        Assert.Equal(1, dead.Count);
    }

    [Fact]
    public async Task Kill_BetweenAnswerAndMark_SendsTheSameKeyAgain()
    {
        await using var receiver = await Receiver.StartAsync();
        _outbox.FailingMarks = int.MaxValue;
        var first = await StartAsync(Fast, Slack("chat", receiver.Url));
        _outbox.Enqueue(Delivery(1));
        var before = await receiver.NextAsync();
        await first.StopAsync(TestContext.Current.CancellationToken);

        _outbox.FailingMarks = 0;
        await StartAsync(Fast, Slack("chat", receiver.Url));

        var after = await receiver.NextAsync();
        Assert.Equal(before.Headers["Idempotency-Key"], after.Headers["Idempotency-Key"]);
        Assert.Equal("delivered", (await _outbox.NextMarkAsync()).State);
    }

    [Fact]
    public async Task Store_ThatCannotMark_DoesNotMakeItSendAgain()
    {
        await using var receiver = await Receiver.StartAsync();
        _outbox.FailingMarks = 1;
        await StartAsync(Fast, Slack("chat", receiver.Url));

        _outbox.Enqueue(Delivery(1));

        Assert.Equal("delivered", (await _outbox.NextMarkAsync()).State);
        Assert.Equal(1, receiver.Count);
    }

    [Fact]
    public async Task RetryAfter_HoldsForEverythingThatGoesThere()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(429, "", "1"), Receiver.Status(200));
        await StartAsync(Fast, Slack("chat", receiver.Url));
        _outbox.Enqueue(Delivery(1));
        _outbox.Enqueue(Delivery(2));

        var refused = await _outbox.NextMarkAsync();
        Mark[] delivered = [await _outbox.NextMarkAsync(), await _outbox.NextMarkAsync()];

        Assert.Equal("retry", refused.State);
        Assert.All(delivered, mark =>
        {
            Assert.Equal("delivered", mark.State);
            Assert.True(mark.When - refused.When >= TimeSpan.FromSeconds(1), $"{mark.Id} came {mark.When - refused.When} after the refusal");
        });
    }

    [Fact]
    public async Task Rejection_IsNotTriedAgainAndDoesNotStopTheNext()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(404, "no_service"), Receiver.Status(200));
        await StartAsync(Fast, Slack("chat", receiver.Url));
        _outbox.Enqueue(Delivery(1));
        var rejected = await _outbox.NextMarkAsync();
        _outbox.Enqueue(Delivery(2));
        var delivered = await _outbox.NextMarkAsync();

        Assert.Equal((1, "failed", "404 no_service"), (rejected.Id, rejected.State, rejected.Answer));
        Assert.Equal((2, "delivered"), (delivered.Id, delivered.State));
        Assert.Equal(2, receiver.Count);
    }

    [Fact]
    public async Task Delivery_OlderThanTheLimit_IsGivenUpAfterOneMoreAttempt()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(500, "no"));
        await StartAsync(Fast, Slack("chat", receiver.Url));

        _outbox.Enqueue(Delivery(1) with { Enqueued = TimeProvider.System.GetUtcNow().AddHours(-50), Tried = TimeProvider.System.GetUtcNow().AddHours(-25) });

        Assert.Equal(("failed", "500 no"), (await _outbox.NextMarkAsync()) is var mark ? (mark.State, mark.Answer) : default);
        Assert.Equal(1, receiver.Count);
    }

    [Fact]
    public async Task Incident_ThatCannotBeWorded_DoesNotStopTheNext()
    {
        await using var receiver = await Receiver.StartAsync();
        await StartAsync(new OutboxOptions { FirstRetry = TimeSpan.FromMinutes(10), LongestRetry = TimeSpan.FromMinutes(10) }, Slack("chat", receiver.Url));

        _outbox.Enqueue(Delivery(1) with { Message = new AlertMessage(Samples.Incident() with { ScopeId = "not a scope" }) });
        _outbox.Enqueue(Delivery(2));

        var (first, second) = (await _outbox.NextMarkAsync(), await _outbox.NextMarkAsync());
        Assert.Equal((1, "retry", "FormatException in the notifier; see the collector's log"), (first.Id, first.State, first.Answer));
        Assert.Equal((2, "delivered"), (second.Id, second.State));
    }

    [Fact]
    public async Task Test_OfANotifier_AnswersWhatCameBack()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(403, "invalid_token"));
        var dispatcher = await StartAsync(Fast, Slack("chat", receiver.Url));

        var test = await dispatcher.TestAsync("CHAT", TestContext.Current.CancellationToken);

        Assert.Equal((false, "403 invalid_token"), (test!.Delivered, test.Answer));
        Assert.Contains("nothing happened", global::System.Text.Encoding.UTF8.GetString((await receiver.NextAsync()).Body), StringComparison.Ordinal);
        Assert.Null(await dispatcher.TestAsync("other", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void NamesFor_ASeverity_LeavesOutWhoWantsMore()
    {
        var directory = Directory(
            new() { Name = "all", Kind = NotifierKind.Slack, MinimumSeverity = Severity.Info },
            new() { Name = "urgent", Kind = NotifierKind.Slack, MinimumSeverity = Severity.High });

        Assert.Equal(["all"], directory.NamesFor(Samples.Incident() with { Severity = Severity.Medium }));
        Assert.Equal(["all", "urgent"], directory.NamesFor(Samples.Incident()));
    }

    /// <summary>A receiver of webhooks has to know the digest's schema; people who read a chat need not.</summary>
    [Fact]
    public void DigestNames_AreChatsUnlessTheSettingsSayOtherwise()
    {
        var directory = Directory(
            new() { Name = "chat", Kind = NotifierKind.Slack, MinimumSeverity = Severity.Critical },
            new() { Name = "pager", Kind = NotifierKind.Slack, Digest = false },
            new() { Name = "hook", Kind = NotifierKind.Webhook },
            new() { Name = "store", Kind = NotifierKind.Webhook, Digest = true });

        Assert.Equal(["chat", "store"], directory.DigestNames);
    }

    [Fact]
    public async Task Digest_ToAChat_IsDeliveredLikeAnAlert()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(500), Receiver.Status(200, "ok"));
        await StartAsync(Fast, Slack("chat", receiver.Url));

        _outbox.Enqueue(Delivery(1) with { Message = new DigestMessage(Samples.Digest()) });

        Assert.Equal("retry", (await _outbox.NextMarkAsync()).State);
        Assert.Equal("delivered", (await _outbox.NextMarkAsync()).State);
        var (first, second) = (await receiver.NextAsync(), await receiver.NextAsync());
        Assert.Equal(first.Body, second.Body);
        Assert.Contains("Daily digest of prod", global::System.Text.Encoding.UTF8.GetString(first.Body), StringComparison.Ordinal);
    }

    [Fact]
    public void Next_ForAnyAttempt_StaysBelowTheDoublingCeiling() =>
        Gen.Select(Gen.Int[1, 1_000_000], Gen.Double.Unit).Sample((attempts, draw) =>
        {
            var delay = RetryDelay.Next(new OutboxOptions(), attempts, draw);
            var ceiling = attempts >= 10 ? 300 : Math.Min(300, Math.Pow(2, attempts - 1));
            return delay >= TimeSpan.Zero && delay.TotalSeconds <= ceiling + 0.001;
        });

    private static Delivery Delivery(long id, string notifier = "chat") => Samples.Delivery(id, notifier, TimeProvider.System.GetUtcNow());

    private static NotifierOptions Slack(string name, string url, TimeSpan? timeout = null) =>
        new() { Name = name, Kind = NotifierKind.Slack, Url = url, Timeout = timeout ?? TimeSpan.FromSeconds(10) };

    private static NotifierDirectory Directory(params NotifierOptions[] notifiers) =>
        NotifierSetup.Create(notifiers, new WebhookPost(WebhookPost.CreateClient(), TimeProvider.System), new MemoryThreads(), TimeProvider.System);

    private async Task<OutboxDispatcher> StartAsync(OutboxOptions options, params NotifierOptions[] notifiers)
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var dispatcher = new OutboxDispatcher(Directory(notifiers), _outbox, options, new DeliveryMeter(meters), TimeProvider.System, NullLogger<OutboxDispatcher>.Instance);
        _running.Add(dispatcher);
        await dispatcher.StartAsync(TestContext.Current.CancellationToken);
        return dispatcher;
    }
}
