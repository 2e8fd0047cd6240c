using System.Text.Json;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>A web deployment as agents would report it: nginx behind an entrypoint, writing logs and asking a database, replica by replica.</summary>
internal sealed class EngineWeb
{
    private readonly List<Observation> _log = [];

    public EngineWeb(BaselineOptions? options = null, Collector.Fleet.FleetView? fleet = null)
    {
        Options = options ?? new BaselineOptions();
        Engine = new ScopeEngine(ObservationBuilder.Web, Options, fleet);
    }

    public BaselineOptions Options { get; }
    public ScopeEngine Engine { get; set; }
    public ObservationBuilder Builder { get; } = new();

    /// <summary>That the next replica runs.</summary>
    public string Image { get; set; } = "docker.io/library/nginx:1.27";

    /// <summary>Everything that was applied, in order.</summary>
    public IReadOnlyList<Observation> Log => _log;
    public List<Replica> Replicas { get; } = [];
    public List<ScopeOutcome> Outcomes { get; } = [];

    public IEnumerable<Incident> Alerts => Outcomes.SelectMany(outcome => outcome.Alerts);
    public IEnumerable<Deviation> Deviations => Outcomes.SelectMany(outcome => outcome.Deviations).GroupBy(deviation => deviation.Id).Select(states => states.Last());
    public IEnumerable<Incident> Incidents => Outcomes.SelectMany(outcome => outcome.Incidents).GroupBy(incident => incident.Id).Select(states => states.Last());

    public sealed record Replica(ContainerInfo Container, IReadOnlyList<ProcessInfo> Entrypoint, IReadOnlyList<ProcessInfo> Nginx);

    public ScopeOutcome Apply(Observation observation)
    {
        _log.Add(observation);
        var outcome = Engine.Apply(observation);
        if (!outcome.IsNothing)
        {
            Outcomes.Add(outcome);
        }

        return outcome;
    }

    public ScopeOutcome Advance(DateTimeOffset now)
    {
        var outcome = Engine.Advance(now);
        if (!outcome.IsNothing)
        {
            Outcomes.Add(outcome);
        }

        return outcome;
    }

    /// <summary>One container start: entrypoint script, chown, nginx, its listener.</summary>
    public Replica Start(string id, string pod, string digest = "sha256:aaaa")
    {
        var container = ObservationBuilder.Container(id, pod, digest) with { Image = Image };
        var entrypoint = Builder.Process("/bin/sh", phase: Phase.Init, script: "/docker-entrypoint.sh", arguments: ["/bin/sh", "/docker-entrypoint.sh"]);
        Apply(Builder.Exec(container, entrypoint));
        Apply(Builder.Exec(container, Builder.Process("/bin/chown", entrypoint, Phase.Init, arguments: ["chown", "nginx", "/var/cache/nginx"])));
        Apply(Builder.File(container, entrypoint, "/etc/nginx/conf.d/default.conf", FileOperation.Write));
        var nginx = Builder.Process("/usr/sbin/nginx", entrypoint, flags: ProcessFlags.NetworkFacing, arguments: ["nginx", "-g", "daemon off;"]);
        Apply(Builder.Exec(container, nginx));
        Apply(Builder.Listen(container, nginx, "0.0.0.0", 80));
        var replica = new Replica(container, entrypoint, nginx);
        Replicas.Add(replica);
        return replica;
    }

    /// <summary>What every replica does every hour.</summary>
    public void Serve(int hours)
    {
        for (var hour = 0; hour < hours; hour++)
        {
            foreach (var replica in Replicas)
            {
                Apply(Builder.File(replica.Container, replica.Nginx, "/var/log/nginx/access.log", FileOperation.Write));
                Apply(Builder.Connect(replica.Container, replica.Nginx, "10.9.8.7", 5432));
                Apply(Builder.Connect(replica.Container, replica.Nginx, "10.96.0.10", 53, protocol: 17));
            }

            Builder.Now += Options.Unit;
            Advance(Builder.Now);
        }
    }

    /// <summary>Two starts and enough quiet hours to lock every group.</summary>
    public EngineWeb Locked(int hours = 72, int replicas = 2)
    {
        for (var i = 1; i <= replicas; i++)
        {
            Start("c" + i, "web-" + i);
        }

        Serve(hours);
        foreach (var group in Engine.View(Builder.Now).Groups)
        {
            Assert.Equal(BaselineState.Locked, group.State);
        }

        Assert.Empty(Outcomes);
        return this;
    }

    public BaselineState State(KindGroup group) => View(group).State;

    public BaselineGroupView View(KindGroup group) => Engine.View(Builder.Now).Groups.Single(view => view.Group == group);

    public BaselineItemView? Item(string kind, string key) => Engine.View(Builder.Now).Items.SingleOrDefault(item => item.Kind == kind && item.Key == key);

    /// <summary>Outcomes in a form that compares by content.</summary>
    public static string Text(IEnumerable<ScopeOutcome> outcomes) => JsonSerializer.Serialize(outcomes.ToList());
}
