using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Health;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Sight;
using static Tmds.Linux.LibC;

namespace Runtime.Bpf.Tests;

/// <summary>The agent's probes on this kernel: that they prove sight, and that each way of going blind is told with its reason.</summary>
public sealed class SightTests(CaptureFixture capture)
{
    private static readonly TimeSpan ScanInterval = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task Probes_ThroughTheWholeRoad_AreSeenAndGoNoFurther()
    {
        capture.Require();
        await using var road = Road.Start(capture);

        for (var round = 0; round < 2; round++)
        {
            foreach (var kind in Enum.GetValues<ProbeKind>())
            {
                var probe = await road.NextAsync(kind);
                Assert.Equal((true, ""), (probe.IsSeen, probe.Reason));
                Assert.InRange(probe.SeenUnixNs - probe.DoneUnixNs, 0, 20_000_000_000);
            }
        }

        Assert.Empty(road.Probes.BlindSince());
        Assert.DoesNotContain(road.Facts.Taken(), fact => fact.Process.Arguments.AsSpan().IndexOf("sight-probe"u8) >= 0);
    }

    [Theory]
    [InlineData("on_exec", "exec", "the kernel did not run hook exec")]
    [InlineData("on_set_state", "connect", "the kernel did not run hook set_state")]
    [InlineData("on_openat", "write", "the kernel did not run hook openat")]
    public async Task Hook_ThatSomebodyDetached_IsToldAsBlindWithItsReason(string program, string kind, string reason)
    {
        capture.Require();
        await using var road = Road.Start(capture);
        Assert.True((await road.NextAsync(ProbeKind.Exec)).IsSeen);

        Detach(program, capture.Source.Hooks.Count);
        var missed = await road.NextMissAsync(kind);

        Assert.Equal(reason, missed.Reason);
        Assert.Equal("blind", (await road.NextLossAsync()).Reason);
        Assert.Equal([kind], road.Probes.BlindSince().Keys.Where(blind => blind == kind));
    }

    [Fact]
    public async Task CaptureThatStandsStill_IsToldAsBlind()
    {
        capture.Require();
        using var hang = new ManualResetEventSlim();
        await using var road = Road.Start(capture, idle: hang.Wait);

        var missed = await road.NextMissAsync("exec");

        Assert.Equal("the ring is not read", missed.Reason);
        hang.Set();
        while (!(await road.NextAsync(ProbeKind.Exec)).IsSeen)
        {
            // What stood in the ring comes late; the next round is in time.
        }
    }

    [Fact]
    public async Task Probes_OnRung3_LiveUntilALookMeetsThem()
    {
        capture.Require();
        await using var road = Road.StartOnRung3(capture);

        for (var round = 0; round < 2; round++)
        {
            var probe = await road.NextAsync(ProbeKind.Exec);
            Assert.Equal((true, ""), (probe.IsSeen, probe.Reason));
        }

        Assert.Empty(road.Probes.BlindSince());
        Assert.DoesNotContain(road.Facts.Taken(), fact => fact.Process.Arguments.AsSpan().IndexOf("sight-probe"u8) >= 0);
    }

    [Fact]
    public async Task ScanThatStandsStill_IsToldAsBlind()
    {
        capture.Require();
        using var hang = new ManualResetEventSlim();
        await using var road = Road.StartOnRung3(capture, hang.Wait);

        Assert.Equal("no notice and no look told of it", (await road.NextMissAsync("exec")).Reason);
        Assert.Equal("blind", (await road.NextLossAsync()).Reason);
        hang.Set();
    }

    [Fact]
    public async Task FilterThatEatsWrites_IsToldAsBlindForWritesAlone()
    {
        capture.Require();
        await using var road = Road.Start(capture, filter: sink => new WithoutFiles(sink));

        Assert.Equal("its event was lost within the agent", (await road.NextMissAsync("write")).Reason);
        await road.NextLossAsync();
        Assert.Equal(["write"], road.Probes.BlindSince().Keys);
    }

