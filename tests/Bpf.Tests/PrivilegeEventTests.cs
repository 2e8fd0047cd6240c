using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

public sealed class PrivilegeEventTests(CaptureFixture capture)
{
    private const uint NewUser = 0x1000_0000, NewUts = 0x0400_0000;
    private static string? _stimulus;

    [Theory]
    [InlineData("root-again", PrivilegeOperation.SetUid, 0ul, 0)]
    [InlineData("root-refused", PrivilegeOperation.SetUid, 0ul, 1)]
    [InlineData("group-again", PrivilegeOperation.SetGid, 0ul, 0)]
    [InlineData("mount-refused", PrivilegeOperation.Mount, 0ul, 1)]
    [InlineData("unshare-user", PrivilegeOperation.Unshare, NewUser, 0)]
    [InlineData("clone-uts", PrivilegeOperation.Unshare, NewUts, 0)]
    [InlineData("pivot-refused", PrivilegeOperation.PivotRoot, 0ul, 1)]
    [InlineData("bpf", PrivilegeOperation.Bpf, 5ul, 0)]
    [InlineData("perf", PrivilegeOperation.PerfEvent, 1ul, 0)]
    [InlineData("keyctl", PrivilegeOperation.Keyctl, 11ul, 0)]
    [InlineData("userfaultfd", PrivilegeOperation.Userfaultfd, 0ul, 0)]
    [InlineData("io-uring", PrivilegeOperation.IoUring, 0ul, 0)]
    public async Task Call_DoneOrRefused_IsToldOnce(string act, object operation, ulong value, int error)
    {
        var pid = await RunAsync(act);
        var told = await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Operation == (PrivilegeOperation)operation);
        Assert.Equal((value, (ushort)error, 1u), (told.Value, told.Error, told.Count));
        Assert.Single(capture.Sink.All<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Operation == (PrivilegeOperation)operation));
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("write-into-self")]
    [InlineData("mount-nowhere")]
    [InlineData("unshare-files")]
    [InlineData("name", "worker")]
    [InlineData("kill-own")]
    [InlineData("leave-own")]
    public async Task Call_ThatTakesNoPower_IsNotTold(params string[] act)
    {
        var pid = await RunAsync(act);
        var marker = await RunAsync("perf");
        await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == marker);
        Assert.Empty(capture.Sink.All<CapturedPrivilege>(e => e.Origin.Pid == pid));
    }

    [Fact]
    public async Task Ptrace_AttachAndPoke_AreToldWithTheOthersBinary_AndPeekIsNot()
    {
        var pid = await RunAsync("trace");
        await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Value == 5);
        var told = capture.Sink.All<CapturedPrivilege>(e => e.Origin.Pid == pid);
        Assert.Equal([16ul, 5ul], told.Select(e => e.Value));
        Assert.All(told, e => Assert.Equal((PrivilegeOperation.Ptrace, _stimulus), (e.Operation, e.Subject)));
    }

    [Theory]
    [InlineData("write-into-child", PrivilegeOperation.MemoryWrite)]
    [InlineData("read-from-child", PrivilegeOperation.MemoryRead)]
    [InlineData("take-descriptor", PrivilegeOperation.TakeDescriptor)]
    public async Task OtherProcess_IsToldByItsBinary(string act, object operation)
    {
        var pid = await RunAsync(act);
        var told = await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid);
        Assert.Equal(((PrivilegeOperation)operation, _stimulus), (told.Operation, told.Subject));
    }

    [Fact]
    public async Task Mount_ByARelativeName_IsToldWithTheWholePathTypeAndSource()
    {
        var folder = capture.NewFolder();
        Directory.CreateDirectory($"{folder}/at");
        var pid = await RunAsync("mount", folder, "at");
        var told = await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Detail.StartsWith("tmpfs", StringComparison.Ordinal));
        Assert.Equal(($"{folder}/at", "tmpfs none"), (told.Subject, told.Detail));
    }

    [Fact]
    public async Task Mount_ByTheNewCalls_IsToldWhenMadeAndWhenPutInPlace()
    {
        var folder = capture.NewFolder();
        var pid = await RunAsync("new-mount", folder);
        var moved = await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Subject == folder);
        Assert.Equal("tmpfs none", moved.Detail);
        Assert.Single(capture.Sink.All<CapturedPrivilege>(e => e.Origin.Pid == pid && e is { Subject: "", Detail: "tmpfs none" }));
    }

    [Fact]
    public async Task Setns_IntoTheHosts_IsToldAsSuch()
    {
        var pid = await RunAsync("join-host");
        var told = await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Operation == PrivilegeOperation.SetNamespace);
        // PROC_UTS_INIT_INO, linux/proc_ns.h: not so where the tests run in a container.
        var isHost = new FileInfo("/proc/self/ns/uts").LinkTarget == $"uts:[{0xEFFFFFFE}]";
        Assert.Equal((NewUts, isHost ? "host" : ""), (told.Value, told.Detail));
    }

    [Fact]
    public async Task Handle_IsToldWithThePathThatWasOpened()
    {
        var folder = capture.NewFolder();
        File.WriteAllText($"{folder}/secret-by-handle", "x");
        var pid = await RunAsync("handle", folder, "secret-by-handle");
        Assert.Equal($"{folder}/secret-by-handle", (await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Operation != PrivilegeOperation.CapabilityUsed)).Subject);
    }

    [Fact]
    public async Task Bpf_ProgramLoad_IsToldWithItsName()
    {
        var pid = await RunAsync("bpf");
        Assert.Equal("stimulus", (await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid && e.Operation == PrivilegeOperation.Bpf)).Subject);
    }

    [Theory]
    [InlineData("kworker/0:1")]
    [InlineData("[kthreadd]")]
    [InlineData("rcu_sched")]
    public async Task Name_OfAKernelThread_IsTold(string name)
    {
        var pid = await RunAsync("name", name);
        var told = await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid);
        Assert.Equal((PrivilegeOperation.SetName, name), (told.Operation, told.Subject));
    }

    [Fact]
    public async Task Kill_OfManyOthers_IsToldOnceWithTheirNumber()
    {
        var pid = await RunAsync("kill-others");
        var told = await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid);
        Assert.Equal((PrivilegeOperation.Kill, 9ul, 8u), (told.Operation, told.Value, told.Count));
        Assert.Single(capture.Sink.All<CapturedPrivilege>(e => e.Origin.Pid == pid));
    }

    [Fact]
    public async Task Kill_OfManyOthers_ByAProcessForEach_IsToldOfTheLast()
    {
        var pid = await RunAsync("kill-one-by-one");
        var told = await capture.Sink.WaitAsync<CapturedPrivilege>(e => capture.Sink.All<CapturedFork>(fork => fork.ParentPid == pid && fork.Origin.Pid == e.Origin.Pid).Count > 0);
        Assert.Equal((PrivilegeOperation.Kill, 9ul, 8u), (told.Operation, told.Value, told.Count));
    }

    [Fact]
    public async Task Signal_ThatHaltsTheAgent_IsToldEachTimeWithWhoSentIt()
    {
        // This process is the agent here.
        foreach (var pid in new[] { await RunAsync("halt-parent"), await RunAsync("halt-parent") })
        {
            var told = await capture.Sink.WaitAsync<CapturedPrivilege>(e => e.Origin.Pid == pid);
            Assert.Equal((PrivilegeOperation.Kill, 19ul, 1u, "agent"), (told.Operation, told.Value, told.Count, told.Detail));
            Assert.Equal(Environment.ProcessPath, told.Subject);
        }
    }

    private async Task<uint> RunAsync(params string[] arguments)
    {
        capture.Require();
        if (_stimulus is null)
        {
            var built = Path.Combine(capture.Folder, "stimulus-privilege");
            CaptureFixture.Run("clang", "-static", "-O1", Path.Combine(AppContext.BaseDirectory, "stimulus-privilege.c"), "-o", built);
            _stimulus = built;
        }

        using var process = CaptureFixture.StartProgram(_stimulus, arguments);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var error = await process.StandardError.ReadToEndAsync(timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        Assert.True(process.ExitCode == 0, $"stimulus-privilege {string.Join(' ', arguments)}: exit {process.ExitCode} {error}");
        return (uint)process.Id;
    }
}
