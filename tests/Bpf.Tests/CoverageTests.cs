using Runtime.Agent.Capture;
using Runtime.Agent.Capture.Coverage;

namespace Runtime.Bpf.Tests;

public sealed class CoverageTests(CaptureFixture capture)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Canaries_OnEachRung_AreMeasuredAndGoNoFurther(int rung)
    {
        capture.Require();
        var folder = Path.Combine(capture.NewFolder(), "canary");
        await using var watch = await RungCapture.StartAsync(rung, capture.Options with { RingBytes = 1024 * 1024 }, next => new CoverageSink(next));
        var probe = new CoverageProbe((CoverageSink)watch.Entry, folder, TimeSpan.FromSeconds(2));

        var figures = await probe.MeasureAsync(2, TestContext.Current.CancellationToken);

        foreach (var (kind, _, words) in figures.Lines())
            TestContext.Current.SendDiagnosticMessage($"rung {rung}: {kind} {words}");
        CoverageFigure Figure(string kind, int life) => figures.Figures.Single(f => f.Kind == kind && f.Life.TotalMilliseconds == life);
        Assert.Equal(4, Figure("exec", 1000).Arrived);
        Assert.Equal(2, Figure("connect", 1000).Arrived);
        Assert.Equal(rung == 3 ? 0 : 2, Figure("write", 1000).Arrived);
        if (rung < 3)
            Assert.Equal(1.0, figures.Shares["exec"]);
        if (rung == 1)
            Assert.All(figures.Shares.Values, share => Assert.Equal(1.0, share));
        Assert.Empty(watch.Sink.All<CapturedExec>(e => e.Binary.Contains("/canary", StringComparison.Ordinal) && e.ParentPid == Environment.ProcessId));
        Assert.False(File.Exists(Path.Combine(folder, "canary")));
    }

    [Fact]
    public async Task ProgramOfTheCanarysName_ThatIsNotOurChild_GoesOn()
    {
        capture.Require();
        await using var watch = await RungCapture.StartAsync(2, capture.Options, next => new CoverageSink(next));
        ((CoverageSink)watch.Entry).Begin("/bin/sleep"u8.ToArray());
        using var process = CaptureFixture.StartProgram("/bin/sh", "-c", "/bin/sleep 0.3; exit 0");

        await watch.Sink.WaitAsync<CapturedExec>(e => e.ParentPid == process.Id && e.Arguments == "/bin/sleep\00.3\0");
    }
}
