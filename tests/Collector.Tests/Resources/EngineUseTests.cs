using CsCheck;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Resources;

/// <summary>What containers use, through the whole engine.</summary>
public sealed class EngineUseTests
{
    [Fact]
    public void Lift_Alone_IsToldOfAndNobodyIsPaged()
    {
        var web = WatchedWeb.Trained();
        Assert.Empty(web.Incidents);
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(10), web.Replicas[0]);
        Assert.Empty(web.Incidents);
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(2), web.Replicas[0]);

        var incident = Assert.Single(web.Incidents);
        Assert.Equal("web-1 in shop/web has not used less than 0.50 cores for 12 min: at this load it came down to 0.11 within any 2 min in 24 h", incident.Title);
        Assert.Equal((Severity.Low, 30, 1000), (incident.Severity, incident.EValue, incident.Threshold));
        Assert.Equal(["T1496.001"], incident.Techniques);
        Assert.Equal(["web-1"], incident.Pods);
        Assert.Equal("use floor|sha256:aaaa", incident.Cause);
        Assert.DoesNotContain("◀", incident.ProcessTree, StringComparison.Ordinal);
        Assert.Equal(["floor|sha256:aaaa", "/usr/sbin/nginx"], [web.Use1.Key, Assert.Single(web.Use1.Lineage).Binary]);
        Assert.Equal(web.Builder.Now - TimeSpan.FromMinutes(12), web.Use1.Time);

        web.Run(Use.Of(0.5), TimeSpan.FromHours(6), web.Replicas[0]);
        Assert.Empty(web.Alerts);
        Assert.Equal(181UL, Assert.Single(web.Incidents).Count);
        Assert.Contains("for 6 h:", web.Use1.Title, StringComparison.Ordinal);
        Assert.Null(web.Web.Item("resource", "floor|sha256:aaaa"));
    }

    /// <summary>A new peer weighs 4 and cannot alert; with the floor that rises after it the deployment has a miner.</summary>
    [Fact]
    public void Lift_AfterANewPeer_MakesAnAlertOfIt()
    {
        var web = WatchedWeb.Trained();
        web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, "203.0.113.9", 443));
        Assert.Empty(web.Alerts);
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(4), web.Replicas[0]);
        Assert.Empty(web.Alerts);

        // 15 × 15 × 15 is above 1,000: six minutes.
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(2), web.Replicas[0]);
        var alert = Assert.Single(web.Alerts);
        Assert.Equal(Severity.Medium, alert.Severity);
        Assert.InRange(alert.Threshold, LockRule.LockedThreshold, alert.EValue);
        Assert.Equal(Math.Pow(4 * 30, 0.8), alert.EValue, 1e-9);
        Assert.Equal(["egress", "resource"], web.Deviations.Select(deviation => deviation.Kind).Order());
        Assert.Equal(alert.Id, web.Use1.IncidentId);
        web.Run(Use.Of(0.5), TimeSpan.FromHours(2), web.Replicas[0]);
        Assert.Single(web.Incidents);
        Assert.Single(web.Alerts);
    }

    /// <summary>What comes when the floor is up for long is not its cause: a person who looks into the busy container, say.</summary>
    [Fact]
    public void Lift_BeforeAnythingNew_MultipliesNothing()
    {
        var web = WatchedWeb.Trained();
        var replica = web.Replicas[0];
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(40), replica);
        web.Apply(web.Builder.Connect(replica.Container, replica.Nginx, "203.0.113.9", 443));
        var shell = web.Builder.Process("/bin/bash", phase: Phase.Session);
        web.Apply(web.Builder.Exec(replica.Container, shell));
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/top", shell, Phase.Session)));
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(40), replica);
        Assert.Empty(web.Alerts);
        Assert.Equal("use floor|sha256:aaaa", web.Incidents.Single(incident => incident.Id == web.Use1.IncidentId).Cause);
    }

    /// <summary>A server that made a new connection in the morning and works harder at noon.</summary>
    [Fact]
    public void Lift_OfAServerHoursAfterItsNovelty_MultipliesNothing()
    {
        var web = WatchedWeb.Trained();
        web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, "203.0.113.9", 443));
        web.Run(Use.Of(0.1), TimeSpan.FromHours(3), [.. web.Replicas]);
        web.Run(Use.Of(0.5), TimeSpan.FromHours(1), web.Replicas[0]);
        Assert.Empty(web.Alerts);
        Assert.Equal(Assert.Single(web.Incidents).Id, web.Use1.IncidentId);
    }

    /// <summary>The other replica's novelty says nothing of this one.</summary>
    [Fact]
    public void Lift_OfAnotherReplica_MultipliesNothing()
    {
        var web = WatchedWeb.Trained();
        web.Apply(web.Builder.Connect(web.Replicas[1].Container, web.Replicas[1].Nginx, "203.0.113.9", 443));
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(30), web.Replicas[0]);
        Assert.Empty(web.Alerts);
        Assert.Equal(2, web.Incidents.Count);
    }

    [Fact]
    public void Lift_OfTheBusiestProcessOfAnIncident_JoinsItHoursLater()
    {
        var web = WatchedWeb.Trained();
        var replica = web.Replicas[0];
        var tool = web.Builder.Process("/usr/bin/perl", replica.Nginx);
        web.Apply(web.Builder.Exec(replica.Container, tool));
        var before = Assert.Single(web.Incidents).EValue;
        web.Run(Use.Of(0.1), TimeSpan.FromHours(3), [.. web.Replicas]);
        for (var i = 0; i < 3; i++, web.Builder.Now += TimeSpan.FromMinutes(2))
        {
            web.Apply(Use.Of(0.5).Observation(web.Builder, replica.Container, tool));
        }

        var incident = Assert.Single(web.Incidents);
        Assert.Equal(Math.Pow(before * 30, 0.8), incident.EValue, 1e-9);
    }

    [Fact]
    public void Lift_OfBothReplicas_IsOneIncident()
    {
        var web = WatchedWeb.Trained();
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(14), [.. web.Replicas]);
        Assert.Equal(["web-1", "web-2"], Assert.Single(web.Incidents).Pods);
        web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, "203.0.113.9", 443));
        Assert.Empty(web.Alerts);
    }

    [Fact]
    public void Lift_Approved_IsSilentForItsDigestAndForNoOther()
    {
        var web = WatchedWeb.Trained();
        web.Lift(web.Replicas[0]);
        web.Web.Engine.ApproveIncident(Assert.Single(web.Incidents).Id, "root (uid 0)", "a new cache", web.Builder.Now);
        Assert.Equal("approved", web.Web.Item("resource", "floor|sha256:aaaa")!.State);
        web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, "203.0.113.9", 443));
        web.Run(Use.Of(0.5), TimeSpan.FromHours(1), [.. web.Replicas]);
        Assert.Single(web.Deviations, deviation => deviation.Kind == "resource");
        Assert.Empty(web.Alerts);

        var next = web.Web.Start("c9", "web-9", "sha256:bbbb");
        web.Run(Use.Of(0.5), TimeSpan.FromHours(7), next);
        web.Run(Use.Of(0.9), TimeSpan.FromMinutes(12), next);
        Assert.Equal("floor|sha256:bbbb", web.Deviations.Last(deviation => deviation.Kind == "resource").Key);
    }

    [Fact]
    public void Lift_ClosedAsBenign_IsToldAgainOnceItWasOver()
    {
        var web = WatchedWeb.Trained();
        web.Lift(web.Replicas[0]);
        web.Web.Engine.CloseIncident(Assert.Single(web.Incidents).Id, Verdicts.Benign, "ann", "load test", web.Builder.Now);
        web.Run(Use.Of(0.5), TimeSpan.FromHours(2), web.Replicas[0]);
        Assert.Single(web.Incidents);
        web.Run(Use.Of(0.1), TimeSpan.FromHours(1), web.Replicas[0]);
        web.Lift(web.Replicas[0]);
        Assert.Equal(2, web.Incidents.Count);

        // An attack that goes on is told at once.
        web.Web.Engine.CloseIncident(web.Incidents[^1].Id, "malicious", "ann", "", web.Builder.Now);
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(2), web.Replicas[0]);
        Assert.Equal(3, web.Incidents.Count);
    }

    private static readonly Use Xmrig = new() { Cores = _ => 2.0, UserShare = 0.995, MemoryMiB = 2336 };

    /// <summary>In a deployment's first minutes, from a file of its image.</summary>
    [Fact]
    public void Miner_FromBirth_IsPagedAsHigh()
    {
        var web = new EngineWeb();
        var container = ObservationBuilder.Container("c1", "web-1");
        var miner = web.Builder.Process("/usr/bin/worker");
        web.Apply(web.Builder.Exec(container, miner));
        web.Apply(web.Builder.File(container, miner, "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", FileOperation.SensitiveWrite));
        web.Outcomes.Clear();
        for (var i = 0; i < 5; i++, web.Builder.Now += TimeSpan.FromMinutes(2))
        {
            Assert.Empty(web.Alerts);
            web.Apply(Xmrig.Observation(web.Builder, container, miner));
        }

        var alert = Assert.Single(web.Alerts);
        Assert.Equal(Severity.High, alert.Severity);
        Assert.Equal("/usr/bin/worker in web-1 in shop/web computes like a miner: 2.00 cores for 10 min, 11 points (told from 8)", alert.Title);
        var deviation = Assert.Single(web.Deviations, deviation => deviation.Kind == "resource");
        Assert.Equal(("miner|/usr/bin/worker|sha256:aaaa", Severity.High), (deviation.Key, deviation.Severity));
        Assert.Equal(deviation.EValue, deviation.Evidence.Aggregate(1.0, (product, evidence) => product * evidence.Factor), 1e-6);

        // With the pool it is critical, of the same incident.
        web.Apply(web.Builder.FirstBytes(container, miner, "203.0.113.7", 443, "stratum"));
        web.Apply(Xmrig.Observation(web.Builder, container, miner));
        Assert.Equal(Severity.Critical, web.Alerts.Last().Severity);
    }

    /// <summary>Nothing but its use and a connection: TLS on 443, a program of the image, a deployment that has locked.</summary>
    [Fact]
    public void Miner_WithALongQuietConnection_IsPaged()
    {
        var web = WatchedWeb.Trained();
        var replica = web.Replicas[0];
        web.Apply(web.Builder.Connect(replica.Container, replica.Nginx, "203.0.113.9", 443));
        for (var minute = 1; minute <= 30; minute++)
        {
            web.Builder.Now += TimeSpan.FromMinutes(1);
            web.Apply(web.Builder.Connect(replica.Container, replica.Nginx, "203.0.113.9", 443) with
            {
                Operation = NetworkOperation.Progress, Duration = TimeSpan.FromMinutes(minute), BytesSent = 300, BytesReceived = 400,
            });
        }

        Assert.Empty(web.Alerts);
        for (var minute = 0; minute < 14; minute += 2)
        {
            web.Apply(web.Builder.Connect(replica.Container, replica.Nginx, "203.0.113.9", 443) with
            {
                Operation = NetworkOperation.Progress, Duration = TimeSpan.FromMinutes(30 + minute), BytesSent = 600, BytesReceived = 800,
            });
            web.Run(Xmrig with { Packets = 3000 }, TimeSpan.FromMinutes(2), replica);
        }

        var alert = Assert.Single(web.Alerts);
        Assert.Equal(Severity.High, alert.Severity);
        Assert.Contains(alert.Evidence, evidence => evidence.Reason.StartsWith("a connection to 203.0.113.9:443, which is not the deployment's own, lives for", StringComparison.Ordinal));
        Assert.Equal(2, alert.DeviationIds.Count);
    }

    [Fact]
    public void Miner_Approved_IsSilentForThatProgram()
    {
        var web = WatchedWeb.Trained();
        var replica = web.Replicas[0];
        var trainer = web.Builder.Process("/opt/train", replica.Nginx, flags: ProcessFlags.UpperLayer);
        web.Apply(web.Builder.Exec(replica.Container, trainer));
        Use(trainer, 5);
        var miner = Assert.Single(web.Deviations, deviation => deviation.Kind == "resource" && deviation.Key.StartsWith("miner|", StringComparison.Ordinal));
        Assert.False(web.Web.Engine.ApproveDeviation(miner.Id, "ann", "", web.Builder.Now).IsNothing);
        var told = web.Deviations.Single(deviation => deviation.Id == miner.Id).Count;
        Use(trainer, 5);
        Assert.Equal(told, web.Deviations.Single(deviation => deviation.Id == miner.Id).Count);

        void Use(IReadOnlyList<ProcessInfo> busiest, int windows)
        {
            for (var i = 0; i < windows; i++, web.Builder.Now += TimeSpan.FromMinutes(2))
            {
                web.Apply((Xmrig with { Packets = 3000 }).Observation(web.Builder, replica.Container, busiest));
            }
        }
    }

    /// <summary>Known programs that compute as hard as they can, and the node as a whole.</summary>
    [Fact]
    public void Computing_OfAKnownProgram_IsNoIncident()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        for (var i = 0; i < 60; i++, web.Builder.Now += TimeSpan.FromMinutes(2))
        {
            web.Apply(Xmrig.Observation(web.Builder, replica.Container, replica.Nginx));
            web.Apply(web.Builder.Resources(null, [], Xmrig.Observation(web.Builder, replica.Container, []).Samples));
        }

        Assert.Empty(web.Incidents);
    }

    private static readonly Lazy<IReadOnlyList<Observation>> Log = new(() =>
    {
        var web = WatchedWeb.Trained();
        web.Lift(web.Replicas[0], after: "203.0.113.9");
        web.Run(Use.Of(0.5), TimeSpan.FromMinutes(20), [.. web.Replicas]);
        web.Apply(web.Builder.Connect(web.Replicas[1].Container, web.Replicas[1].Nginx, "203.0.113.9", 443) with
        {
            Operation = NetworkOperation.Progress, Duration = TimeSpan.FromHours(2), BytesSent = 300,
        });
        web.Run(Xmrig with { Packets = 50 }, TimeSpan.FromMinutes(16), web.Replicas[1]);
        return web.Log;
    });

    [Fact]
    public void Replay_OfTheSameLog_GivesTheSameIdsAndBytes()
    {
        var first = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        var second = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        Assert.Equal(EngineWeb.Text(Log.Value.Select(first.Apply)), EngineWeb.Text(Log.Value.Select(second.Apply)));
        Assert.Equal(first.Save(), second.Save());
    }

    [Fact]
    public void Restart_AnywhereInTheLog_EqualsNone()
    {
        var log = Log.Value;
        var whole = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        var expected = log.Select(whole.Apply).Select(outcome => EngineWeb.Text([outcome])).ToList();
        var bytes = whole.Save();
        Gen.Int[log.Count - 60, log.Count].Sample(cut =>
        {
            var before = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
            for (var i = 0; i < cut; i++)
            {
                before.Apply(log[i]);
            }

            var after = ScopeEngine.Restore(ObservationBuilder.Web, before.Save(), new BaselineOptions());
            for (var i = cut; i < log.Count; i++)
            {
                Assert.Equal(expected[i], EngineWeb.Text([after.Apply(log[i])]));
            }

            Assert.Equal(bytes, after.Save());
        }, iter: 10);
    }

    [Fact]
    public void Restore_OfAVersionToCome_IsRefused()
    {
        var now = new EngineWeb().Locked().Engine.Save();
        now[3] = (byte)'3';
        var fault = Assert.Throws<FormatException>(() => ScopeEngine.Restore(ObservationBuilder.Web, now, new BaselineOptions()));
        Assert.Contains("begins with neither RSC2 nor RSC1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_OfFullResources_StaysSmall()
    {
        var web = new EngineWeb();
        var random = new Random(3);
        for (var i = 0; i < 600; i++)
        {
            var container = ObservationBuilder.Container("c" + i, "web-" + i, "sha256:" + (i % 5)) with { Started = ObservationBuilder.Epoch.AddDays(-1) };
            for (var window = 0; window < 6; window++)
            {
                var (cores, packets) = (Math.Exp(random.NextDouble() * 5) - 1, Math.Exp(random.NextDouble() * 14));
                web.Apply((Use.Of(cores) with { Packets = packets }).Observation(web.Builder, container, []));
                web.Builder.Now += TimeSpan.FromMinutes(2);
            }

            web.Builder.Now -= TimeSpan.FromMinutes(12);
        }

        var state = web.Engine.Save();
        Assert.InRange(state.Length, 1, 600_000);
        Assert.Equal(state, ScopeEngine.Restore(ObservationBuilder.Web, state, new BaselineOptions()).Save());
    }
}
