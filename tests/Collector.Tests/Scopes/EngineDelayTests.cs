using System.Text.Json;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Between a full day and a full week, what a scheduler started goes to the digest.</summary>
public sealed class EngineDelayTests
{
    [Theory]
    [InlineData("/usr/sbin/cron", "cron", true)]
    [InlineData("/usr/sbin/anacron", "anacron", true)]
    [InlineData("/usr/local/bin/supercronic", "supercronic", true)]
    [InlineData("/bin/busybox", "crond", true)]
    [InlineData("/usr/sbin/cronie-helper", "cron", false)]
    [InlineData("/usr/sbin/runner", "cron", false)]
    public void Job_OfAScheduler_WaitsForTheDigestInTheFirstWeek(string scheduler, string name, bool waits)
    {
        var (web, jobs) = Locked(scheduler, name);
        var outcome = web.Apply(WriteSchedule(web, jobs));
        var incident = Assert.Single(outcome.Incidents);
        Assert.True(incident.EValue >= incident.Threshold && incident.EValue < 10 * incident.Threshold, $"{incident.EValue} of {incident.Threshold}");
        Assert.Equal(Severity.High, incident.Severity);
        Assert.Equal(waits ? 0 : 1, outcome.Alerts.Count);
        Assert.Equal((waits ? 1 : 0, waits ? 0 : 1), (incident.DelayedRevision, incident.AlertedRevision));
        Assert.Equal(waits, incident.IsForDigest);

        // The same again is no reason either.
        Assert.Empty(web.Apply(WriteSchedule(web, jobs)).Alerts);
    }

    /// <summary>A forebear comes with its phase of now; its edge was learnt at the start. It was taken for the root, and its jobs paged.</summary>
    [Fact]
    public void Job_OfASchedulerThatBeganWithItsContainer_WaitsForTheDigest()
    {
        var (web, jobs) = Locked(began: Phase.Init);
        var outcome = web.Apply(WriteSchedule(web, jobs));
        Assert.Empty(outcome.Alerts);
        Assert.Equal("/bin/sh > /usr/sbin/cron > /bin/sh", Assert.Single(outcome.Incidents).Cause);
    }

    [Fact]
    public void Job_AfterAFullWeek_Pages()
    {
        var (web, jobs) = Locked(hours: 200);
        Assert.Equal(BaselineState.LockedWeek, web.State(KindGroup.File));
        Assert.Single(web.Apply(WriteSchedule(web, jobs)).Alerts);
    }

    [Fact]
    public void SameAct_OfTheServerItself_Pages()
    {
        var (web, _) = Locked();
        Assert.Single(web.Apply(web.Builder.File(web.Replicas[0].Container, web.Replicas[0].Nginx, "/etc/cron.d/x")).Alerts);
    }

    [Theory]
    [InlineData("/opt/cron", (int)ProcessFlags.None)]
    [InlineData("/usr/sbin/cron", (int)ProcessFlags.UpperLayer)]
    public void Scheduler_ThatIsNewItself_ExplainsNothing(string binary, int flags)
    {
        var (web, _) = Locked();
        var replica = web.Replicas[0];
        var cron = web.Builder.Process(binary, replica.Entrypoint, flags: (ProcessFlags)flags);
        Assert.Single(web.Apply(web.Builder.File(replica.Container, web.Builder.Process("/bin/sh", cron), "/etc/cron.d/x")).Alerts);
    }

    [Fact]
    public void TierZero_OfAJob_Pages()
    {
        var (web, jobs) = Locked();
        web.Apply(WriteSchedule(web, jobs));
        Assert.Empty(web.Alerts);
        var alert = Assert.Single(web.Apply(web.Builder.FirstBytes(web.Replicas[0].Container, jobs, "203.0.113.7", 3333, "stratum")).Alerts);
        Assert.Equal(Severity.Critical, alert.Severity);
        Assert.Single(web.Incidents);
    }

    [Fact]
    public void Job_ThatWeighsTenTimesWhatItMust_Pages()
    {
        var (web, jobs) = Locked();
        web.Apply(WriteSchedule(web, jobs));
        Assert.Empty(web.Alerts);
        var tool = web.Builder.Process("/tmp/tool", jobs, flags: ProcessFlags.UpperLayer);
        web.Apply(web.Builder.Exec(web.Replicas[0].Container, tool));
        var alert = Assert.Single(web.Alerts);
        Assert.True(alert.EValue >= 10 * alert.Threshold, $"{alert.EValue} of {alert.Threshold}");
        Assert.Equal(Severity.High, alert.Severity);
    }

    [Fact]
    public void Incident_ThatIsNoJobsDoingAlone_Pages()
    {
        var (web, jobs) = Locked();
        var replica = web.Replicas[0];
        web.Apply(WriteSchedule(web, jobs));
        Assert.Empty(web.Alerts);

        // The same file, by a shell that no scheduler started.
        var alert = Assert.Single(web.Apply(web.Builder.File(replica.Container, replica.Entrypoint, "/etc/cron.d/x")).Alerts);
        Assert.Equal((1, 90), (alert.Revision, alert.EValue));
        Assert.Single(web.Incidents);
    }

