using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Replicas of a deployment as each other's witnesses.</summary>
public sealed class EnginePeerTests
{
    [Fact]
    public void Novelty_OnOneOfFourReplicas_WeighsMoreAfterAQuarterOfAnHour()
    {
        var web = new EngineWeb().Locked(hours: 190, replicas: 4);
        Download(web, 0);
        var before = Assert.Single(web.Incidents);
        Assert.True(before.EValue < before.Threshold, $"{before.EValue} of {before.Threshold}");

        web.Advance(web.Builder.Now + (web.Options.Unit / 5));
        Assert.Equal(before.EValue, Assert.Single(web.Incidents).EValue);
        var outcome = web.Advance(web.Builder.Now + (web.Options.Unit / 4));
        var after = Assert.Single(outcome.Incidents);
        Assert.Equal(1.5 * before.EValue, after.EValue, 6);
        Assert.Contains(after.Evidence, evidence => evidence is { Reason: "only one of 4 replicas does so", Factor: 1.5 });
        Assert.Single(outcome.Alerts);
        Assert.True(web.Advance(web.Builder.Now + (web.Options.Unit / 3)).IsNothing);
    }

    [Fact]
    public void Novelty_OnHalfOfTheReplicas_WeighsAsBefore()
    {
        var web = new EngineWeb().Locked(hours: 190, replicas: 4);
        Download(web, 0);
        Download(web, 1);
        var before = Assert.Single(web.Incidents).EValue;
        Assert.DoesNotContain(web.Advance(web.Builder.Now + web.Options.Unit).Incidents, incident => incident.EValue != before);
    }

    [Fact]
    public void Novelty_OfTwoReplicas_IsNotCompared()
    {
        var web = new EngineWeb().Locked(replicas: 2);
        Download(web, 0);
        Assert.True(web.Advance(web.Builder.Now + (web.Options.Unit / 3)).IsNothing);
    }

    [Fact]
    public void Novelty_WhereNothingIsCompared_WeighsAsBefore()
    {
        var web = new EngineWeb();
        web.Engine = new ScopeEngine(ObservationBuilder.Web, web.Options) { ComparesPeers = false };
        web.Locked(hours: 190, replicas: 4);
        Download(web, 0);
        Assert.True(web.Advance(web.Builder.Now + (web.Options.Unit / 3)).IsNothing);
    }

    [Fact]
    public void Factor_SurvivesARestart()
    {
        var web = new EngineWeb().Locked(hours: 190, replicas: 4);
        Download(web, 0);
        web.Advance(web.Builder.Now + (web.Options.Unit / 4));
        web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options);
        Assert.True(web.Advance(web.Builder.Now + (web.Options.Unit / 3)).IsNothing);
    }

    /// <summary>A downloader while it serves: 15 of the 20 that a page needs.</summary>
    private static void Download(EngineWeb web, int replica) =>
        web.Apply(web.Builder.Exec(web.Replicas[replica].Container, web.Builder.Process("/usr/bin/curl", web.Replicas[replica].Entrypoint)));
}
