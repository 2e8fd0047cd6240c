using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>What joins an incident, what people do with it, and when it ends.</summary>
public sealed class EngineIncidentTests
{
    [Fact]
    public void Shell_OnAnotherReplicaToo_IsTheSameIncidentAndToldAgainOnce()
    {
        var web = new EngineWeb().Locked(replicas: 3);
        foreach (var replica in web.Replicas.Take(2))
        {
            web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing)));
            web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing)));
        }

        var incident = Assert.Single(web.Incidents);
        Assert.Equal(["web-1", "web-2"], incident.Pods);
        Assert.Equal(4UL, incident.Count);
        Assert.Equal([1, 2], web.Alerts.Select(alert => alert.Revision));
    }

    [Fact]
    public void Steps_OfAKnownScript_AreOneIncident_WhileTheyFollowEachOther()
    {
        var web = new EngineWeb();
        web.Start("c0", "web-0");
        var script = web.Builder.Process("/bin/sh", web.Replicas[0].Entrypoint, script: "/opt/job.sh");
        web.Apply(web.Builder.Exec(web.Replicas[0].Container, script));
        web.Locked(hours: 180);
        var container = web.Replicas[0].Container;
        web.Apply(web.Builder.Exec(container, web.Builder.Process("/usr/bin/curl", script)));
        web.Apply(web.Builder.Exec(container, web.Builder.Process("/usr/bin/gcc", script)));
        Assert.Equal(2, Assert.Single(web.Incidents).DeviationIds.Count);

        // Not another script's, not what is below the first process itself, and not much later.
        var other = web.Builder.Process("/bin/sh", web.Replicas[0].Entrypoint, script: "/opt/job.sh");
        web.Apply(web.Builder.Exec(container, web.Builder.Process("/usr/bin/perl", other)));
        web.Apply(web.Builder.Exec(container, web.Builder.Process("/usr/bin/nc", web.Replicas[0].Entrypoint)));
        web.Apply(web.Builder.Exec(container, web.Builder.Process("/usr/bin/wget", web.Replicas[0].Entrypoint)));
        Assert.Equal(4, web.Incidents.Count());
        web.Builder.Now += web.Options.JoinWindow + TimeSpan.FromSeconds(1);
        web.Apply(web.Builder.Exec(container, web.Builder.Process("/usr/bin/socat", script)));
        Assert.Equal(5, web.Incidents.Count());
    }

    [Fact]
    public void Close_ThenTheSameAgain_OpensANewIncident()
    {
        var web = new EngineWeb().Locked();
        Observation Shell() => web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/bin/sh", web.Replicas[0].Nginx, flags: ProcessFlags.NetworkFacing));
        var first = Assert.Single(web.Apply(Shell()).Alerts);
        var closed = Assert.Single(web.Engine.CloseIncident(first.Id, "malicious", "root (uid 0)", "cleaned", web.Builder.Now).Incidents);
        Assert.Equal(IncidentState.Closed, closed.State);
        Assert.Equal(new AuditEntry(web.Builder.Now, "root (uid 0)", "closed as malicious", "cleaned"), Assert.Single(closed.Audit));
        Assert.True(web.Engine.CloseIncident(first.Id, "malicious", "root (uid 0)", "again", web.Builder.Now).IsNothing);
        var second = Assert.Single(web.Apply(Shell()).Alerts);
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public void ApproveIncident_ItsItems_JoinTheBaselineWithWhoAndWhen()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        Observation Shell() => web.Builder.Exec(replica.Container, web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing));
        var incident = Assert.Single(web.Apply(Shell()).Incidents);
        var outcome = web.Engine.ApproveIncident(incident.Id, "root (uid 0)", "our CGI", web.Builder.Now);
        Assert.Equal(IncidentState.Approved, Assert.Single(outcome.Incidents).State);
        Assert.Equal(DeviationState.Approved, Assert.Single(outcome.Deviations).State);
        var item = web.Item("edge", "/usr/sbin/nginx>/bin/sh@steady")!;
        Assert.Equal(("approved", "root (uid 0)", (DateTimeOffset?)web.Builder.Now), (item.State, item.ApprovedBy, item.ApprovedAt));
        Assert.True(web.Apply(Shell()).IsNothing);
    }

    [Fact]
    public void ApproveDeviation_OfTierZero_IsToldNoMore()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var job = web.Builder.Process("/opt/job", replica.Nginx, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing);
        var outcome = web.Apply(web.Builder.Exec(replica.Container, job));
        foreach (var deviation in outcome.Deviations)
        {
            var approved = web.Engine.ApproveDeviation(deviation.Id, "root (uid 0)", "", web.Builder.Now);
            Assert.Equal(DeviationState.Approved, Assert.Single(approved.Deviations).State);
        }

        Assert.True(web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/opt/job", replica.Nginx, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing))).IsNothing);
        Assert.True(web.Engine.ApproveDeviation("no such", "x", "", web.Builder.Now).IsNothing);
    }

    [Fact]
    public void ApproveStored_OfADeviationThatLeft_JoinsTheBaseline()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var deviation = Assert.Single(web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/sh", replica.Nginx))).Deviations);
        var later = new EngineWeb().Locked();
        later.Engine.ApproveStored(deviation, "root (uid 0)", later.Builder.Now);
        Assert.True(later.Apply(later.Builder.Exec(later.Replicas[0].Container, later.Builder.Process("/bin/sh", later.Replicas[0].Nginx))).IsNothing);
    }

    [Theory]
    [InlineData(20, 1)]
    [InlineData(30, 2)]
    public void Cause_ThatComesBack_JoinsWithinADayAndOpensANewOneLater(int hours, int incidents)
    {
        var web = new EngineWeb().Locked();
        web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, "203.0.113.9", 443));
        web.Serve(hours);
        web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, "198.51.100.9", 443));
        Assert.Equal(incidents, web.Incidents.Count());
    }

    [Fact]
    public void Evidence_OfHoursApart_DoesNotAddUp()
    {
        var together = new EngineWeb().Locked();
        var apart = new EngineWeb().Locked();
        foreach (var (web, hours) in new[] { (together, 0), (apart, 2) })
        {
            var nginx = web.Replicas[0].Nginx;
            web.Apply(web.Builder.Connect(web.Replicas[0].Container, nginx, "203.0.113.9", 443));
            web.Serve(hours);
            web.Apply(web.Builder.File(web.Replicas[0].Container, nginx, "/etc/cron.d/x"));
        }

        Assert.True(Assert.Single(together.Incidents).EValue > 100);
        Assert.Equal(90, Assert.Single(apart.Incidents).EValue);
    }

    [Fact]
    public void Closed_ADayLater_IsHeldNoMore()
    {
        var web = new EngineWeb().Locked();
        var incident = Assert.Single(web.Apply(web.Builder.Exec(
            web.Replicas[0].Container, web.Builder.Process("/bin/sh", web.Replicas[0].Nginx, flags: ProcessFlags.NetworkFacing))).Incidents);
        web.Engine.CloseIncident(incident.Id, Verdicts.Benign, "root (uid 0)", "", web.Builder.Now);
        Assert.False(web.Engine.ApproveDeviation(incident.DeviationIds[0], "root (uid 0)", "", web.Builder.Now).IsNothing);
        web.Serve(26);
        Assert.True(web.Engine.ApproveDeviation(incident.DeviationIds[0], "root (uid 0)", "", web.Builder.Now).IsNothing);
    }

    [Fact]
    public void Tree_OfAnIncidentWithManyProcesses_StillShowsTheStrongest()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var shell = web.Builder.Process("/bin/sh", replica.Nginx, flags: ProcessFlags.NetworkFacing);
        web.Apply(web.Builder.Exec(replica.Container, shell));
        for (var i = 0; i < 100; i++)
        {
            web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/tool" + i, shell, flags: ProcessFlags.NetworkFacing)));
        }

        web.Apply(web.Builder.FirstBytes(replica.Container, web.Builder.Process("/usr/bin/last", shell), "203.0.113.7", 443, "stratum"));
        Assert.Contains("/usr/bin/last  (pid", Assert.Single(web.Incidents).ProcessTree, StringComparison.Ordinal);
    }
}
