namespace Runtime.Collector.Scopes;

/// <summary>Finds rows that did not reach their scope: what was stored before a crash, or handed over in vain. At start, then at intervals.</summary>
internal sealed partial class ScopeSweep(IScopeLog log, IGrainFactory grains, ScopesOptions options, TimeProvider time, ILogger<ScopeSweep> logger) : BackgroundService
{
    private const int ScopesAtOnce = 8;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SweepInterval, time);
        do
        {
            try
            {
                var behind = await log.ListBehindAsync(stoppingToken);
                await Parallel.ForEachAsync(
                    behind, new ParallelOptions { MaxDegreeOfParallelism = ScopesAtOnce, CancellationToken = stoppingToken }, (scope, _) => new ValueTask(ApplyAsync(scope)));
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Log.Failed(logger, failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ApplyAsync(LogPosition scope)
    {
        try
        {
            await grains.GetGrain<IScopeGrain>(scope.ScopeId).ApplyThroughAsync(scope.LastId);
        }
        catch (Exception failure)
        {
            // One scope does not hold up the others; the next round tries it again.
            Log.ScopeFailed(logger, scope.ScopeId, scope.LastId, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3210, LogLevel.Error, "The log was not searched for rows that wait; tried again at the next round.")]
        public static partial void Failed(ILogger logger, Exception failure);

        [LoggerMessage(3211, LogLevel.Error, "{ScopeId} did not take its rows up to {LogId}; tried again at the next round.")]
        public static partial void ScopeFailed(ILogger logger, string scopeId, long logId, Exception failure);
    }
}