    /// <summary>What a job left behind is run by the server: the same incident, and told as what it has become.</summary>
    [Fact]
    public void Incident_ThatLeavesTheScheduler_Pages()
    {
        var (web, jobs) = Locked();
        var replica = web.Replicas[0];
        web.Apply(web.Builder.File(replica.Container, jobs, "/srv/tool", FileOperation.Create));
        Assert.Empty(web.Alerts);
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/srv/tool", replica.Nginx)));
        Assert.Single(web.Alerts);
        Assert.Single(web.Incidents);
    }

    [Fact]
    public void Restart_WhileItWaits_ChangesNothing()
    {
        var (web, jobs) = Locked();
        web.Apply(WriteSchedule(web, jobs));
        web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options);
        Assert.Empty(web.Apply(WriteSchedule(web, jobs)).Alerts);

        // The week has passed, and it goes on: what was left to the digest stays there.
        web.Serve(20);
        Assert.Empty(web.Alerts);
    }

    /// <summary>It paged with evidence of weeks ago, for the job ran on one replica more.</summary>
    [Fact]
    public void Job_ThatReachesAnotherReplicaAfterTheWeek_StaysInTheDigest()
    {
        var (web, jobs) = Locked();
        web.Apply(WriteSchedule(web, jobs));
        for (var day = 0; day < 7; day++)
        {
            web.Serve(20);
            web.Apply(WriteSchedule(web, jobs));
        }

        Assert.Equal(BaselineState.LockedWeek, web.State(KindGroup.File));
        var other = web.Replicas[1];
        var scheduler = web.Builder.Process("/usr/sbin/cron", other.Entrypoint, arguments: ["cron", "-f"]);
        var job = web.Builder.Process("/bin/sh", scheduler, arguments: ["sh", "-c", "run-parts /etc/cron.hourly"]);
        web.Apply(web.Builder.File(other.Container, job, "/etc/cron.d/y"));
        Assert.Empty(web.Alerts);
        Assert.Equal(2, Assert.Single(web.Incidents).Pods.Count);

        // No scheduler started this: the same incident is told now.
        web.Apply(web.Builder.File(other.Container, other.Entrypoint, "/etc/cron.d/y"));
        Assert.Single(web.Incidents);
        Assert.Single(web.Alerts);
    }

    /// <summary>A state from before: nobody knows who started it, so it pages as it did.</summary>
    [Fact]
    public void Incident_SavedWithoutItsScheduler_IsNotScheduled()
    {
        var (web, jobs) = Locked();
        web.Apply(WriteSchedule(web, jobs));
        var held = JsonSerializer.Serialize(new HeldIncident { Record = web.Incidents.Single(), IsScheduled = true }, IncidentJson.Default.HeldIncident);
        Assert.True(JsonSerializer.Deserialize(held, IncidentJson.Default.HeldIncident)!.IsScheduled);
        Assert.False(JsonSerializer.Deserialize(held.Replace("\"IsScheduled\":true,", "", StringComparison.Ordinal), IncidentJson.Default.HeldIncident)!.IsScheduled);
    }

    /// <summary>Two replicas whose scheduler runs an ordinary job each hour.</summary>
    private static (EngineWeb Web, IReadOnlyList<ProcessInfo> Jobs) Locked(string scheduler = "/usr/sbin/cron", string name = "cron", int hours = 72, Phase began = Phase.Steady)
    {
        var web = new EngineWeb(new BaselineOptions { AlertBudget = 10 });
        IReadOnlyList<ProcessInfo> jobs = [];
        foreach (var n in new[] { 2, 1 })
        {
            var replica = web.Start("c" + n, "web-" + n);
            var cron = web.Builder.Process(scheduler, replica.Entrypoint, began, arguments: [name, "-f"]);
            web.Apply(web.Builder.Exec(replica.Container, cron));
            cron = [cron[0] with { Phase = Phase.Steady }, .. cron.Skip(1)];
            jobs = web.Builder.Process("/bin/sh", cron, arguments: ["sh", "-c", "run-parts /etc/cron.hourly"]);
            web.Apply(web.Builder.Exec(replica.Container, jobs));
        }

        web.Replicas.Reverse();
        web.Serve(hours);
        Assert.Empty(web.Alerts);
        Assert.All(web.Engine.View(web.Builder.Now).Groups, group => Assert.Equal(20, group.Threshold));
        return (web, jobs);
    }

    private static FileObservation WriteSchedule(EngineWeb web, IReadOnlyList<ProcessInfo> jobs) => web.Builder.File(web.Replicas[0].Container, jobs, "/etc/cron.d/x");
}
