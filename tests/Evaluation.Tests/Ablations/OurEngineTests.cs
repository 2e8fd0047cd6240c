using Runtime.Collector.Ingest;
using Runtime.Evaluation.Ablations;

namespace Runtime.Evaluation.Tests.Ablations;

public sealed class OurEngineTests
{
    [Fact]
    public void Lock_AndPagesBehindIt_AreThoseOfTheEngine()
    {
        var streams = Serving(100);
        streams.Exec(100.5, "/memfd:x", flags: ProcessFlags.Memfd);
        Serve(streams, 101, 130);

        var trial = Assert.Single(new OurEngine("ours").Try(streams.Stream));

        // A full day and its edges, two starts: 26 covered hours.
        Assert.InRange(trial.UnitsToLock!.Value, 26, 40);
        Assert.Equal(129 - trial.UnitsToLock.Value, trial.UnitsAfter, 6);
        Assert.Equal((0, 1, 1), (trial.PagesBefore, trial.Pages, trial.UnitsWithPages));
        Assert.Contains("memfd", Assert.Single(trial.Titles), StringComparison.Ordinal);
        Assert.Single(trial.Paged);
    }

    [Fact]
    public void PageBeforeTheLock_IsCountedApart()
    {
        var streams = Serving(5);
        streams.Exec(5.5, "/memfd:x", flags: ProcessFlags.Memfd);
        Serve(streams, 6, 60);

        var trial = Assert.Single(new OurEngine("ours").Try(streams.Stream));

        Assert.Equal((1, 0), (trial.PagesBefore, trial.Pages));
    }

    [Fact]
    public void Novelty_BelowTheThreshold_IsALineOfTheDigest()
    {
        var streams = Serving(100);
        streams.Exec(100.5, "/usr/bin/cat");
        Serve(streams, 101, 150);

        var trial = Assert.Single(new OurEngine("ours").Try(streams.Stream));

        Assert.Equal((0, 1), (trial.Pages, trial.DigestLines));
    }

    [Fact]
    public void NewImage_IsARolloutWithOneReview()
    {
        var streams = Serving(100);
        streams.Digest = "sha256:bbbb";
        streams.Exec(100.5, "/bin/app", container: "c3").Exec(101, "/usr/bin/of-the-new-image", container: "c3");
        Serve(streams, 102, 160, "c3");

        var trial = Assert.Single(new OurEngine("ours").Try(streams.Stream));

        Assert.Equal((1, 1, 0), (trial.Rollouts, trial.Reviews, trial.RolloutPages));
        Assert.True(trial.ActualNewAtRollouts >= 1, $"{trial.ActualNewAtRollouts}");
        Assert.Equal(0, trial.ActualNew);
    }

    [Fact]
    public void NewItems_AreThoseOfTheDaysFromTheThirdOn()
    {
        var streams = Serving(40);
        streams.Exec(40.5, "/usr/bin/on-the-second-day");
        Serve(streams, 41, 130);
        streams.Exec(130.5, "/usr/bin/on-the-sixth-day");
        Serve(streams, 131, 170);

        var trial = Assert.Single(new OurEngine("ours").Try(streams.Stream));

        Assert.Equal(["6 edge /sbin/init>/usr/bin/on-the-sixth-day@steady", "6 exec /usr/bin/on-the-sixth-day"], trial.NewItems.Order(StringComparer.Ordinal));
        Assert.Equal(2, trial.ActualNew);
    }

    [Fact]
    public void FixedThreshold_PagesWhatTheBudgetHeldBack()
    {
        var streams = Serving(30);
        // Restless: something new nearly each day, so that the budget asks for more.
        for (var hour = 30; hour < 200; hour += 17)
        {
            streams.Exec(hour + 0.5, $"/usr/bin/tool-{hour}");
            Serve(streams, hour + 1, hour + 17);
        }

        streams.Exec(220, "/bin/sh", parent: "/usr/sbin/nginx", flags: ProcessFlags.UpperLayer);
        Serve(streams, 221, 230);

        var ours = Assert.Single(new OurEngine("ours").Try(streams.Stream));
        var loose = Assert.Single(new OurEngine("fixed", options => options.AlertBudget = 10).Try(streams.Stream));
        Assert.True(ours.Pages < loose.Pages, $"{ours.Pages} of {loose.Pages}: {string.Join(", ", loose.Titles)}");
    }

    private static Streams Serving(int hours)
    {
        var streams = new Streams();
        streams.Exec(0, "/bin/app").Exec(0.2, "/bin/app", container: "c2");
        Serve(streams, 1, hours);
        return streams;
    }

    private static void Serve(Streams streams, int from, int to, params string[] containers)
    {
        for (var hour = from; hour < to; hour++)
        {
            foreach (var container in containers.Length > 0 ? containers : ["c1", "c2"])
            {
                streams.Exec(hour, "/bin/app", container: container);
            }
        }
    }
}
