using Runtime.Collector.Baselines;
using Runtime.Collector.Fleet;
using Runtime.Collector.Inventory;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>What is new here, weighed by how many other deployments do it.</summary>
public sealed class EngineFleetTests
{
    [Fact]
    public void Novelty_ThatMostHave_WeighsLess_AndBeingAloneProvesNothing()
    {
        var web = new EngineWeb(fleet: Fleet(39, "x/usr/bin/cat").For(ObservationBuilder.Web.Id)).Locked();
        Assert.Contains(Start(web, "/usr/bin/cat").Evidence, evidence => evidence is { Reason: "16 or more of 39 other deployments do so", Factor: < 1 });
        Assert.DoesNotContain(Start(web, "/usr/bin/zig").Evidence, evidence => evidence.Reason.Contains("other deployments", StringComparison.Ordinal));
    }

    [Fact]
    public void Novelty_ThatNobodyElseHas_WeighsMore_WhereWhatWasHarmlessHadCompany()
    {
        var knowledge = Fleet(39, "x/usr/bin/cat");
        for (var i = 0; i < 200; i++)
        {
            knowledge.Ledger.Note("other0", KindGroup.Process, FleetIndex.Saturation, ticks: 0);
        }

        knowledge.Ledger.Settle(now: 1, day: 1);
        var web = new EngineWeb(fleet: knowledge.For(ObservationBuilder.Web.Id)).Locked();
        Assert.Contains(Start(web, "/usr/bin/zig").Evidence, evidence => evidence is { Reason: "0 of 39 other deployments do so", Factor: > 3 });
    }

    [Fact]
    public void NodesAndSandboxes_AreNoDeployments()
    {
        var knowledge = new FleetKnowledge();
        Assert.Null(knowledge.Of(ObservationBuilder.Host));
        Assert.Null(knowledge.Of(Owners.ScopeOf("test", "node1", ObservationBuilder.Container("c1", "web-1") with { Name = "POD" })));
        Assert.NotNull(knowledge.Of(ObservationBuilder.Web));
    }

    [Fact]
    public void Novelty_InAFleetOfFew_IsNotCompared()
    {
        var web = new EngineWeb(fleet: Fleet(3, "x/usr/bin/cat").For(ObservationBuilder.Web.Id)).Locked();
        Assert.DoesNotContain(Start(web, "/usr/bin/zig").Evidence, evidence => evidence.Reason.Contains("other deployments", StringComparison.Ordinal));
    }

    [Fact]
    public void Baseline_OfThisDeployment_IsToldToTheOthers()
    {
        var knowledge = new FleetKnowledge();
        var web = new EngineWeb(fleet: knowledge.For(ObservationBuilder.Web.Id)).Locked();
        Assert.Equal(1, knowledge.Index.Others("another", "x/usr/sbin/nginx"));
        Assert.Equal(0, knowledge.Index.Others(ObservationBuilder.Web.Id, "x/usr/sbin/nginx"));

        // A restart tells the same again.
        var again = new FleetKnowledge();
        ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options, again.For(ObservationBuilder.Web.Id));
        Assert.Equal(1, again.Index.Others("another", "x/usr/sbin/nginx"));

        // What only deviates is nothing that this deployment does.
        Start(web, "/usr/bin/zig");
        Assert.Equal(0, knowledge.Index.Others("another", "x/usr/bin/zig"));
    }

    private static Collector.Detection.Deviation Start(EngineWeb web, string program) =>
        Assert.Single(web.Apply(web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process(program, web.Replicas[0].Entrypoint))).Deviations);

    private static FleetKnowledge Fleet(int others, string known)
    {
        var knowledge = new FleetKnowledge();
        for (var i = 0; i < others; i++)
        {
            knowledge.For("other" + i).Learnt(known);
        }

        return knowledge;
    }
}
