using Runtime.Collector.Ingest;
using Runtime.Evaluation.Ablations;

namespace Runtime.Evaluation.Tests.Ablations;

public sealed class EveryNoveltyTests
{
    [Fact]
    public void Novelty_PagesAfterTheLockAndOnce()
    {
        var stream = new Streams().Exec(0, "/bin/app").Exec(0.5, "/bin/early").Exec(2, "/bin/late").Exec(3, "/bin/late").Exec(11, "/bin/early").Stream;

        var trial = Assert.Single(new EveryNovelty("x", LockTimes.Hour, () => new ProgramPaths()).Try(stream));

        Assert.Equal(("web", 1, 10, 1), (trial.Deployment, trial.UnitsToLock, trial.UnitsAfter, trial.Pages));
        Assert.Equal(["/bin/late"], trial.Titles);
    }

    [Fact]
    public void PagesOfOneUnit_AreOneUnitWithPages()
    {
        var stream = new Streams().Exec(0, "/bin/app").Exec(30.1, "/bin/a").Exec(30.2, "/bin/b").Exec(31.5, "/bin/c").Stream;

        var trial = Assert.Single(new EveryNovelty("x", LockTimes.Day, () => new ProgramPaths()).Try(stream));

        Assert.Equal((3, 2), (trial.Pages, trial.UnitsWithPages));
    }

    [Fact]
    public void Clock_BeginsWhenTheFirstUserIsServed()
    {
        var stream = new Streams().Exec(0, "/bin/app").Exec(3, "/bin/slow-start").Accept(5).Exec(5.5, "/bin/warm").Exec(6.5, "/bin/new").Stream;

        var trial = Assert.Single(new EveryNovelty("x", LockTimes.Hour, () => new ProgramPaths()).Try(stream));

        Assert.Equal((6, 1), (trial.UnitsToLock, trial.Pages));
        Assert.Equal(["/bin/new"], trial.Titles);
    }

    [Fact]
    public void Clock_OfWhatServesNobody_BeginsPastItsStart()
    {
        var stream = new Streams().Exec(0, "/bin/setup", Phase.Init).Exec(4, "/bin/app").Exec(4.5, "/bin/tool").Exec(6, "/bin/app").Stream;

        var trial = Assert.Single(new EveryNovelty("x", LockTimes.Hour, () => new ProgramPaths()).Try(stream));

        Assert.Equal((5, 0), (trial.UnitsToLock, trial.Pages));
    }

    [Fact]
    public void Parts_LearnEachByItself()
    {
        var streams = new Streams().Exec(0, "/bin/app").Exec(25, "/bin/app");
        streams.Revision = "r2";
        var stream = streams.Exec(26, "/bin/app", container: "c2").Exec(40, "/bin/of-r2", container: "c2").Exec(51, "/bin/late", container: "c2").Stream;

        var trial = Assert.Single(new EveryNovelty("x", LockTimes.Day, () => new ProgramPaths(), container => container.PodLabels["pod-template-hash"]).Try(stream));

        Assert.Equal(["/bin/late"], trial.Titles);
        Assert.Equal((24, 1 + 1), (trial.UnitsToLock, trial.UnitsAfter));
        Assert.Equal(2, Assert.Single(new EveryNovelty("x", LockTimes.Day, () => new ProgramPaths()).Try(stream)).Pages);
    }

    [Fact]
    public void LockThatNeverComes_PagesNobody()
    {
        // Something new each ten minutes for longer than the hour that it has.
        var streams = new Streams();
        for (var i = 0; i < 12; i++)
        {
            streams.Exec(i / 6.0, $"/bin/{i}");
        }

        streams.Exec(20, "/bin/late");

        var never = Assert.Single(new EveryNovelty("x", LockTimes.QuietQuarterWithinAnHour, () => new ProgramPaths()).Try(streams.Stream));
        Assert.Equal((null, 0.0, 0), (never.UnitsToLock, never.UnitsAfter, never.Pages));
        var late = Assert.Single(new EveryNovelty("x", LockTimes.QuietQuarter, () => new ProgramPaths()).Try(streams.Stream));
        Assert.Equal(1, late.Pages);
        Assert.Equal(11 / 6.0 + 0.25, late.UnitsToLock!.Value, 6);
    }
}
