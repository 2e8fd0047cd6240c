using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Mutes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>What a mute hides, what it never hides, and when it ends.</summary>
public sealed class EngineMuteTests
{
    [Fact]
    public void Shell_ThatIsMuted_IsKeptAsMutedCountedOnceAndNotLearnt()
    {
        var web = new EngineWeb().Locked();
        web.Engine.Mutes = new([Mute()]);
        var outcome = web.Apply(Shell(web));
        web.Apply(Shell(web));

        Assert.Empty(web.Alerts);
        Assert.Equal(["m1"], Assert.Single(outcome.Silenced).MutedBy);
        Assert.Single(web.Outcomes.SelectMany(one => one.Silenced));
        var incident = Assert.Single(web.Incidents);
        Assert.Equal((IncidentState.Open, true, 0, 1, false, 2UL), (incident.State, incident.IsMuted, incident.AlertedRevision, incident.MutedRevision, incident.IsForDigest, incident.Count));
        web.Serve(hours: 240);
        Assert.NotEqual("learned", web.Item("exec", "/bin/sh@steady")?.State);
        Assert.Equal("pending", web.Item("edge", "/usr/sbin/nginx>/bin/sh@steady")?.State);
    }

    /// <summary>Nothing is told when the mute ends by itself; what goes on is, as the same incident.</summary>
    [Fact]
    public void Shell_AfterTheMute_IsToldAtItsNextSight()
    {
        var web = new EngineWeb().Locked();
        web.Engine.Mutes = new([Mute()]);
        web.Apply(Shell(web));
        web.Engine.Mutes = ScopeMutes.None;
        Assert.True(web.Advance(web.Builder.Now).IsNothing || web.Outcomes[^1].Alerts.Count == 0);
        var told = Assert.Single(web.Apply(Shell(web)).Alerts);
        Assert.Equal((1, 1, false), (told.Revision, told.AlertedRevision, told.IsMuted));
        Assert.Single(web.Incidents);
    }

    [Fact]
    public void Other_ThatJoins_IsNotHiddenByAMuteOfOneKind()
    {
        var web = new EngineWeb().Locked();
        web.Engine.Mutes = new([Mute() with { Key = "*nginx>/bin/sh*", Kind = "edge" }, Mute("m2") with { Kind = "exec", Key = "/bin/sh*" }]);
        var shell = web.Builder.Process("/bin/sh", web.Replicas[0].Nginx, flags: ProcessFlags.NetworkFacing);
        Assert.Single(web.Apply(web.Builder.Exec(web.Replicas[0].Container, shell)).Silenced);
        var told = Assert.Single(web.Apply(web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/usr/bin/nc", shell))).Alerts);
        Assert.Equal(2, told.DeviationIds.Count);
    }

    /// <summary>Even a mute of all of a deployment hides no fact that needs no baseline, unless it names the fact.</summary>
    [Fact]
    public void Fact_IsHiddenOnlyByItsName()
    {
        var web = new EngineWeb().Locked();
        var container = web.Replicas[0].Container;
        Observation Miner() => web.Builder.Connect(container, web.Builder.Process("/usr/bin/python3", web.Replicas[0].Nginx, arguments: ["python3", "-o", "stratum+tcp://203.0.113.7:3333"]), "203.0.113.7", 3333);
        web.Engine.Mutes = new([Mute()]);
        var told = Assert.Single(web.Apply(Miner()).Alerts);
        var fact = Assert.Single(web.Deviations, deviation => deviation.Kind == "tier0");
        Assert.Contains("tier0", told.Kinds);

        var named = new EngineWeb().Locked();
        named.Engine.Mutes = new([Mute(), Mute("m2") with { Kind = "tier0", Key = fact.Key[..fact.Key.IndexOf('|', StringComparison.Ordinal)] + "|*" }]);
        named.Apply(named.Builder.Connect(
            named.Replicas[0].Container, named.Builder.Process("/usr/bin/python3", named.Replicas[0].Nginx, arguments: ["python3", "-o", "stratum+tcp://203.0.113.7:3333"]), "203.0.113.7", 3333));
        Assert.Empty(named.Alerts);
        Assert.Contains("m2", Assert.Single(named.Outcomes.SelectMany(outcome => outcome.Silenced)).MutedBy);
    }

    [Fact]
    public void Image_ThatTheMuteDoesNotKnow_EndsItAtOnce()
    {
        var web = new EngineWeb().Locked();
        web.Engine.Mutes = new([Mute(), Mute("any") with { AnyImage = true, Kind = "listen" }]);
        web.Start("c9", "web-9", "sha256:bbbb");
        Assert.Equal([new EndedMute("m1", "sha256:bbbb")], web.Outcomes.SelectMany(outcome => outcome.EndedMutes));
        Assert.Single(web.Apply(Shell(web)).Alerts);
    }

    [Fact]
    public void Cause_OfAnIncident_MutesThatCauseAlone()
    {
        var seen = new EngineWeb().Locked();
        var cause = Assert.Single(seen.Apply(Shell(seen)).Alerts).Cause;
        var web = new EngineWeb().Locked();
        web.Engine.Mutes = new([Mute() with { Cause = cause }]);
        Assert.Single(web.Apply(Shell(web)).Silenced);

        // What follows closely joins the same incident, and is hidden with it; what comes later is another cause.
        web.Builder.Now += web.Options.JoinWindow + TimeSpan.FromSeconds(1);
        Assert.Single(web.Apply(web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/bin/bash", web.Replicas[0].Nginx, flags: ProcessFlags.NetworkFacing))).Alerts);
    }

    /// <summary>The log and the mutes say everything: applied again they give the same, and a state that was saved in between goes on alike.</summary>
    [Fact]
    public void Replay_WithTheSameMutes_IsTheSame()
    {
        var web = new EngineWeb().Locked();
        web.Engine.Mutes = new([Mute()]);
        web.Apply(Shell(web));
        web.Engine = Collector.Scopes.ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options);
        web.Engine.Mutes = new([Mute()]);
        web.Apply(Shell(web));
        Assert.Single(web.Outcomes.SelectMany(outcome => outcome.Silenced));
        Assert.True(Assert.Single(web.Incidents).IsMuted);

        web.Engine.Mutes = ScopeMutes.None;
        Assert.Single(web.Apply(Shell(web)).Alerts);
    }

    private static ExecObservation Shell(EngineWeb web) =>
        web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/bin/sh", web.Replicas[0].Nginx, flags: ProcessFlags.NetworkFacing));

    private static Mute Mute(string id = "m1") => new()
    {
        Id = id, ScopeId = ObservationBuilder.Web.Id, Kind = "", Key = "", Cause = "", Owner = "team", CreatedBy = "ann", Reason = "known", Created = ObservationBuilder.Epoch, Expires = ObservationBuilder.Epoch.AddDays(30),
        Images = ["sha256:aaaa"],
    };
}
