using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Runtime.Agent.Health;
using Runtime.Agent.Interop;
using Runtime.Agent.Managed;
using Runtime.Agent.Processes;
using Runtime.Agent.Tests.Streaming;
using Xunit;

namespace Runtime.Agent.Tests.Managed;

/// <summary>The watch on real .NET processes.</summary>
public sealed class ManagedWatchTests : IManagedSink, IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);
    private readonly string _folder = Directory.CreateTempSubdirectory("managed-").FullName;
    private readonly List<Process> _samples = [];
    private readonly List<ManagedEvent> _events = [];
    private readonly List<ManagedLoss> _losses = [];
    private readonly ManagedWatch _watch;

    public ManagedWatchTests() => _watch = new(Options, "/proc", Clock.BootNs, TimeProvider.System, new AgentLog(TextWriter.Null, LogLevel.Error, TimeProvider.System));

    private static ManagedOptions Options => new() { PollInterval = TimeSpan.FromMilliseconds(300), MaxProcesses = 8, AnswerTimeout = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task TwoProcesses_ThatBringCodeInInEveryWay_AreSeenEachForItself()
    {
        var (first, second) = (await StartAsync(), await StartAsync());
        _watch.Start();
        _watch.OnExec(RecordOf(first));
        _watch.OnExec(RecordOf(second));
        await UntilAsync(() => Counter("managed.sessions") == 2 && _events.Count(e => Is(e, ManagedOperation.AssemblyFile, "managed-sample")) == 2, "both are watched");

        await AskAsync(first, "bytes Hidden.First");
        await AskAsync(second, "bytes Hidden.Second");
        var dropped = Path.Combine(_folder, "Dropped.First.dll");
        await AskAsync(first, $"file {dropped}");
        await AskAsync(second, "emit Emitted.Second");
        await AskAsync(first, "regex");

        await UntilAsync(() => Saw(first, ManagedOperation.AssemblyMemory, "Hidden.First") && Saw(second, ManagedOperation.AssemblyMemory, "Hidden.Second"), "what came from memory");
        await UntilAsync(() => Saw(second, ManagedOperation.AssemblyEmitted, "Emitted.Second"), "what was emitted");
        await UntilAsync(() => _events.Any(e => Is(e, ManagedOperation.AssemblyFile, "Dropped.First") && Encoding.UTF8.GetString(e.Path) == dropped), "what came from a new file");
        Assert.All(_events, e => Assert.Equal(ManagedFlags.None, e.Flags));
        Assert.DoesNotContain(_events, e => Is(e, ManagedOperation.AssemblyMemory, "Hidden.First") && e.Process.Key.Pid == second.Id);
        Assert.Empty(_losses);
    }

    /// <summary>Threads that take turns within one block of the stream: each turn once looked like an event that the runtime had dropped.</summary>
    [Fact]
    public async Task ThreadsThatTakeTurns_LoseNothing()
    {
        var sample = await WatchedAsync();
        // Enough for several blocks: a gap shows at the thread's next one.
        await AskAsync(sample, "threads 200");
        await UntilAsync(() => Enumerable.Range(0, 4).All(t => Saw(sample, ManagedOperation.AssemblyMemory, $"Turn{t}.Payload199")), "the last of each thread");
        // What follows a gap shows it.
        await AskAsync(sample, "bytes Hidden.Behind");
        await UntilAsync(() => Saw(sample, ManagedOperation.AssemblyMemory, "Hidden.Behind"), "what came behind them");
        _watch.OnIdle(this, _ => true);
        Assert.Equal(801, _events.Count(e => e.Operation == ManagedOperation.AssemblyMemory));
        Assert.Empty(_losses);
    }

    [Fact]
    public async Task ProcessOfBeforeTheAgent_TellsItsFilesAsStateAndTheRestAsNews()
    {
        var sample = await StartAsync();
        await AskAsync(sample, "bytes Hidden.Before");
        _watch.Start();
        _watch.OnExec(RecordOf(sample, ProcessFlags.AtStart));
        await UntilAsync(() => _events.Any(e => Is(e, ManagedOperation.AssemblyFile, "managed-sample") && e.Flags == ManagedFlags.AtStart), "its files");
        await AskAsync(sample, "bytes Hidden.After");
        await UntilAsync(() => _events.Any(e => Is(e, ManagedOperation.AssemblyMemory, "Hidden.After") && e.Flags == ManagedFlags.None), "what came later");
        // The limit: what was loaded from memory before leaves no trace in /proc.
        Assert.DoesNotContain(_events, e => Is(e, ManagedOperation.AssemblyMemory, "Hidden.Before"));
    }

    [Fact]
    public async Task ClosedPort_IsToldOnce_AndNewFilesAreSeenAllTheSame()
    {
        var sample = await StartAsync(("DOTNET_EnableDiagnostics", "0"));
        _watch.Start();
        _watch.OnExec(RecordOf(sample));
        await UntilAsync(() => Saw(sample, ManagedOperation.PortClosed, ""), "the closed port");
        await AskAsync(sample, $"file {Path.Combine(_folder, "Dropped.Closed.dll")}");
        await UntilAsync(() => _events.Any(e => Is(e, ManagedOperation.AssemblyFile, "Dropped.Closed") && e.Flags == ManagedFlags.FromMaps), "the new file");
        Assert.Single(_events, e => e.Operation == ManagedOperation.PortClosed);
        Assert.Equal(0ul, Counter("managed.sessions"));
    }

    [Fact]
    public async Task Profiler_OfTheEnvironment_IsTold()
    {
        // The runtime goes on without a profiler that it does not find.
        var sample = await StartAsync(("CORECLR_ENABLE_PROFILING", "1"), ("CORECLR_PROFILER_PATH", "/apm/absent.so"), ("CORECLR_PROFILER", "{00000000-0000-0000-0000-000000000001}"));
        _watch.Start();
        _watch.OnExec(RecordOf(sample));
        await UntilAsync(() => Saw(sample, ManagedOperation.Profiler, "CORECLR_PROFILER_PATH"), "the profiler");
        Assert.Equal("/apm/absent.so", Encoding.UTF8.GetString(_events.Single(e => e.Operation == ManagedOperation.Profiler).Path));
    }

    [Fact]
    public async Task SomebodyElse_WhoSpeaksToThePort_IsTold()
    {
        var sample = await WatchedAsync();
        var polls = Counter("managed.polls");
        await UntilAsync(() => Counter("managed.polls") >= polls + 12, "polls with nobody there");
        Assert.DoesNotContain(_events, e => e.Operation == ManagedOperation.DiagnosticsClient);

        using var stranger = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = Directory.GetFiles(Path.GetTempPath(), $"dotnet-diagnostic-{sample.Id}-*-socket").Single();
        await stranger.ConnectAsync(new UnixDomainSocketEndPoint(path), TestContext.Current.CancellationToken);
        await UntilAsync(() => Saw(sample, ManagedOperation.DiagnosticsClient, ""), "the stranger");
        Assert.Equal(1u, _events.Single(e => e.Operation == ManagedOperation.DiagnosticsClient).Count);
    }

    [Fact]
    public async Task PausedProcess_HoldsNobodyUp_AndIsWatchedWhenItGoesOn()
    {
        var (paused, other) = (await StartAsync(), await StartAsync());
        using (var stop = Process.Start("/bin/kill", ["-STOP", $"{paused.Id}"]))
            await stop.WaitForExitAsync(TestContext.Current.CancellationToken);
        _watch.Start();
        _watch.OnExec(RecordOf(paused));
        _watch.OnExec(RecordOf(other));
        await UntilAsync(() => Saw(other, ManagedOperation.AssemblyFile, "managed-sample"), "the other one");
        await UntilAsync(() => Counter("managed.sessions_timed_out") == 1, "the time-out");
        using (var go = Process.Start("/bin/kill", ["-CONT", $"{paused.Id}"]))
            await go.WaitForExitAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => Saw(paused, ManagedOperation.AssemblyFile, "managed-sample"), "the paused one");
        await AskAsync(paused, "bytes Hidden.Later");
        await UntilAsync(() => Saw(paused, ManagedOperation.AssemblyMemory, "Hidden.Later"), "what it loads then");
        Assert.Contains(_losses, l => l.Reason == "session_ended" && l.Process.Key.Pid == paused.Id);
    }

    /// <summary>As a container has it: its own pids, its own /tmp, and here a temporary folder of its own choice too.</summary>
    [Theory]
    [InlineData("/tmp")]
    [InlineData("/srv")]
    public async Task ProcessInNamespacesOfItsOwn_IsFoundByItsOwnNames(string folder)
    {
        Assert.SkipUnless(Environment.UserName == "root", "namespaces need root");
        // The tests themselves may lie below the folder that is hidden.
        var sample = await StartAsync(
            "/usr/bin/unshare",
            ["--mount", "--pid", "--net", "--fork", "--mount-proc", "/bin/sh", "-c", $"mount --bind '{AppContext.BaseDirectory}' /mnt; mount -t tmpfs none {folder}; TMPDIR={folder} exec /mnt/managed-sample"]);
        var inside = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync($"/proc/{sample.Id}/task/{sample.Id}/children", TestContext.Current.CancellationToken), global::System.Globalization.CultureInfo.InvariantCulture));
        _watch.Start();
        _watch.OnExec(RecordOf(inside));
        await UntilAsync(() => Saw(inside, ManagedOperation.AssemblyFile, "managed-sample"), "the session");
        await AskAsync(sample, "bytes Hidden.Inside");
        await UntilAsync(() => Saw(inside, ManagedOperation.AssemblyMemory, "Hidden.Inside"), "what came from memory");
        Assert.Equal(1ul, Counter("managed.sessions"));
        inside.Kill();
    }

    [Fact]
    public async Task ProgramsWithoutARuntime_AreLookedAtAndForgotten()
    {
        using var sleeper = Process.Start("/bin/sleep", "30");
        try
        {
            _watch.Start();
            _watch.OnExec(RecordOf(sleeper, ProcessFlags.AtStart));
            _watch.OnExec(Facts.Process(pid: 4_000_000));
            await UntilAsync(() => Counter("managed.looks") >= 2 && Counter("managed.gone") == 1, "both looks");
            Assert.Equal(0ul, Counter("managed.watched"));
            Assert.Empty(_events);
        }
        finally
        {
            sleeper.Kill();
        }
    }

    [Fact]
    public async Task MoreThanAContainersShare_IsToldAsNotSeen()
    {
        // A quarter of eight.
        var samples = new[] { await StartAsync(), await StartAsync(), await StartAsync() };
        _watch.Start();
        foreach (var sample in samples)
            _watch.OnExec(RecordOf(sample));
        await UntilAsync(() => _losses.Any(l => l is { Reason: "share_full", Count: 1 }), "the loss");
        await UntilAsync(() => Counter("managed.watched") == 2, "two watched");
    }

    [Fact]
    public async Task ProcessThatEnds_LeavesNothingBehind()
    {
        var sample = await WatchedAsync();
        sample.StandardInput.Close();
        await sample.WaitForExitAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => Counter("managed.watched") == 0 && Counter("managed.waiting") == 0, "it is forgotten");
    }

    void IManagedSink.OnManaged(ManagedEvent e) => _events.Add(e);

    void IManagedSink.OnManagedLoss(ManagedLoss loss) => _losses.Add(loss);

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        foreach (var sample in _samples)
        {
            sample.Kill();
            sample.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A sample with its session.</summary>
    private async Task<Process> WatchedAsync()
    {
        var sample = await StartAsync();
        _watch.Start();
        _watch.OnExec(RecordOf(sample));
        await UntilAsync(() => Saw(sample, ManagedOperation.AssemblyFile, "managed-sample"), "the session");
        return sample;
    }

    private Task<Process> StartAsync(params (string Name, string Value)[] environment) => StartAsync(Path.Combine(AppContext.BaseDirectory, "managed-sample"), [], environment);

    private async Task<Process> StartAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var sample = Process.Start(start)!;
        _samples.Add(sample);
        Assert.Equal("ready", await sample.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit, TestContext.Current.CancellationToken));
        return sample;
    }

    private static async Task<string?> AskAsync(Process sample, string command)
    {
        await sample.StandardInput.WriteLineAsync(command);
        return await sample.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    private static ProcessRecord RecordOf(Process process, ProcessFlags flags = ProcessFlags.None)
    {
        var seen = new ProcfsReader("/proc").ReadProcess((uint)process.Id)!;
        var start = seen.Stat.StartTicks * 10_000_000;
        return new() { Key = new(seen.Pid, start), Cgroup = default, Binary = seen.Binary, Inode = seen.Inode, Device = seen.Device, Size = seen.Size, NetworkNamespace = seen.NetworkNamespace, Flags = flags, ExecBootNs = start };
    }

    private bool Saw(Process process, ManagedOperation operation, string name) => _events.Any(e => e.Process.Key.Pid == process.Id && Is(e, operation, name));

    private static bool Is(ManagedEvent e, ManagedOperation operation, string name) => e.Operation == operation && Encoding.UTF8.GetString(e.Name) == name;

    private ulong Counter(string name) => _watch.Counters()[name];

    /// <summary>The capture thread's idle moments, until it holds.</summary>
    private async Task UntilAsync(Func<bool> holds, string what)
    {
        for (var since = Stopwatch.StartNew(); ;)
        {
            _watch.OnIdle(this, _ => true);
            if (holds())
                return;
            Assert.True(since.Elapsed < Limit, $"{what}: did not come. Seen: {string.Join(", ", _events.Select(e => $"{e.Process.Key.Pid} {e.Operation} {Encoding.UTF8.GetString(e.Name)}"))}; {string.Join(", ", _watch.Counters())}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
