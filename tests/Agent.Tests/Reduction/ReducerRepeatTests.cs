using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Reduction;

/// <summary>Opens that the kernel side counts.</summary>
public sealed class ReducerRepeatTests : ReducerRig
{
    public ReducerRepeatTests() => StartInit();

    [Fact]
    public void Repeats_OfACountedOpen_BelongToItsProgramAlsoAfterAnExec()
    {
        Exec(100, "/bin/app", "app\0");
        var open = Open(100, "/data/x", isCounted: true);
        Exec(100, "/bin/other", "other\0");
        Out.Facts.Clear();

        Repeats(open, 40);
        Repeats(open, 2);
        Clock.NowBoot += 61 * Second;
        Reducer.OnIdle();

        var repeats = Assert.IsType<FileFact>(Assert.Single(Out.Facts));
        Assert.Equal((42ul, false, "/bin/app"), (repeats.Count, repeats.IsNew, Encoding.UTF8.GetString(repeats.Process!.Binary)));
    }

    [Fact]
    public void Repeats_OfAKnownOpen_AreAddedToIt()
    {
        Exec(100, "/bin/app", "app\0");
        Open(100, "/data/1", isCounted: false);
        var open = Open(100, "/data/2", isCounted: true);
        Repeats(open, 5);
        Clock.NowBoot += 61 * Second;
        Reducer.OnIdle();
        Assert.Equal(6ul, Out.Facts.OfType<FileFact>().Single(f => !f.IsNew).Count);
    }

    [Theory]
    [InlineData("Unlink", true)]
    [InlineData("Rename", true)]
    [InlineData("Create", true)]
    [InlineData("Write", false)] // what a log does all day
    public void Repeats_OfALoopOverFiles_AreReportedBeforeTheIntervalEnds_Once(string operation, bool isReported)
    {
        Exec(100, "/bin/app", "app\0");
        Out.Facts.Clear();
        for (var i = 0; i < 60; i++)
            Reducer.OnFile(new FileEvent { Origin = Origin(100, 7), Operation = Enum.Parse<FileOperation>(operation), Path = Encoding.UTF8.GetBytes($"/data/{i}") });
        Assert.Equal(isReported ? [1ul, 24ul] : [1ul], Out.Facts.OfType<FileFact>().Select(f => f.Count));
        Reducer.Finish();
        Assert.Equal(60ul, Out.Facts.OfType<FileFact>().Aggregate(0ul, (sum, f) => sum + f.Count));
    }

    [Fact]
    public void Repeats_OfNothing_AreCounted()
    {
        Repeats(Origin(100, 7), 3);
        Assert.Equal(3ul, Reducer.Counters()["reduction.repeats_of_nothing"]);
    }

    private EventOrigin Open(uint pid, string path, bool isCounted)
    {
        var origin = Origin(pid, 7);
        Reducer.OnFile(new FileEvent { Origin = origin, Operation = FileOperation.Write, Path = Encoding.UTF8.GetBytes(path), IsCounted = isCounted });
        return origin;
    }

    private void Repeats(EventOrigin first, uint count) =>
        Reducer.OnRepeats(new RepeatsEvent { Origin = first with { TimeBootNs = Clock.NowBoot += 1000 }, FirstBootNs = first.TimeBootNs, Count = count });
}
