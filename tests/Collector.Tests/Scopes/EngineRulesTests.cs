using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Rules;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Rules and facts within a scope's engine: what is told, how severe, what ends it, and what a replay makes of it.</summary>
public sealed class EngineRulesTests
{
    [Fact]
    public void RuntimeSocket_FromTheFirstSecond_IsCriticalUntilAPersonApprovesIt()
    {
        var web = new EngineWeb();
        var nginx = web.Start("c1", "web-1").Nginx;
        var alert = Assert.Single(web.Apply(Socket(web, nginx)).Alerts);
        Assert.Equal((Severity.Critical, "/usr/sbin/nginx connected to /run/docker.sock, by which every container of the node is commanded, in shop/web"), (alert.Severity, alert.Title));
        Assert.Null(web.Item("egress", "/usr/sbin/nginx|/run/docker.sock|-|unix"));

        web.Engine.ApproveIncident(alert.Id, "alice", "ours", web.Builder.Now);
        Assert.Empty(web.Apply(Socket(web, nginx)).Deviations);

        // Another program of the same container is another matter.
        var curl = web.Builder.Process("/usr/bin/curl", nginx);
        Assert.Equal(Severity.Critical, Assert.Single(web.Apply(Socket(web, curl)).Alerts).Severity);
    }

    [Fact]
    public void RuntimeSocket_ThatWasOpenAtTheStart_IsNoNovelty()
    {
        var web = new EngineWeb();
        var nginx = web.Start("c1", "web-1").Nginx;
        Assert.Empty(web.Apply(Socket(web, nginx) with { Flags = NetworkFlags.AtStart }).Deviations);
        Assert.DoesNotContain(web.Apply(Socket(web, nginx)).Deviations, deviation => deviation.Kind == "tier0");
    }

