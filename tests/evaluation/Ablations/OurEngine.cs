using Runtime.Collector.Baselines;
using Runtime.Collector.Fleet;
using Runtime.Collector.Scopes;

namespace Runtime.Evaluation.Ablations;

/// <summary>The collector's own engine, whole or without one of its ideas.</summary>
/// <param name="change">Of the settings that it runs with.</param>
internal sealed class OurEngine(string name, Action<BaselineOptions>? change = null, bool hasFleet = true, bool comparesPeers = true) : IPolicy
{
    /// <summary>Looks at the clock in a unit: replicas are compared a quarter of one after something began.</summary>
    private const int LooksPerUnit = 4;

    public string Name => name;

    public IReadOnlyList<Trial> Try(RecordedStream stream)
    {
        var options = new BaselineOptions { Unit = stream.Note.Unit };
        change?.Invoke(options);
        var fleet = new FleetKnowledge();
        // In the order of their first sight.
        var deployments = new List<WatchedDeployment>();
        var byScope = new Dictionary<string, WatchedDeployment>(StringComparer.Ordinal);
        var step = options.Unit / LooksPerUnit;
        var now = stream.Observations[0].Last;
        var next = now + step;
        foreach (var observation in stream.Observations)
        {
            // The order is the log's; a report of repeats begins earlier than what came before it.
            now = observation.Last > now ? observation.Last : now;
            for (; next <= now; next += step)
            {
                deployments.ForEach(deployment => deployment.Advance(next));
            }

            if (!byScope.TryGetValue(observation.Scope.Id, out var watched))
            {
                var engine = new ScopeEngine(observation.Scope, options, hasFleet ? fleet.Of(observation.Scope) : null) { ComparesPeers = comparesPeers };
                byScope.Add(observation.Scope.Id, watched = new WatchedDeployment(observation.Scope, engine, options.Unit, observation.First));
                deployments.Add(watched);
            }

            watched.Take(observation);
        }

        return [.. deployments.Where(deployment => RecordedStream.IsCounted(deployment.Scope)).Select(deployment => deployment.End())];
    }
}
