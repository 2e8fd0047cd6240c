namespace Runtime.Collector.Notifiers;

/// <summary>
/// Has the digest made when it is due. One that became due while the program was away is made at its start; several are one. Who is to get it finds it
/// in the outbox.
/// </summary>
internal sealed partial class DigestSchedule(NotifierDirectory notifiers, IDigestLog log, DigestOptions options, TimeProvider time, ILogger<DigestSchedule> logger) : BackgroundService
{
    /// <summary>A due time may be missed when the wall clock is set; looking again bounds that.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var sleep = LongestSleep;
            try
            {
                var now = time.GetUtcNow();
                var slot = options.SlotAt(now);
                if (await log.LastSlotAsync(stoppingToken) is not { } last || last < slot || last > now)
                {
                    await TellAsync(slot, now, stoppingToken);
                }

                var next = slot.AddDays(1) - time.GetUtcNow();
                sleep = next < LongestSleep ? next : LongestSleep;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // Nothing is lost: what is to be told stays marked.
                Log.Failed(logger, failure);
            }

            if (sleep > TimeSpan.Zero)
            {
                await Task.Delay(sleep, time, stoppingToken);
            }
        }
    }

    private async Task TellAsync(DateTimeOffset slot, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var digest in await log.TellAsync(slot, now, notifiers.DigestNames, cancellationToken))
        {
            Log.Told(logger, digest.Cluster, digest.Lines.Count + digest.More, notifiers.DigestNames.Count == 0 ? "nobody, no notifier has Digest on" : string.Join(", ", notifiers.DigestNames));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6030, LogLevel.Information, "Digest of cluster {Cluster}: {Count} incidents, for {Notifiers}")]
        public static partial void Told(ILogger logger, string cluster, long count, string notifiers);

        [LoggerMessage(6031, LogLevel.Error, "The digest was not made; tried again in a minute")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