    [Fact]
    public async Task DiskThatIsFull_IsTold()
    {
        capture.Require();
        var folder = capture.NewFolder();
        CaptureFixture.Run("mount", "-t", "tmpfs", "-o", "size=4k", "runtime-test", folder);
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "filler"), new byte[4096]);
            await using var road = Road.Start(capture, folder);
            Assert.Equal($"the probe could not write a file below {folder}", (await road.NextMissAsync("write")).Reason);
        }
        finally
        {
            CaptureFixture.Run("umount", "--lazy", folder);
        }
    }

    /// <summary>As somebody does who may: puts something else in the place of the newest link that a program of that name hangs on.</summary>
    private static void Detach(string program, int hooks)
    {
        var links = new List<(int Link, int Descriptor)>();
        foreach (var path in Directory.EnumerateFiles("/proc/self/fdinfo"))
        {
            // link_type:	tracing ... link_id:	12 ... prog_id:	34
            var fields = ReadFields(path);
            if (fields.TryGetValue("link_id", out var link) && fields.TryGetValue("prog_id", out var id) && NameOf(id) == program)
                links.Add((int.Parse(link, CultureInfo.InvariantCulture), int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)));
        }

        Assert.NotEmpty(links);
        Assert.InRange(links.Count, 1, hooks);
        var nothing = File.OpenHandle("/dev/null");
        Assert.True(dup2((int)nothing.DangerousGetHandle(), links.Max().Descriptor) >= 0);
        nothing.Dispose();
    }

    private static Dictionary<string, string> ReadFields(string path)
    {
        try
        {
            return File.ReadAllLines(path).Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2).GroupBy(parts => parts[0]).ToDictionary(group => group.Key, group => group.First()[1].Trim());
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    private static string NameOf(string programId)
    {
        using var process = CaptureFixture.StartProgram("/usr/sbin/bpftool", "prog", "show", "id", programId);
        // 34: tracing  name on_exec  tag ...
        var words = process.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return Array.IndexOf(words, "name") is >= 0 and var at ? words[at + 1] : "";
    }

    /// <summary>Kernel → reducer → probes, as `agent run` has it.</summary>
    private sealed class Road : IAsyncDisposable, IProbeSink
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
        private readonly Channel<ProbeResult> _results = Channel.CreateUnbounded<ProbeResult>();
        private readonly Channel<LossFact> _losses = Channel.CreateUnbounded<LossFact>();
        private readonly CancellationTokenSource _stop = new();
        private readonly ReducedCapture _reduced;
        private readonly Task _probing;

        private Road(IKernelEventSource source, Rung rung, string folder, Func<IKernelEventSink, IKernelEventSink>? filter, Action? idle)
        {
            var log = new AgentLog(TextWriter.Null, LogLevel.Error, TimeProvider.System);
            Probes = new SightProbes(
                new SightOptions { Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(1) }, rung, ScanInterval, Path.Combine(AppContext.BaseDirectory, "agent"), folder,
                source, new LiveClock(), this, TimeProvider.System, log);
            _reduced = new ReducedCapture(source, Probes, filter, idle);
            _probing = Task.Run(() => Probes.RunAsync(_stop.Token));
        }

        public SightProbes Probes { get; }
        public FactList Facts => _reduced.Facts;

        public static Road Start(CaptureFixture capture, string? folder = null, Func<IKernelEventSink, IKernelEventSink>? filter = null, Action? idle = null) =>
            new(BpfEventSource.Start(capture.Options with { RingBytes = 1024 * 1024 }), Ladder.Best, folder ?? capture.NewFolder(), filter, idle);

        public static Road StartOnRung3(CaptureFixture capture, Action? idle = null)
        {
            var places = new ContainerOptions();
            return new(Ladder.StartOn(3, capture.Options with { ScanInterval = ScanInterval }, places, new CgroupTree(places)), new Rung(3, "a test"), capture.NewFolder(), null, idle);
        }

        public async Task<ProbeResult> NextAsync(ProbeKind kind)
        {
            using var limit = new CancellationTokenSource(Patience);
            while (true)
            {
                if (await _results.Reader.ReadAsync(limit.Token) is var result && result.Kind == kind)
                    return result;
            }
        }

        public async Task<ProbeResult> NextMissAsync(string kind)
        {
            while (true)
            {
                if (await NextAsync(Enum.GetValues<ProbeKind>().Single(k => SightProbes.NameOf(k) == kind)) is { IsSeen: false } missed)
                    return missed;
            }
        }

        public async Task<LossFact> NextLossAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            return await _losses.Reader.ReadAsync(limit.Token);
        }

        public void Post(ProbeResult probe) => _results.Writer.TryWrite(probe);

        public void Post(LossFact loss) => _losses.Writer.TryWrite(loss);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _probing;
            await _reduced.DisposeAsync();
            _stop.Dispose();
        }
    }

    private sealed class WithoutFiles(IKernelEventSink next) : IKernelEventSink
    {
        public void OnFork(in ForkEvent e) => next.OnFork(e);

        public void OnExec(in ExecEvent e) => next.OnExec(e);

        public void OnExit(in ExitEvent e) => next.OnExit(e);

        public void OnFile(in FileEvent e)
        {
        }

        public void OnRepeats(in RepeatsEvent e) => next.OnRepeats(e);

        public void OnNetwork(in NetworkEvent e) => next.OnNetwork(e);

        public void OnPrivilege(in PrivilegeEvent e) => next.OnPrivilege(e);

        public void OnCgroup(in CgroupEvent e) => next.OnCgroup(e);

        public void OnIdle() => next.OnIdle();
    }
}
