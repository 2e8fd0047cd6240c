using System.Diagnostics;

namespace Runtime.Collector.Notifiers;

/// <summary>One loop for each notifier, none of which knows of another.</summary>
internal sealed partial class OutboxDispatcher(
    NotifierDirectory notifiers, IOutbox outbox, OutboxOptions options, DeliveryMeter meter, TimeProvider time, ILogger<OutboxDispatcher> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Log.Started(logger, notifiers.All.Count, string.Join(", ", notifiers.All.Select(notifier => notifier.Options.Name)));
        return Task.WhenAll(notifiers.All.Select(notifier => new DeliveryLoop(notifier, outbox, options, meter, time, logger).RunAsync(stoppingToken)));
    }

    /// <summary>Sends a sample alert now, beside whatever waits. Null when there is no such notifier.</summary>
    public async Task<NotifierTest?> TestAsync(string name, CancellationToken cancellationToken)
    {
        if (notifiers.Find(name) is not { } notifier)
        {
            return null;
        }

        var started = Stopwatch.GetTimestamp();
        var result = await notifier.SendAsync(SampleAlert.Make(notifier.Options.Name, time.GetUtcNow()), cancellationToken);
        return new(result is DeliveryResult.Delivered, result.Words, Stopwatch.GetElapsedTime(started));
    }

    private static partial class Log
    {
        [LoggerMessage(6000, LogLevel.Information, "{Count} notifiers: {Names}")]
        public static partial void Started(ILogger logger, int count, string names);
    }
}

/// <param name="Answer">What the receiver answered, or why there was no answer.</param>
internal sealed record NotifierTest(bool Delivered, string Answer, TimeSpan Took);
