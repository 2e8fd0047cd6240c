using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

/// <summary>Opens that are counted in the kernel once they were told: exact, and only ever of the very same.</summary>
public sealed class RepeatTests(CaptureFixture capture) : IDisposable
{
    private static string? _stimulus;
    private readonly CancellationTokenSource _stop = new();
    private readonly CapturingSink _sink = new();
    private Thread? _thread;

    [Fact]
    public async Task Repeats_OfTwoThreads_AreCountedToTheLast()
    {
        const int times = 20_000;
        var (pid, folder) = await RunAsync(TimeSpan.FromMilliseconds(300), "often", times.ToString());

        var told = await ToldAsync(pid, 2 * times);
        Assert.All(told, open => Assert.Equal($"{folder}/sub/data", open.Path));
        var repeats = _sink.All<CapturedRepeats>(e => e.Origin.Pid == pid);
        Assert.All(repeats, r => Assert.Contains(told, open => (open.Origin.TimeBootNs, open.Origin.Tid) == (r.FirstBootNs, r.Origin.Tid) && open.Origin.Cgroup == r.Origin.Cgroup && open.Origin.StartBootNs == r.Origin.StartBootNs));
        // A turn begins with the open itself; both threads may be first.
        Assert.InRange(told.Count, 1, 200);
    }

    /// <summary>Each way to make the second open another one than the first, within one turn.</summary>
    [Theory]
    [InlineData("folder-renamed", "/other/data")]
    [InlineData("file-renamed", "/sub/other")]
    [InlineData("linked", "/sub/link")]
    [InlineData("made-executable", "/sub/data")]
    [InlineData("executed", "/sub/data")]
    [InlineData("forked", "/sub/data")]
    public async Task Open_ThatDiffers_IsToldAtOnce(string act, string second)
    {
        var (_, folder) = await RunAsync(TimeSpan.FromMinutes(1), act);

        await _sink.WaitAsync<CapturedFile>(e => e.Path == folder + second && e.Operation == FileOperation.Write && IsSecond(e, folder + second));
    }

    [Fact]
    public async Task Interval_OfZero_TellsEach()
    {
        var (pid, _) = await RunAsync(TimeSpan.Zero, "often", "50");

        await _sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);
        Assert.Equal(100, Told(pid).Count);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread?.Join(TimeSpan.FromSeconds(10));
        _stop.Dispose();
    }

    private bool IsSecond(CapturedFile open, string path) =>
        !path.EndsWith("/sub/data", StringComparison.Ordinal) || _sink.All<CapturedFile>(e => e.Path == path && e.Operation == FileOperation.Write)[0] != open;

    private IReadOnlyList<CapturedFile> Told(uint pid) => _sink.All<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.Write);

    private async Task<IReadOnlyList<CapturedFile>> ToldAsync(uint pid, int all)
    {
        long Sum() => Told(pid).Count + _sink.All<CapturedRepeats>(r => r.Origin.Pid == pid).Sum(r => r.Count);
        await _sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);
        while (Sum() < all)
            await _sink.WaitAsync<CapturedRepeats>(r => r.Origin.Pid == pid && Sum() >= all);
        Assert.Equal(all, Sum());
        return Told(pid);
    }

    private async Task<(uint Pid, string Folder)> RunAsync(TimeSpan interval, params string[] arguments)
    {
        capture.Require();
        _stimulus ??= capture.Compile("stimulus-repeat.c", "-pthread");
        var folder = capture.NewFolder();
        Directory.CreateDirectory($"{folder}/sub");
        await File.WriteAllTextAsync($"{folder}/sub/data", "");
        var source = BpfEventSource.Start(capture.Options with { RepeatInterval = interval });
        _thread = new Thread(() =>
        {
            using (source)
                source.Run(_sink, _stop.Token);
        });
        _thread.Start();
        using var process = CaptureFixture.StartProgram(_stimulus, [arguments[0], folder, .. arguments[1..]]);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, error);
        return ((uint)process.Id, folder);
    }
}
