using System.Globalization;
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
        Start(TimeSpan.FromMilliseconds(300));
        var (pid, folder) = await RunAsync("often", times.ToString(CultureInfo.InvariantCulture));

        var told = await ToldAsync(pid, 2 * times);
        Assert.All(told, open => Assert.Equal($"{folder}/sub/data", open.Path));
        var repeats = _sink.All<CapturedRepeats>(e => e.Origin.Pid == pid);
        Assert.All(repeats, r => Assert.Contains(told, open => (open.Origin.TimeBootNs, open.Origin.Tid) == (r.FirstBootNs, r.Origin.Tid) && open.Origin.Cgroup == r.Origin.Cgroup && open.Origin.StartBootNs == r.Origin.StartBootNs));
        // A turn begins with the open itself; both threads may be first.
        Assert.InRange(told.Count, 1, 200);
    }

    [Fact]
    public async Task Open_ThatDiffers_IsToldAtOnce()
    {
        Start(TimeSpan.FromMinutes(1));
        // Each way to make the second open another one than the first, within one turn; and where the second is.
        foreach (var (act, second) in new[]
                 {
                     ("folder-renamed", "/other/data"), ("file-renamed", "/sub/other"), ("linked", "/sub/link"),
                     ("made-executable", "/sub/data"), ("executed", "/sub/data"), ("forked", "/sub/data"),
                 })
        {
            var (_, folder) = await RunAsync(act);
            var first = await _sink.WaitAsync<CapturedFile>(e => e.Path == $"{folder}/sub/data" && e.Operation == FileOperation.Write);
            await _sink.WaitAsync<CapturedFile>(e => e.Path == folder + second && e.Operation == FileOperation.Write && e != first);
        }
    }

    [Fact]
    public async Task Interval_OfZero_TellsEach()
    {
        Start(TimeSpan.Zero);
        var (pid, _) = await RunAsync("often", "50");

        await _sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);
        Assert.Equal(100, Told(pid).Count);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread?.Join(TimeSpan.FromSeconds(10));
        _stop.Dispose();
    }

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

    private void Start(TimeSpan interval)
    {
        capture.Require();
        var source = BpfEventSource.Start(capture.Options with { RepeatInterval = interval });
        _thread = new Thread(() =>
        {
            using (source)
                source.Run(_sink, _stop.Token);
        });
        _thread.Start();
    }

    private async Task<(uint Pid, string Folder)> RunAsync(params string[] arguments)
    {
        _stimulus ??= capture.Compile("stimulus-repeat.c", "-pthread");
        var folder = capture.NewFolder();
        Directory.CreateDirectory($"{folder}/sub");
        await File.WriteAllTextAsync($"{folder}/sub/data", "");
        using var process = CaptureFixture.StartProgram(_stimulus, [arguments[0], folder, .. arguments[1..]]);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, error);
        return ((uint)process.Id, folder);
    }
}
