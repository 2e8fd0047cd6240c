using System.Globalization;
using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Interop;

namespace Runtime.Bpf.Tests;

public sealed class HookTests(CaptureFixture capture)
{
    private const int TracepointProgram = 5, TracingProgram = 26;

    [Fact]
    public void Object_HoldsExactlyTheCatalogue_AndNothingThatCanRefuse()
    {
        // The object is opened, not loaded: no root needed. Only cgroup, LSM, fmod_ret, struct_ops, XDP, tc … programs decide
        // over what the kernel does; tracepoints of both kinds only look, and so do those that run over a table when we ask.
        using var bpfObject = BpfObject.Open(BpfPrograms.EmbeddedObject(), "runtime");
        var programs = bpfObject.Programs().ToDictionary(p => p.Name);

        Assert.Equal(HookCatalog.All.Select(h => h.Program).Order(), programs.Keys.Order());
        foreach (var hook in HookCatalog.All)
        {
            // The section tells tp_btf from fentry and fmod_ret, which are TRACING too.
            Assert.Equal(hook.Target, programs[hook.Program].Section);
            Assert.Equal(hook.Target.StartsWith("tp/", StringComparison.Ordinal) ? TracepointProgram : TracingProgram, programs[hook.Program].Type);
            Assert.Matches("^(tp_btf|tp|iter)/", hook.Target);
        }

        Assert.Equal(HookCatalog.All.Count, HookCatalog.All.Select(h => h.Id).Distinct().Count());
    }

    [Fact]
    public void Hooks_OnThisKernel_AreAllAttached()
    {
        capture.Require();
        Assert.All(capture.Source.Hooks, h => Assert.True(h.Attached || h.Loses.Length == 0, $"{h.Name}: {h.Reason}"));
    }

    [Fact]
    public void EveryCounter_GoesToItsOwnHook()
    {
        capture.Require();
        // Run by the other tests' stimuli: here only what no test can miss.
        var counters = capture.Source.Counters();
        foreach (var hook in HookCatalog.All.Zip(capture.Source.Hooks).Where(p => p.Second.Attached).Select(p => p.First)) Assert.Contains($"capture.{hook.Name}.seen", counters);
        Assert.Equal(0ul, counters["capture.exec.undecodable"] + counters["capture.file.undecodable"] + counters["capture.network.undecodable"]);
    }

    [Theory]
    [InlineData("tp_btf/inet_sock_set_state\0", "tp_btf/inet_sock_set_absen\0", "set_state")]
    [InlineData("tp/syscalls/sys_exit_openat\0", "tp/syscalls/sys_exit_nowher\0", "openat")]
    [InlineData("tp_btf/sched_process_exit\0", "tp_btf/sched_process_exix\0", "exit")]
    public async Task Hook_ThatTheKernelDoesNotHave_CostsOnlyItself(string section, string absent, string name)
    {
        capture.Require();
        var elf = BpfPrograms.EmbeddedObject();
        Replace(elf, section, absent);
        using var source = BpfEventSource.Start(capture.Options with { RingBytes = 1024 * 1024 }, elf);

        var state = source.Hooks.Single(h => h.Name == name);
        Assert.False(state.Attached);
        Assert.NotEqual("", state.Reason);
        Assert.NotEqual("", state.Loses);
        Assert.All(source.Hooks.Where(h => h.Name != name), h => Assert.True(h.Attached || h.Loses.Length == 0, $"{h.Name}: {h.Reason}"));
        await AssertSeesAnExec(source);
    }

    [Fact]
    public async Task Hook_ThatIsSwitchedOff_IsNamedAndTheOthersRun()
    {
        capture.Require();
        using var source = BpfEventSource.Start(capture.Options with { RingBytes = 1024 * 1024, DisabledHooks = new HashSet<string> { "exit", "open" } });

        Assert.Equal(["exit", "open"], source.Hooks.Where(h => !h.Attached && h.Loses.Length > 0).Select(h => h.Name));
        await AssertSeesAnExec(source);
    }

    [Fact]
    public async Task Ring_ThatIsFull_LosesBulkFirstAndNamesTheOwner()
    {
        capture.Require();
        // Nobody reads this ring: 64 KiB, of which file events may take three quarters.
        using var source = BpfEventSource.Start(capture.Options with { RingBytes = 64 * 1024, WakeBytes = 16 * 1024 });
        var file = Path.Combine(capture.NewFolder(), "busy");
        var pid = await capture.RunAsync("open-many", file, "2000");
        var exec = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid);

