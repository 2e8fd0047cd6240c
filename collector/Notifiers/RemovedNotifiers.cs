using Runtime.Collector.Storage;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// Messages of notifiers that are no longer in the settings: told at the start, kept as long as incidents are, so that a notifier that comes back
/// sends them, then dropped and counted.
/// </summary>
internal sealed partial class RemovedNotifiers(
    NotifierDirectory notifiers, IOutbox outbox, StorageOptions options, DeliveryMeter meter, TimeProvider time, ILogger<RemovedNotifiers> logger) : BackgroundService
{
    /// <summary>Of what waits, what nobody sends. By the exact name: that is what the rows are found by.</summary>
    public static IEnumerable<WaitingMessages> Among(IEnumerable<WaitingMessages> waiting, IReadOnlyList<string> names) =>
        waiting.Where(messages => !names.Contains(messages.Notifier, StringComparer.Ordinal));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.RetentionInterval, time);
        var told = false;
        do
        {
            try
            {
                if (!told)
                {
                    await TellAsync(stoppingToken);
                    told = true;
                }

                await DropAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // Nothing is lost: the rows are still there.
                Log.Failed(logger, failure.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        var waiting = await outbox.ListWaitingAsync(cancellationToken);
        var removed = Removed(waiting).ToHashSet();
        foreach (var messages in waiting)
        {
            if (removed.Contains(messages))
            {
                Log.Removed(logger, messages.Count, messages.Notifier, options.IncidentRetention);
            }
            else
            {
                Log.Waiting(logger, messages.Count, messages.Notifier);
            }
        }
    }

    private async Task DropAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.IncidentRetention;
        foreach (var messages in Removed(await outbox.ListWaitingAsync(cancellationToken)))
        {
            var dropped = await outbox.DropWaitingAsync(messages.Notifier, before, cancellationToken);
            if (dropped > 0)
            {
                meter.Dropped(messages.Notifier, "notifier_removed", dropped);
                Log.Dropped(logger, dropped, messages.Notifier, options.IncidentRetention);
            }
        }
    }

    private IEnumerable<WaitingMessages> Removed(IEnumerable<WaitingMessages> waiting) => Among(waiting, notifiers.Names);

    private static partial class Log
    {
        [LoggerMessage(6020, LogLevel.Information, "{Count} messages wait for {Notifier} from before this start")]
        public static partial void Waiting(ILogger logger, long count, string notifier);

        [LoggerMessage(6021, LogLevel.Warning, "{Count} messages wait for {Notifier}, which the settings have no more: nobody sends them. They are kept {Retention} in case it comes back, then dropped")]
        public static partial void Removed(ILogger logger, long count, string notifier, TimeSpan retention);

        [LoggerMessage(6022, LogLevel.Warning, "{Count} messages for {Notifier} dropped: the settings have no such notifier, and they waited {Retention}")]
        public static partial void Dropped(ILogger logger, int count, string notifier, TimeSpan retention);

        [LoggerMessage(6023, LogLevel.Warning, "Messages of removed notifiers were not looked for: {Failure}. The next round tries again.")]
        public static partial void Failed(ILogger logger, string failure);
    }
}
