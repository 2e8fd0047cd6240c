using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Scopes;

namespace Runtime.Collector.Tests.Resources;

/// <summary>A locked web deployment of two replicas whose use is known for a day.</summary>
internal sealed class WatchedWeb
{
    private readonly EngineWeb _web = new EngineWeb().Locked();

    public static WatchedWeb Trained(int hours = 26)
    {
        var watched = new WatchedWeb();
        watched.Run(Use.Of(0.1), TimeSpan.FromHours(hours), [.. watched.Replicas]);
        return watched;
    }

    public IReadOnlyList<EngineWeb.Replica> Replicas => _web.Replicas;
    public ObservationBuilder Builder => _web.Builder;
    public EngineWeb Web => _web;
    public IReadOnlyList<Observation> Log => _web.Log;
    public IReadOnlyList<Incident> Alerts => [.. _web.Alerts];
    public IReadOnlyList<Incident> Incidents => [.. _web.Incidents];
    public IReadOnlyList<Deviation> Deviations => [.. _web.Deviations];
    public Deviation Use1 => Deviations.Single(deviation => deviation.Kind == "resource");

    public ScopeOutcome Apply(Observation observation) => _web.Apply(observation);

    /// <summary>Two minutes an observation, of each replica.</summary>
    public void Run(Use use, TimeSpan time, params EngineWeb.Replica[] replicas)
    {
        for (var end = Builder.Now + time; Builder.Now < end; Builder.Now += TimeSpan.FromMinutes(2))
        {
            foreach (var replica in replicas)
            {
                Apply(use.Observation(Builder, replica.Container, replica.Nginx));
            }
        }
    }

    /// <summary>Half a core more than ever for as long as it takes to be told of by itself.</summary>
    /// <param name="after">A peer that it connects to just before; null: nothing was seen.</param>
    public void Lift(EngineWeb.Replica replica, string? after = null)
    {
        if (after is not null)
        {
            Apply(Builder.Connect(replica.Container, replica.Nginx, after, 443));
        }

        Run(Use.Of(0.5), TimeSpan.FromMinutes(12), replica);
    }
}