        var losses = source.TakeLosses();
        var counters = source.Counters();
        var told = losses.Where(l => l is { Kind: EventKind.File, Reason: "ring_full" }).Sum(l => (long)l.Count);
        var counted = HookCatalog.All.Where(h => h.Kind == EventKind.File).Sum(h => (long)counters.GetValueOrDefault($"capture.{h.Name}.no_space"));
        Assert.InRange(told, 1, counted);
        Assert.Contains(losses, l => l.Kind == EventKind.File && l.Cgroup == exec.Origin.Cgroup && l.Count > 1000);
        Assert.DoesNotContain(losses, l => l.Kind == EventKind.Exec);
        var openat = counters["capture.openat.seen"] - counters["capture.openat.filtered"];
        Assert.Equal(openat, counters["capture.openat.sent"] + counters["capture.openat.no_space"] + counters["capture.openat.read_failed"]);
    }

    [Fact]
    public async Task Ring_ThatOneCgroupFloods_KeepsRoomForTheOthers()
    {
        capture.Require();
        var hierarchy = new[] { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" }.FirstOrDefault(p => File.Exists($"{p}/cgroup.procs"));
        Assert.SkipWhen(hierarchy is null, "no v2 cgroup hierarchy is mounted");
        // Nobody reads it. Of 1 MiB one cgroup has 128 KiB from the first eighth on: some 2,000 of the 20,000 records.
        using var source = BpfEventSource.Start(capture.Options with { RingBytes = 1024 * 1024, WakeBytes = 256 * 1024 });
        var folder = capture.NewFolder();
        var flooding = await OpenManyInNewCgroupAsync($"{hierarchy}/runtime-flood-{Environment.ProcessId}", $"{folder}/flood", 20_000);
        var floods = source.TakeLosses();
        var quiet = await OpenManyInNewCgroupAsync($"{hierarchy}/runtime-quiet-{Environment.ProcessId}", $"{folder}/quiet", 100);
        var others = source.TakeLosses();

        // Whatever else runs on the node has shares of its own.
        var lost = Assert.Single(floods, l => l.Kind == EventKind.File && l.Cgroup == flooding);
        Assert.Equal("share_full", lost.Reason);
        Assert.InRange(lost.Count, 10_000ul, 20_000ul);
        Assert.DoesNotContain(others, l => l.Cgroup == quiet);
    }

    /// <returns>The cgroup's key, as the kernel's programs tell it.</returns>
    private async Task<CgroupKey> OpenManyInNewCgroupAsync(string path, string file, int count)
    {
        var cgroup = Directory.CreateDirectory(path);
        try
        {
            using var program = CaptureFixture.StartProgram(
                "/bin/sh", "-c", "echo $$ > \"$0\" && exec \"$@\"", $"{path}/cgroup.procs", capture.Stimulus, "open-many", file, count.ToString(CultureInfo.InvariantCulture));
            Assert.Equal("", await program.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await program.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == (uint)program.Id && e.Binary == capture.Stimulus)).Origin.Cgroup;
        }
        finally
        {
            cgroup.Delete();
        }
    }

    [Fact]
    public async Task Record_ThatWrapsAroundTheRing_IsWhole()
    {
        capture.Require();
        // Of execs alone: what else the node does would fill so small a ring.
        var others = HookCatalog.All.Where(hook => hook.Kind != EventKind.Exec).Select(hook => hook.Name).ToHashSet();
        using var source = BpfEventSource.Start(capture.Options with { RingBytes = 64 * 1024, WakeBytes = 1, DisabledHooks = others });
        var sink = new CapturingSink();
        using var stop = new CancellationTokenSource();
        var thread = new Thread(() => source.Run(sink, stop.Token)) { IsBackground = true };
        thread.Start();
        try
        {
            // Some 4 KiB each, in lengths that do not divide the ring: it goes around several times, and ends in the middle of many.
            for (var i = 0; i < 64; i++)
            {
                var argument = string.Concat(Enumerable.Range(0, 700 + i).Select(n => $"{n % 10000:x4}-"));
                var pid = await capture.RunAsync("exit", "5", argument);
                var exec = await sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid && e.Binary == capture.Stimulus);
                Assert.Equal($"{capture.Stimulus}\0exit\05\0{argument}\0"[..exec.Arguments.Length], exec.Arguments);
                Assert.InRange(exec.Arguments.Length, 3500, 4096);
            }
        }
        finally
        {
            await stop.CancelAsync();
            thread.Join(TimeSpan.FromSeconds(5));
        }

        Assert.All(source.Counters().Where(counter => counter.Key.EndsWith(".undecodable", StringComparison.Ordinal)), counter => Assert.Equal(0ul, counter.Value));
    }

    [Fact]
    public async Task Records_GoToTheTeeBeforeTheyAreDecoded_AndDecodeAgain()
    {
        capture.Require();
        var tape = new Tape();
        using var source = BpfEventSource.Start(capture.Options with { RingBytes = 1024 * 1024 }, tape);
        await AssertSeesAnExec(source);

        var replayed = new CapturingSink();
        var decoder = new RecordDecoder(new SensitivePaths(capture.Options.SensitivePaths));
        Assert.All(tape.Records, r => Assert.True(decoder.TryDecode(r, replayed)));
        Assert.NotEmpty(replayed.All<CapturedExec>(e => e.Arguments.Contains("\0exit\05", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Sink_IsCalledWhenIdle_AgainAndAgain()
    {
        capture.Require();
        for (var call = 0; call < 10; call++) await capture.Sink.NextIdleAsync();
    }

    private async Task AssertSeesAnExec(BpfEventSource source)
    {
        var sink = new CapturingSink();
        using var stop = new CancellationTokenSource();
        var thread = new Thread(() => source.Run(sink, stop.Token)) { IsBackground = true };
        thread.Start();
        try
        {
            var pid = await capture.RunAsync("exit", "5");
            await sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid);
        }
        finally
        {
            await stop.CancelAsync();
            thread.Join(TimeSpan.FromSeconds(5));
        }
    }

    private static void Replace(byte[] elf, string from, string to)
    {
        // Without the NUL before it: the string table shares the text with ".rel" + section.
        var wanted = Encoding.ASCII.GetBytes(from);
        var at = elf.AsSpan().IndexOf(wanted);
        Assert.NotEqual(-1, at);
        while (at >= 0)
        {
            Encoding.ASCII.GetBytes(to).CopyTo(elf, at);
            at = elf.AsSpan().IndexOf(wanted);
        }
    }

    private sealed class Tape : IRawRecordSink
    {
        public List<byte[]> Records { get; } = [];

        public void OnRecord(ReadOnlySpan<byte> record) => Records.Add(record.ToArray());
    }
}
