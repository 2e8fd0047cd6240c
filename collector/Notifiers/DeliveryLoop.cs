using Runtime.Collector.Detection;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// Empties one notifier's part of the outbox, one delivery after the other. At-least-once: a kill between the receiver's answer
/// and the mark sends the same key again.
/// </summary>
internal sealed partial class DeliveryLoop(INotifier notifier, IOutbox outbox, OutboxOptions options, DeliveryMeter meter, TimeProvider time, ILogger logger)
{
    private const int Batch = 16;

    /// <summary>A due time may be missed when the wall clock is set; looking again bounds that.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FirstStorePause = TimeSpan.FromSeconds(1);

    /// <summary>The receiver's wish (Retry-After) holds for all that goes to it.</summary>
    private DateTimeOffset _pausedUntil = DateTimeOffset.MinValue;

    private readonly string _name = notifier.Options.Name;

    private Task? _news;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = FirstStorePause;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await DeliverDueAsync(cancellationToken);
                pause = FirstStorePause;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The store failed (a full disk, a lock): nothing is lost, the rows are still there.
                Log.StoreFailed(logger, _name, pause, e);
                _news = null;
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestSleep ? pause * 2 : LongestSleep;
            }
        }
    }

    private async Task DeliverDueAsync(CancellationToken cancellationToken)
    {
        // Asked for before looking, so that a row committed between looking and waiting wakes us.
        if (_news is null or { IsCompleted: true })
        {
            _news = outbox.WaitForNewAsync(_name, cancellationToken);
        }

        var now = time.GetUtcNow();
        var quiet = notifier.Options.Quiet.EndOf(now);
        var from = quiet is null ? Severity.Unspecified : Severity.Critical;
        var due = now >= _pausedUntil ? await outbox.TakeDueAsync(_name, from, Batch, now, cancellationToken) : [];
        foreach (var delivery in due)
        {
            await DeliverAsync(delivery, cancellationToken);
            if (time.GetUtcNow() < _pausedUntil)
            {
                break;
            }
        }

        if (due.Count == 0)
        {
            await SleepAsync(now, quiet, from, _news, cancellationToken);
        }
    }

    private async Task SleepAsync(DateTimeOffset now, DateTimeOffset? quiet, Severity from, Task news, CancellationToken cancellationToken)
    {
        var paused = now < _pausedUntil;
        var next = paused ? _pausedUntil : await outbox.NextDueAsync(_name, from, cancellationToken);
        next = quiet is { } end && !(next < end) && !paused ? end : next;
        var sleep = next is { } due && due - now < LongestSleep ? due - now : LongestSleep;
        if (sleep <= TimeSpan.Zero)
        {
            return;
        }

        using var awake = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(sleep, time, awake.Token);
        var first = await Task.WhenAny(paused ? [timer] : [timer, news]);
        await awake.CancelAsync();
        await first;
    }

    private async Task DeliverAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var result = await AttemptAsync(delivery, cancellationToken);
        var now = time.GetUtcNow();
        switch (result)
        {
            case DeliveryResult.Delivered:
                meter.Attempt(_name, "delivered");
                meter.DeliveredAt(_name, now - delivery.Enqueued);
                Log.Delivered(logger, delivery.IdempotencyKey, _name, delivery.Attempts + 1, (now - delivery.Enqueued).TotalMilliseconds);
                await MarkAsync(token => outbox.MarkDeliveredAsync(delivery.Id, result.Words, now, token), cancellationToken);
                return;

            case DeliveryResult.Retry retry:
                if (retry.After is { } wish)
                {
                    _pausedUntil = now + wish;
                }

                var backoff = RetryDelay.Next(options, delivery.Attempts + 1, Random.Shared.NextDouble());
                var next = now + (retry.After > backoff ? retry.After.Value : backoff);
                if (next - (delivery.Tried ?? now) >= options.GiveUpAfter)
                {
                    meter.Attempt(_name, "given_up");
                    Log.GivenUp(logger, delivery.IdempotencyKey, _name, delivery.Attempts + 1, result.Words);
                    await MarkAsync(token => outbox.MarkFailedAsync(delivery.Id, result.Words, now, null, token), cancellationToken);
                    return;
                }

                meter.Attempt(_name, "retry");
                Log.Retrying(logger, delivery.IdempotencyKey, _name, delivery.Attempts + 1, next, result.Words);
                await MarkAsync(token => outbox.MarkFailedAsync(delivery.Id, result.Words, now, next, token), cancellationToken);
                return;

            default:
                meter.Attempt(_name, "rejected");
                Log.Rejected(logger, delivery.IdempotencyKey, _name, result.Words);
                await MarkAsync(token => outbox.MarkFailedAsync(delivery.Id, result.Words, now, null, token), cancellationToken);
                return;
        }
    }

    /// <summary>An incident that cannot be put into words must not stop those behind it.</summary>
    private async Task<DeliveryResult> AttemptAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        try
        {
            return await notifier.SendAsync(delivery, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotifierFailed(logger, delivery.IdempotencyKey, _name, e);
            return new DeliveryResult.Retry(null, $"{e.GetType().Name} in the notifier; see the collector's log");
        }
    }

    /// <summary>Until it is written nothing more is sent: a store that cannot keep marks would make us send the same alert without end.</summary>
    private async Task MarkAsync(Func<CancellationToken, Task> mark, CancellationToken cancellationToken)
    {
        for (var pause = FirstStorePause; ; pause = pause * 2 < LongestSleep ? pause * 2 : LongestSleep)
        {
            try
            {
                await mark(cancellationToken);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Log.StoreFailed(logger, _name, pause, e);
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6010, LogLevel.Information, "Alert {Key} delivered to {Notifier} at attempt {Attempt}, {Milliseconds:0} ms after it was enqueued")]
        public static partial void Delivered(ILogger logger, string key, string notifier, int attempt, double milliseconds);

        [LoggerMessage(6011, LogLevel.Warning, "Alert {Key} not delivered to {Notifier} at attempt {Attempt}, next at {Next:O}: {Words}")]
        public static partial void Retrying(ILogger logger, string key, string notifier, int attempt, DateTimeOffset next, string words);

        [LoggerMessage(6012, LogLevel.Error, "Alert {Key} given up for {Notifier} after {Attempts} attempts; it stays visible as failed: {Words}")]
        public static partial void GivenUp(ILogger logger, string key, string notifier, int attempts, string words);

        [LoggerMessage(6013, LogLevel.Error, "Alert {Key} refused by {Notifier}; it stays visible as failed: {Words}")]
        public static partial void Rejected(ILogger logger, string key, string notifier, string words);

        [LoggerMessage(6014, LogLevel.Error, "Alert {Key} for {Notifier} failed inside the notifier; it is tried again")]
        public static partial void NotifierFailed(ILogger logger, string key, string notifier, Exception exception);

        [LoggerMessage(6015, LogLevel.Error, "The store failed for {Notifier}; trying again in {Pause}")]
        public static partial void StoreFailed(ILogger logger, string notifier, TimeSpan pause, Exception exception);
    }
}
