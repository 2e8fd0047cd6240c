using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Facts that need no baseline, joining an incident that people know of.</summary>
public sealed class EngineFactTests
{
    [Fact]
    public void Critical_JoinedByAnotherKindOfFact_IsToldOnceMoreForEachKindAndNotForRepeats()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var tool = web.Builder.Process("/tmp/t", replica.Nginx, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing);
        var first = Assert.Single(web.Apply(web.Builder.Exec(replica.Container, tool)).Alerts);
        Assert.Equal((Severity.Critical, 1), (first.Severity, first.AlertedRevision));

        var second = Assert.Single(web.Apply(web.Builder.FirstBytes(replica.Container, tool, "203.0.113.7", 3333, "stratum")).Alerts);
        Assert.Equal((first.Id, 2), (second.Id, second.AlertedRevision));
        Assert.Contains("speaks Stratum", second.Title, StringComparison.Ordinal);
        Assert.NotEqual(new AlertRow("slack", first).IdempotencyKey, new AlertRow("slack", second).IdempotencyKey);

        // The same kinds by the same and by another program: counted, not told.
        web.Apply(web.Builder.FirstBytes(replica.Container, tool, "203.0.113.7", 3333, "stratum"));
        var other = web.Builder.Process("/tmp/u", tool, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing);
        web.Apply(web.Builder.Exec(replica.Container, other));
        web.Apply(web.Builder.FirstBytes(replica.Container, other, "203.0.113.8", 3333, "stratum"));
        Assert.Equal([1, 2], web.Alerts.Select(alert => alert.Revision));
        Assert.Equal(0, Assert.Single(web.Incidents).UntoldFacts);
    }

    [Fact]
    public void Critical_JoinedByEveryKindOfFact_IsToldThreeTimesMoreAndCountsTheRest()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var tool = web.Builder.Process("/tmp/t", replica.Nginx, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing);
        web.Apply(web.Builder.Exec(replica.Container, tool));
        web.Apply(web.Builder.File(replica.Container, tool, "/etc/ld.so.preload", FileOperation.Write));
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/memfd:x (deleted)", tool, flags: ProcessFlags.Memfd | ProcessFlags.Deleted)));
        web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options);
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/bin/sh", tool, flags: ProcessFlags.StdinSocket)));
        Assert.Equal([1, 2, 3, 4], web.Alerts.Select(alert => alert.Revision));

        web.Apply(web.Builder.FirstBytes(replica.Container, tool, "203.0.113.7", 3333, "stratum"));
        var miner = web.Builder.Process("/usr/bin/python3", tool, arguments: ["python3", "-o", "stratum+tcp://203.0.113.7:3333"]);
        web.Apply(web.Builder.Connect(replica.Container, miner, "203.0.113.7", 3333));
        web.Apply(web.Builder.FirstBytes(replica.Container, tool, "203.0.113.7", 3333, "stratum"));

        var incident = Assert.Single(web.Incidents);
        Assert.Equal(6, web.Deviations.Where(deviation => deviation.Kind == "tier0").Select(deviation => deviation.Key.Split('|')[0]).Distinct().Count());
        Assert.Equal([1, 2, 3, 4], web.Alerts.Select(alert => alert.Revision));
        Assert.Equal(2, incident.UntoldFacts);
    }
}
