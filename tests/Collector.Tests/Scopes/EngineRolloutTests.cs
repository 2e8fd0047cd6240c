using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Another image comes to a baseline that has learnt one.</summary>
public sealed class EngineRolloutTests
{
    [Fact]
    public void Rollout_WithNewPrograms_IsOneReviewAndNoPage()
    {
        var web = RolledOut("docker.io/library/nginx:1.28");
        foreach (var replica in web.Replicas)
        {
            foreach (var program in new[] { "/usr/bin/envsubst", "/usr/bin/awk", "/usr/bin/find", "/usr/bin/sort" })
            {
                web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process(program, replica.Entrypoint, Phase.Init)));
            }

            web.Apply(web.Builder.File(replica.Container, replica.Nginx, "/var/cache/nginx/client_temp/a", FileOperation.Create));
        }

        var review = Assert.Single(web.Incidents);
        Assert.Equal(
            "shop/web runs an image that it never ran: docker.io/library/nginx:1.28@sha256:bbbb after docker.io/library/nginx:1.27@sha256:aaaa", review.Title);
        Assert.Equal(6, review.DeviationIds.Count);
        Assert.True(review.Severity <= Severity.Low, $"{review.Severity}");
        Assert.Empty(web.Alerts);
    }

    [Fact]
    public void Rollout_AfterADayAndTwoStarts_IsAcceptedByItself()
    {
        var web = RolledOut("docker.io/library/nginx:1.28");
        web.Serve(26);
        var review = Assert.Single(web.Incidents);
        Assert.Equal(IncidentState.Closed, review.State);
        Assert.Equal("accepted", Assert.Single(review.Audit).Action);
        Assert.NotNull(web.Engine.View(web.Builder.Now));
        Assert.Equal(BaselineState.Locked, web.State(KindGroup.Process));
    }

    [Fact]
    public void Rollout_WithWhatTheImageDoesNotExplain_IsToldByItself()
    {
        var web = RolledOut("docker.io/library/nginx:1.28");
        var replica = web.Replicas[0];
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/envsubst", replica.Entrypoint, Phase.Init)));
        var dropped = web.Builder.Process("/opt/x", replica.Nginx, flags: ProcessFlags.UpperLayer | ProcessFlags.NetworkFacing);
        var alert = Assert.Single(web.Apply(web.Builder.Exec(replica.Container, dropped)).Alerts);
        Assert.Equal(2, web.Incidents.Count());

        // What it then does belongs to it, ordinary or not.
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/id", dropped, flags: ProcessFlags.NetworkFacing)));
        Assert.Contains(web.Deviations, deviation => deviation.IncidentId == alert.Id && deviation.Key.EndsWith("/usr/bin/id", StringComparison.Ordinal));
    }

    [Fact]
    public void Rollout_OfTheSameTag_SaysThatTheTagMoved()
    {
        var web = RolledOut("docker.io/library/nginx:1.27");
        var deviation = Assert.Single(web.Deviations, deviation => deviation.Kind == "image");
        Assert.Contains(deviation.Evidence, evidence => evidence.Technique == "T1525" && evidence.Factor == 10);
        Assert.Empty(web.Alerts);
    }

    [Fact]
    public void Rollout_OfATagThatIsMeantToMove_SaysNothingOfIt()
    {
        var web = RolledOut("docker.io/library/nginx:latest", "docker.io/library/nginx:latest");
        Assert.DoesNotContain(web.Deviations.Single(deviation => deviation.Kind == "image").Evidence, evidence => evidence.Technique == "T1525");
    }

    [Fact]
    public void Rollback_ToAKnownImage_NeedsNoReview()
    {
        var web = RolledOut("docker.io/library/nginx:1.28");
        web.Serve(80);
        var before = web.Incidents.Count();
        web.Start("c9", "web-9");
        web.Serve(2);
        Assert.Equal(before, web.Incidents.Count());
    }

    [Fact]
    public void Scaling_OfALockedDeployment_ChangesNothing()
    {
        var web = new EngineWeb().Locked();
        for (var i = 10; i < 18; i++)
        {
            web.Start("c" + i, "web-" + i);
        }

        web.Serve(3);
        Assert.Empty(web.Outcomes);
    }

    [Fact]
    public void Review_SurvivesARestart()
    {
        var web = RolledOut("docker.io/library/nginx:1.28");
        web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options);
        web.Apply(web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/usr/bin/envsubst", web.Replicas[0].Entrypoint, Phase.Init)));
        Assert.Equal(2, Assert.Single(web.Incidents).DeviationIds.Count);
    }

    [Fact]
    public void Approve_TheReview_EndsIt()
    {
        var web = RolledOut("docker.io/library/nginx:1.28");
        var review = Assert.Single(web.Incidents);
        var outcome = web.Engine.ApproveIncident(review.Id, "ann", "", web.Builder.Now);
        Assert.Equal(IncidentState.Approved, Assert.Single(outcome.Incidents).State);
        web.Serve(26);
        Assert.DoesNotContain(web.Incidents, incident => incident.Audit.Any(entry => entry.Action == "accepted"));
    }

    /// <summary>A locked deployment of nginx:1.27 whose replicas were replaced by two of another image.</summary>
    private static EngineWeb RolledOut(string image, string before = "docker.io/library/nginx:1.27")
    {
        var web = new EngineWeb { Image = before }.Locked();
        web.Replicas.Clear();
        web.Image = image;
        foreach (var n in new[] { 3, 4 })
        {
            web.Start("c" + n, "web-" + n, digest: "sha256:bbbb");
        }

        return web;
    }
}
