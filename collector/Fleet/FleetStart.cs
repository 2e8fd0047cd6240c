using System.Diagnostics.Metrics;
using Runtime.Collector.Baselines;
using Runtime.Collector.Inventory;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Fleet;

/// <summary>
/// Reads all stored baselines once after a start: deployments that show nothing new would otherwise be missing among those that are compared with.
/// </summary>
internal sealed partial class FleetStart(IScopeLog log, FleetKnowledge fleet, BaselineOptions options, IMeterFactory meters, ILogger<FleetStart> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var meter = meters.Create("Runtime.Collector");
        meter.CreateObservableGauge("collector.fleet.keys", () => fleet.Index.Keys, "{key}", "Behaviours that deployments are compared by.");
        meter.CreateObservableCounter("collector.fleet.keys_evicted", () => fleet.Index.Evicted, "{key}", "Behaviours that left for want of room: they count as nobody's.");
        meter.CreateObservableGauge("collector.fleet.packaged_files", () => fleet.Packages.Files, "{file}", "Files of packages that images are compared by.");
        meter.CreateObservableCounter("collector.fleet.packaged_files_evicted", () => fleet.Packages.Evicted, "{file}", "Files of packages that left for want of room: images are not compared by them.");
        meter.CreateObservableCounter("collector.fleet.unjudged", () => fleet.Ledger.Unjudged, "{novelty}", "Novelties that left before they were a day old, and are not compared with.");
        try
        {
            foreach (var scopeId in await log.ListScopesAsync(stoppingToken))
            {
                var stored = await log.LoadAsync(scopeId, stoppingToken);
                if (stored is { State.Length: > 0 })
                {
                    Take(scopeId, stored.State);
                }
            }

            fleet.Packages.IsWhole = true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Each scope brings its own baseline when its next row comes. Contents are not compared until the next start.
            Log.NotRead(logger, failure);
        }
    }

    private void Take(string scopeId, byte[] state)
    {
        try
        {
            var scope = Scope.Parse(scopeId);
            if (fleet.Of(scope) is { } view)
            {
                ScopeEngine.Restore(scope, state, options, view);
            }
        }
        catch (FormatException failure)
        {
            // The scope itself says so when it wakes.
            Log.Unusable(logger, scopeId, failure.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3220, LogLevel.Warning, "The stored baselines were not read to compare deployments with each other; each is taken in when its deployment is seen again. What files of packages hold is not compared until the collector starts again.")]
        public static partial void NotRead(ILogger logger, Exception failure);

        [LoggerMessage(3221, LogLevel.Debug, "The stored baseline of {ScopeId} is not compared with: {Failure}")]
        public static partial void Unusable(ILogger logger, string scopeId, string failure);
    }
}