    [Fact]
    public void KubeletCredential_OpenedForTheFirstTime_IsCritical()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var read = web.Builder.File(replica.Container, replica.Nginx, "/var/lib/kubelet/pki/kubelet-client-current.pem", FileOperation.SensitiveRead);
        var alert = Assert.Single(web.Apply(read).Alerts);
        Assert.Equal(Severity.Critical, alert.Severity);
        Assert.Contains("by which the node itself speaks to the cluster", alert.Title, StringComparison.Ordinal);
        web.Engine.ApproveIncident(alert.Id, "alice", "ours", web.Builder.Now);
        Assert.Empty(web.Apply(read with { Id = 0 }).Deviations);
    }

    [Fact]
    public void OddPlace_OfAProgramThatTheDeploymentKnows_IsNoFact()
    {
        // A volume in /tmp: no upper layer. Whoever approved the program once is not asked again.
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var tool = web.Builder.Process("/tmp/volume/tool", replica.Nginx, flags: ProcessFlags.NetworkFacing);
        var alert = Assert.Single(web.Apply(web.Builder.Exec(replica.Container, tool)).Alerts);
        Assert.Equal((Severity.Critical, true), (alert.Severity, alert.Title.Contains("where everybody may write", StringComparison.Ordinal)));
        var ordinary = web.Deviations.Single(deviation => deviation.Kind == "exec");
        web.Engine.ApproveDeviation(ordinary.Id, "alice", "ours", web.Builder.Now);
        Assert.Empty(web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/tmp/volume/tool", replica.Nginx, flags: ProcessFlags.NetworkFacing))).Deviations);
    }

    [Fact]
    public void KernelModule_Refused_IsHigh_AndLoadedCritical()
    {
        var web = new EngineWeb();
        var replica = web.Start("c1", "web-1");
        var refused = Module(web, replica, error: 1);
        var high = Assert.Single(web.Apply(refused).Alerts);
        Assert.Equal((Severity.High, 200, "/usr/sbin/nginx tried to load a kernel module and was refused (EPERM): code in the kernel of the node, in shop/web"), (high.Severity, (int)high.EValue, high.Title));
        Assert.Equal(Severity.High, web.Deviations.Single(deviation => deviation.Kind == "tier0").Severity);

        // Again and again makes it no worse, and restoring a state neither.
        web.Apply(refused with { Id = 0 });
        web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options);
        web.Apply(refused with { Id = 0 });
        Assert.Equal(Severity.High, web.Incidents.Single().Severity);

        // A stronger fact in the same incident raises it and is told.
        var loaded = web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.StdinSocket)));
        Assert.Equal((high.Id, Severity.Critical), (Assert.Single(loaded.Alerts).Id, loaded.Alerts[0].Severity));
    }

    [Fact]
    public void OwnFact_AlertsWithItsSeverityAndIsNeverLearnt()
    {
        var web = new EngineWeb().Locked();
        web.Engine.Rules = RulesFileTests.Parse("""
            version: 1
            own:
              - name: log_read_elsewhere
                kind: file
                severity: medium
                technique: T1005
                words: "{program} wrote {path}"
                all: [{ field: path, like: "/var/log/nginx/*" }, { field: operation, is: write }]
            """);
        var replica = web.Replicas[0];
        var known = web.Builder.File(replica.Container, replica.Nginx, "/var/log/nginx/access.log", FileOperation.Write);
        var outcome = web.Apply(known);
        var alert = Assert.Single(outcome.Alerts);
        Assert.Equal((Severity.Medium, "nginx wrote /var/log/nginx/access.log, in shop/web"), (alert.Severity, alert.Title));
        Assert.Equal(["T1005"], alert.Techniques);
        var deviation = Assert.Single(outcome.Deviations);
        Assert.Equal(("tier0", "log_read_elsewhere|/usr/sbin/nginx"), (deviation.Kind, deviation.Key));

        web.Engine.ApproveDeviation(deviation.Id, "alice", "ours", web.Builder.Now);
        Assert.Empty(web.Apply(known with { Id = 0 }).Deviations);
    }

    [Fact]
    public void OwnFact_OfAContentOrALibrary_IsToldThoughTheBaselineKnowsIt()
    {
        var web = new EngineWeb().Locked();
        web.Engine.Rules = RulesFileTests.Parse("""
            version: 1
            own:
              - { name: bad_content, kind: binary, severity: critical, words: "{path} has a content that is known to be bad", all: [{ field: sha256, is: abcd }] }
              - { name: bad_library, kind: file, severity: high, words: "{binary} loaded {path}", all: [{ field: operation, is: map_executable }, { field: path, like: "*/libbad.so" }] }
              - { name: bad_assembly, kind: managed, severity: high, words: "{binary} loaded {name}", all: [{ field: name, is: Bad }] }
            """);
        var replica = web.Replicas[0];
        var at = web.Builder.Exec(replica.Container, replica.Nginx);
        var binary = new BinaryObservation { Scope = at.Scope, AgentId = at.AgentId, Node = at.Node, Container = at.Container, First = at.First, Last = at.Last, Lineage = at.Lineage, Path = "/usr/sbin/nginx", Sha256 = "abcd" };
        Assert.Equal("/usr/sbin/nginx has a content that is known to be bad, in shop/web", Assert.Single(web.Apply(binary).Alerts).Title);
        Assert.Null(web.Item("binary", "/usr/sbin/nginx|sha256:aaaa|abcd"));
        var map = web.Builder.File(replica.Container, replica.Nginx, "/usr/lib/libbad.so", FileOperation.MapExecutable);
        Assert.Contains(web.Apply(map).Deviations, deviation => deviation.Key == "bad_library|/usr/sbin/nginx");
        var managed = new ManagedObservation
        {
            Scope = at.Scope, AgentId = at.AgentId, Node = at.Node, Container = at.Container, First = at.First, Last = at.Last, Lineage = at.Lineage, Operation = ManagedOperation.AssemblyFile, Name = "Bad", Path = "/app/Bad.dll",
        };
        Assert.DoesNotContain(web.Apply(managed with { Flags = ManagedFlags.AtStart }).Deviations, deviation => deviation.Kind == "tier0");
        Assert.Contains(web.Apply(managed).Deviations, deviation => deviation.Key == "bad_assembly|/usr/sbin/nginx");
    }

    [Fact]
    public void PoolPort_OfTheRules_WeighsForAProgramThatNeverConnected()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        web.Engine.Rules = RulesFileTests.Parse("version: 1\npool_ports: [9443]");
        Assert.Contains("a port of mining pools", Reasons(9443), StringComparison.Ordinal);
        Assert.DoesNotContain("a port of mining pools", Reasons(3333), StringComparison.Ordinal);

        string Reasons(int port) => string.Join('\n', web.Apply(web.Builder.Connect(replica.Container, web.Builder.Process($"/usr/bin/p{port}", replica.Nginx), "203.0.113.7", port))
            .Deviations.SelectMany(deviation => deviation.Evidence).Select(evidence => evidence.Reason));
    }

    [Fact]
    public void Replay_WithTheSameRulesAtTheSamePlaces_GivesTheSameOutcomes()
    {
        var changed = RulesFileTests.Parse("version: 1\nfacts: { shell_on_socket: off }\npool_domains: [pool.example.org]");
        var web = new EngineWeb();
        var replica = web.Start("c1", "web-1");
        var before = web.Log.Count;
        Observation[] later =
        [
            web.Builder.Exec(replica.Container, web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.StdinSocket)),
            web.Builder.Connect(replica.Container, replica.Nginx, "203.0.113.7", 443) with { Name = "a.pool.example.org" },
            web.Builder.Connect(replica.Container, replica.Nginx, "203.0.113.7", 443) with { Name = "pool.supportxmr.com" },
        ];
        web.Engine.Rules = changed;
        Array.ForEach(later, observation => web.Apply(observation));
        Assert.Equal(["pool_name"], web.Outcomes.SelectMany(outcome => outcome.Alerts).SelectMany(alert => alert.DeviationIds)
            .Select(id => web.Deviations.Single(deviation => deviation.Id == id)).Where(deviation => deviation.Kind == "tier0").Select(deviation => deviation.Key.Split('|')[0]).Distinct());

        var again = new ScopeEngine(ObservationBuilder.Web, web.Options);
        var outcomes = new List<ScopeOutcome>();
        for (var i = 0; i < web.Log.Count; i++)
        {
            if (i == before)
            {
                again.Rules = changed;
            }

            outcomes.Add(again.Apply(web.Log[i]));
        }

        Assert.Equal(EngineWeb.Text(web.Outcomes), EngineWeb.Text(outcomes.Where(outcome => !outcome.IsNothing)));
        Assert.Equal(web.Engine.Save(), again.Save());
    }

    private static NetworkObservation Socket(EngineWeb web, IReadOnlyList<ProcessInfo> lineage) =>
        web.Builder.Connect(web.Replicas[0].Container, lineage, "127.0.0.1", 0, protocol: 0) with { Operation = NetworkOperation.UnixConnect, RemoteAddress = null, Name = "/run/docker.sock" };

    private static PrivilegeObservation Module(EngineWeb web, EngineWeb.Replica replica, int error)
    {
        var at = web.Builder.Exec(replica.Container, replica.Nginx);
        return new()
        {
            Id = at.Id, Scope = at.Scope, AgentId = at.AgentId, Node = at.Node, Container = at.Container, First = at.First, Last = at.Last, Lineage = at.Lineage, Operation = PrivilegeOperation.LoadModule, Error = error,
        };
    }
}
