using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

public sealed class EngineLearningTests
{
    [Fact]
    public void Deployment_TwoReplicas_GoesFromLearningToLocked()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Start("c2", "web-2");
        web.Serve(3);
        Assert.Equal(BaselineState.Learning, web.State(KindGroup.Process));
        Assert.StartsWith("needs 26 covered hours, has 3", web.View(KindGroup.Process).WaitsFor, StringComparison.Ordinal);
        Assert.True(web.View(KindGroup.Process).Threshold >= 1000);
        web.Serve(4);
        Assert.Equal(BaselineState.Provisional, web.State(KindGroup.Process));
        web.Serve(20);
        Assert.Equal(BaselineState.Locked, web.State(KindGroup.Process));
        Assert.Equal("", web.View(KindGroup.Process).WaitsFor);
        web.Serve(170);
        Assert.Equal(BaselineState.LockedWeek, web.State(KindGroup.Egress));
        Assert.Equal(20, web.View(KindGroup.Egress).Threshold, 0.001);
        Assert.Empty(web.Outcomes);
        Assert.Equal(2, web.Engine.View(web.Builder.Now).Replicas);
        Assert.Equal("learned", web.Item("edge", "/bin/sh>/usr/sbin/nginx@steady")!.State);
        Assert.Equal(2, web.Item("exec", "/bin/chown")!.Starts);
        Assert.Equal(9, web.Item("egress", "/usr/sbin/nginx|10.9.8.0/24|5432|tcp")!.Days);
    }

    [Fact]
    public void Deployment_OneReplicaThatNeverRestarts_LocksAfter72Hours()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Serve(71);
        Assert.Equal(BaselineState.Provisional, web.State(KindGroup.Process));
        Assert.Contains("2 container starts (or 72 hours without one), has 1", web.View(KindGroup.Process).WaitsFor, StringComparison.Ordinal);
        web.Serve(1);
        Assert.Equal(BaselineState.Locked, web.State(KindGroup.Process));
    }

    /// <summary>A start that crossed the end of an hour left its listener "seen in one hour" for ever, and put the lock off to the 48th.</summary>
    [Fact]
    public void Start_ThatCrossesTheEndOfAnHour_LeavesNoSingleton()
    {
        var web = new EngineWeb();
        var first = web.Start("c1", "web-1");
        web.Serve(1);
        web.Apply(web.Builder.Listen(first.Container, first.Nginx, "0.0.0.0", 8443));
        Assert.Equal(1, Listener().Units);
        web.Serve(3);
        Assert.Equal(1, web.View(KindGroup.Listen).Singletons);

        // What was there when an agent came did not happen then.
        var atStart = web.Builder.Listen(first.Container, first.Nginx, "0.0.0.0", 8443);
        web.Apply(atStart with { Flags = NetworkFlags.AtStart });
        Assert.Equal(1, Listener().Units);

        var second = web.Start("c2", "web-2");
        web.Apply(web.Builder.Listen(second.Container, second.Nginx, "0.0.0.0", 8443));
        Assert.Equal((2, 2), (Listener().Units, Listener().Starts));
        Assert.Equal(0, web.View(KindGroup.Listen).Singletons);

        // What only starts show is still no matter of hours.
        Assert.Equal((0, 2), (web.Item("exec", "/bin/chown")!.Units, web.Item("exec", "/bin/chown")!.Starts));

        BaselineItemView Listener() => web.Item("listen", "/usr/sbin/nginx|8443|tcp|any")!;
    }

    [Fact]
    public void Deployment_ShorterUnit_LearnsTheSame()
    {
        var hours = new EngineWeb();
        var short_ = new EngineWeb(new BaselineOptions { Unit = TimeSpan.FromMilliseconds(500) });
        foreach (var web in new[] { hours, short_ })
        {
            web.Start("c1", "web-1");
            web.Start("c2", "web-2");
            web.Serve(40);
        }

        var left = hours.Engine.View(hours.Builder.Now);
        var right = short_.Engine.View(short_.Builder.Now);
        Assert.Equal(left.Groups, right.Groups);
        Assert.Equal(
            left.Items.Select(item => (item.Key, item.Units, item.Starts, item.Days, item.State)),
            right.Items.Select(item => (item.Key, item.Units, item.Starts, item.Days, item.State)));
    }

    [Fact]
    public void Loss_InAUnit_CountsForNothing()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Start("c2", "web-2");
        web.Serve(10);
        web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, "10.7.7.7", 6379));
        var before = web.View(KindGroup.Egress);
        web.Apply(web.Builder.Loss("network"));
        web.Serve(1);
        var after = web.View(KindGroup.Egress);
        Assert.Equal(10, after.Units);
        Assert.Equal(before.Singletons - 1, after.Singletons);
        Assert.Equal(0, web.Item("egress", "/usr/sbin/nginx|10.7.7.0/24|6379|tcp")!.Units);
        Assert.Contains("1 hours had lost events and count for nothing", after.WaitsFor, StringComparison.Ordinal);

        // Processes and files were all seen.
        Assert.Equal(11, web.View(KindGroup.Process).Units);
        Assert.Equal(11, web.View(KindGroup.File).Units);
    }

    [Fact]
    public void Loss_AgentAwayForHours_UncoversAllGroupsOfThem()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Serve(10);
        web.Apply(web.Builder.Loss("agent", TimeSpan.FromHours(4.5)));
        web.Builder.Now += TimeSpan.FromHours(5);
        web.Serve(1);
        foreach (var group in web.Engine.View(web.Builder.Now).Groups)
        {
            Assert.Equal(11, group.Units);
        }
    }

    [Fact]
    public void Host_WithoutContainers_LearnsAndLocks()
    {
        var host = new ObservationBuilder(ObservationBuilder.Host);
        var engine = new ScopeEngine(ObservationBuilder.Host, new BaselineOptions());
        var systemd = host.Process("/usr/lib/systemd/systemd", phase: Phase.Host, flags: ProcessFlags.AtStart);
        Assert.True(engine.Apply(host.Exec(null, systemd)).IsNothing);
        for (var hour = 0; hour < 30; hour++)
        {
            var cron = host.Process("/usr/sbin/cron", systemd, Phase.Host);
            engine.Apply(host.Exec(null, cron));
            engine.Apply(host.Exec(null, host.Process("/bin/run-parts", cron, Phase.Host)));
            host.Now += TimeSpan.FromHours(1);
            engine.Advance(host.Now);
        }

        var process = engine.View(host.Now).Groups.Single(group => group.Group == KindGroup.Process);
        Assert.Equal(BaselineState.Locked, process.State);
        var novel = engine.Apply(host.Exec(null, host.Process("/usr/bin/perl", systemd, Phase.Host)));
        Assert.Equal("/usr/bin/perl was started by systemd in host node1: never seen in 30 h", Assert.Single(novel.Deviations).Title);
    }

    [Fact]
    public void AtStart_ProcessesAndListeners_AreStateAndNoNews()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var found = web.Builder.Process("/usr/bin/gcsfuse", replica.Entrypoint, flags: ProcessFlags.AtStart);
        Assert.True(web.Apply(web.Builder.Exec(replica.Container, found)).IsNothing);
        Assert.True(web.Apply(web.Builder.Listen(replica.Container, found, "0.0.0.0", 9999) with { Flags = NetworkFlags.AtStart }).IsNothing);
        Assert.True(web.Apply(web.Builder.Connect(replica.Container, found, "203.0.113.8", 443) with { Flags = NetworkFlags.AtStart }).IsNothing);
        Assert.Equal("pending", web.Item("exec", "/usr/bin/gcsfuse")!.State);
        Assert.Equal("pending", web.Item("listen", "/usr/bin/gcsfuse|9999|tcp|any")!.State);

        // What it does is news all the same, also what it had done before, and also at that moment: only the scan's own word makes it state.
        Assert.Single(web.Apply(web.Builder.Listen(replica.Container, found, "0.0.0.0", 9999)).Deviations);
        web.Builder.Now += TimeSpan.FromMinutes(1);
        Assert.Single(web.Apply(web.Builder.Connect(replica.Container, found, "203.0.113.9", 443)).Deviations);
    }

    [Fact]
    public void AtStart_TierZero_IsNewsAtOnce()
    {
        var web = new EngineWeb();
        var container = ObservationBuilder.Container("c1", "web-1");
        var nginx = web.Builder.Process("/usr/sbin/nginx", flags: ProcessFlags.AtStart);
        web.Apply(web.Builder.Exec(container, nginx));
        var hidden = web.Builder.Process("/memfd:x (deleted)", nginx, flags: ProcessFlags.AtStart | ProcessFlags.Memfd);
        Assert.Single(web.Apply(web.Builder.Exec(container, hidden)).Alerts);
    }

    [Fact]
    public void Learning_RemarkableItem_IsToldAndWaitsForItsQuorum()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Serve(2);
        var replica = web.Replicas[0];
        Observation Fetch() => web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/curl", replica.Nginx));
        var outcome = web.Apply(Fetch());
        Assert.Single(outcome.Deviations);
        Assert.Empty(outcome.Alerts);
        Assert.Equal("pending", web.Item("exec", "/usr/bin/curl")!.State);
        for (var hour = 0; hour < 8; hour++)
        {
            web.Serve(1);
            web.Apply(Fetch());
        }

        Assert.Equal("learned", web.Item("exec", "/usr/bin/curl")!.State);
    }

    [Fact]
    public void Locked_PendingItem_IsLearntByHalfOfTheReplicasAndNotByOne()
    {
        var web = new EngineWeb().Locked(replicas: 4);
        Observation Dump(int replica) => web.Builder.Exec(
            web.Replicas[replica].Container, web.Builder.Process("/usr/bin/convert", web.Replicas[replica].Nginx));
        web.Apply(Dump(0));
        for (var hour = 0; hour < 10; hour++)
        {
            web.Serve(1);
            web.Apply(Dump(0));
        }

        Assert.Equal("pending", web.Item("exec", "/usr/bin/convert")!.State);
        web.Apply(Dump(1));
        Assert.Equal("learned", web.Item("exec", "/usr/bin/convert")!.State);
    }

    [Fact]
    public void Session_Repeated_IsNeverLearnt()
    {
        var web = new EngineWeb().Locked();
        for (var hour = 0; hour < 20; hour++)
        {
            foreach (var replica in web.Replicas)
            {
                web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/bash", phase: Phase.Session)));
            }

            web.Serve(1);
        }

        Assert.Null(web.Item("exec", "/bin/bash"));
        var deviation = Assert.Single(web.Deviations);
        Assert.Equal(40UL, deviation.Count);
        Assert.Equal("/bin/bash was started by the container runtime (exec or probe) in shop/web: never seen in 72 h on 2 replicas", deviation.Title);
        Assert.Empty(web.Alerts);
    }

    [Fact]
    public void Items_AboveTheBound_LeaveOldestPendingFirstAndVisibly()
    {
        var web = new EngineWeb(new BaselineOptions { MaxItems = 100 });
        web.Start("c1", "web-1");
        for (var i = 0; i < 300; i++)
        {
            web.Builder.Now += TimeSpan.FromSeconds(1);
            web.Apply(web.Builder.File(web.Replicas[0].Container, web.Replicas[0].Nginx, "/data/" + i));
        }

        var view = web.Engine.View(web.Builder.Now);
        Assert.True(view.Items.Count <= 100);
        Assert.Contains("the bound of 100 items was reached", web.View(KindGroup.File).WaitsFor, StringComparison.Ordinal);
        Assert.Equal(view.Items.Count(item => item.Kind == "file_write"), web.View(KindGroup.File).Items);
        Assert.NotNull(web.Item("file_write", "/usr/sbin/nginx|create|/data/299|other"));
    }

    [Fact]
    public void Scope_IncompleteMetadata_LearnsAllTheSame()
    {
        var scope = new Scope("test", "", "Container", "abc", "");
        var builder = new ObservationBuilder(scope);
        var engine = new ScopeEngine(scope, new BaselineOptions());
        var container = new ContainerInfo("abc", "", "", "", "", "", "", "", "", null, Complete: false);
        engine.Apply(builder.Exec(container, builder.Process("/app/server", flags: ProcessFlags.ParentUnknown)));
        var view = engine.View(builder.Now);
        Assert.Equal("/app/server", Assert.Single(view.Items).Key);
        Assert.Empty(view.Images);
    }

    [Fact]
    public void Egress_ManyPortsOfOnePeer_FoldAfterEight()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        for (var port = 2000; port < 2050; port++)
        {
            web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, "10.7.7.7", port));
        }

        var egress = web.Engine.View(web.Builder.Now).Items.Where(item => item.Kind == "egress").ToList();
        Assert.Equal(9, egress.Count);
        Assert.Equal(42UL, web.Item("egress", "/usr/sbin/nginx|10.7.7.0/24|reg|tcp")!.Count);
    }
}
