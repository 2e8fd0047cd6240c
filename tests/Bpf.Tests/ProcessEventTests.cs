using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

public sealed partial class ProcessEventTests(CaptureFixture capture)
{
    [Fact]
    public async Task Exec_OfAStaticBinary_TellsFileIdentityAndPlace()
    {
        capture.Require();
        var pid = await capture.RunAsync("exit", "0");

        var exec = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid);
        Assert.Equal(capture.Stimulus, exec.Binary);
        Assert.Equal("", exec.Filename);
        Assert.Equal($"{capture.Stimulus}\0exit\00\0", exec.Arguments);
        Assert.Equal(Environment.CurrentDirectory, exec.Cwd);
        Assert.Equal("stimulus", exec.Comm);
        Assert.Equal((uint)Environment.ProcessId, exec.ParentPid);
        Assert.False(exec.IsScript);
        Assert.Equal((0u, 0u, 0u), (exec.Identity.Uid, exec.Identity.Euid, exec.Identity.Gid));
        Assert.Equal(uint.Parse(File.ReadAllText("/proc/self/loginuid")), exec.Identity.LoginUid);
        Assert.Equal((ulong)new FileInfo(capture.Stimulus).Length, exec.File.Size);
        Assert.Equal(1u, exec.File.Links);
        Assert.Equal(new DateTimeOffset(File.GetLastWriteTimeUtc(capture.Stimulus)).ToUnixTimeSeconds(), exec.File.Modified);
        Assert.InRange(exec.File.Changed, exec.File.Modified, exec.File.Modified + 60);
        Assert.NotEqual(0ul, exec.File.Inode);
        Assert.Equal(exec.Capabilities, Convert.ToUInt64(StatusLine("CapEff"), 16));
        Assert.Equal((Namespace("mnt"), Namespace("pid"), Namespace("net"), Namespace("user")), exec.Namespaces);
        Assert.False(exec.Flags.HasFlag(ExecFlags.ArgumentsTruncated) || exec.Flags.HasFlag(ExecFlags.Deleted) || exec.Flags.HasFlag(ExecFlags.Memfd));
    }

    [Fact]
    public async Task Exec_TellsTheCgroupThatProcKnows()
    {
        capture.Require();
        var pid = await capture.RunAsync("exit", "0");

        var exec = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid);
        // The child inherits ours: v2 unless that is its root, else the memory hierarchy's directory.
        var lines = File.ReadAllLines("/proc/self/cgroup").Select(l => l.Split(':', 3)).ToList();
        var unified = lines.FirstOrDefault(l => l[0] == "0")?[2] ?? "/";
        var memory = lines.FirstOrDefault(l => l[1].Split(',').Contains("memory"))?[2] ?? "/";
        var folder = unified != "/" || memory == "/"
            ? (Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup") + unified
            : "/sys/fs/cgroup/memory" + memory;
        Assert.Equal(unified != "/" || memory == "/" ? 2 : 1, exec.Origin.Cgroup.Version);
        Assert.SkipUnless(Directory.Exists(folder), $"{folder} is not mounted here");
        using var stat = CaptureFixture.StartProgram("stat", "-c", "%i", folder);
        Assert.Equal(ulong.Parse(await stat.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)), exec.Origin.Cgroup.Id);
    }

    [Fact]
    public async Task Exec_OfAScript_NamesInterpreterAndScript()
    {
        capture.Require();
        var script = Path.Combine(capture.NewFolder(), "job.sh");
        File.WriteAllText(script, "#!/bin/sh\nexit 0\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var process = CaptureFixture.StartProgram(script);

        var exec = await capture.Sink.WaitAsync<CapturedExec>(e => e.Filename == script);
        Assert.True(exec.IsScript);
        Assert.Equal(ResolvedShell(), exec.Binary);
        Assert.StartsWith($"/bin/sh\0{script}\0", exec.Arguments, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_With200000BytesOfArguments_IsCutAndSaysSo()
    {
        capture.Require();
        var pid = await capture.RunAsync("exec-big", capture.Stimulus);

        var exec = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid && e.Flags.HasFlag(ExecFlags.ArgumentsTruncated));
        Assert.Equal(4096, exec.Arguments.Length);
        Assert.StartsWith($"{capture.Stimulus}\0exit\00\0aaaa", exec.Arguments, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_FromANonLeaderThread_KeepsTheProcessAndNamesTheThread()
    {
        capture.Require();
        using var process = capture.Start("exec-thread", "/bin/true");
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var pid = (uint)process.Id;

        var first = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid);
        var second = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid && e.Flags.HasFlag(ExecFlags.NonLeaderThread));
        Assert.NotEqual(pid, second.Origin.Tid);
        Assert.Equal(first.Origin.StartBootNs, second.Origin.StartBootNs);
        Assert.EndsWith("\0from-thread\0", second.Arguments, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_OfAMemfd_IsMarked()
    {
        capture.Require();
        var pid = await capture.RunAsync("exec-memfd", capture.Stimulus);

        var exec = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid && e.Flags.HasFlag(ExecFlags.Memfd));
        Assert.Equal("/memfd:payload", exec.Binary);
        Assert.True(exec.Flags.HasFlag(ExecFlags.Deleted));
        Assert.Equal("harmless\0exit\00\0", exec.Arguments);
    }

    /// <summary>As runc executes itself in a container that it is about to start.</summary>
    [Fact]
    public async Task Exec_OfAFileThatIsMountedNowhere_TellsItsPathInItsFileSystem()
    {
        capture.Require();
        var pid = await capture.RunAsync("exec-detached", "/bin/true");

        var exec = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid && e.Arguments == "clone\0init\0");
        // Within its file system, whose root may lie above ours.
        Assert.EndsWith("/usr/bin/true", exec.Binary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_OfAnUnlinkedBinary_IsMarkedDeletedAndNotMemfd()
    {
        capture.Require();
        var copy = Path.Combine(capture.NewFolder(), "gone");
        File.Copy(capture.Stimulus, copy);
        var pid = await capture.RunAsync("exec-deleted", copy);

        var exec = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid && e.Flags.HasFlag(ExecFlags.Deleted));
        Assert.Equal(copy, exec.Binary);
        Assert.False(exec.Flags.HasFlag(ExecFlags.Memfd));
        Assert.Equal(0u, exec.File.Links);
    }

    [Fact]
    public async Task Exec_WithStandardStreamsOnATcpSocket_IsMarked()
    {
        capture.Require();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var pid = await capture.RunAsync("exec-socket", "127.0.0.1", $"{((IPEndPoint)listener.LocalEndpoint).Port}", "/bin/true");

        const ExecFlags all = ExecFlags.StdinSocket | ExecFlags.StdoutSocket | ExecFlags.StderrSocket;
        var exec = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid && e.Arguments.StartsWith("/bin/true", StringComparison.Ordinal));
        Assert.Equal(all, exec.Flags & all);
        var plain = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid);
        Assert.Equal(ExecFlags.None, plain.Flags & all);
    }

    [Fact]
    public async Task Exec_InAnOverlay_TellsUpperFromLower()
    {
        capture.Require();
        var root = capture.NewFolder();
        foreach (var name in new[] { "lower", "upper", "work", "merged", "base" }) Directory.CreateDirectory($"{root}/{name}");
        // An overlay of its own file system type may not lie on another overlay: a tmpfs below serves everywhere.
        var script = $"""
            set -e
            mount -t tmpfs tmpfs {root}/base
            mkdir {root}/base/lower {root}/base/upper {root}/base/work
            cp {capture.Stimulus} {root}/base/lower/shipped
            mount -t overlay overlay -o lowerdir={root}/base/lower,upperdir={root}/base/upper,workdir={root}/base/work {root}/merged
            cp {capture.Stimulus} {root}/merged/dropped
            {root}/merged/shipped exit 0
            {root}/merged/dropped exit 0
            """;
        CaptureFixture.Run("unshare", "-m", "sh", "-c", script);

        var shipped = await capture.Sink.WaitAsync<CapturedExec>(e => e.Binary == $"{root}/merged/shipped");
        var dropped = await capture.Sink.WaitAsync<CapturedExec>(e => e.Binary == $"{root}/merged/dropped");
        Assert.False(shipped.Flags.HasFlag(ExecFlags.UpperLayer));
        Assert.True(dropped.Flags.HasFlag(ExecFlags.UpperLayer));
        var written = await capture.Sink.WaitAsync<CapturedFile>(e => e.Path == $"{root}/merged/dropped");
        Assert.Equal(FileOperation.Create, written.Operation);
        Assert.True(written.Flags.HasFlag(FileFlags.UpperLayer));
    }

    [Fact]
    public async Task Exit_TellsCodeOrSignalAndRunTime()
    {
        capture.Require();
        var coded = await capture.RunAsync("exit", "42");
        var killed = await capture.RunAsync("signal", "9");

        var exit = await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == coded);
        Assert.Equal((42, 0), (exit.Code, exit.Signal));
        Assert.InRange(exit.RunTimeNs, 1ul, 20_000_000_000ul);
        var death = await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == killed);
        Assert.Equal((0, 9), (death.Code, death.Signal));
    }

    [Fact]
    public async Task Exit_OfSeveralThreadsAtOnce_IsToldOnce()
    {
        capture.Require();
        var pids = new List<uint>();
        for (var i = 0; i < 50; i++) pids.Add(await capture.RunAsync("threads-exit"));
        var marker = await capture.RunAsync("exit", "1");

        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == marker);
        foreach (var pid in pids)
        {
            var start = (await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid)).Origin.StartBootNs;
            Assert.Single(capture.Sink.All<CapturedExit>(e => e.Origin.Pid == pid && e.Origin.StartBootNs == start));
        }
    }

    [Fact]
    public async Task Fork_NamesTheChildAndItsParent()
    {
        capture.Require();
        var pid = await capture.RunAsync("fork-many", "1");

        var parent = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid);
        var fork = await capture.Sink.WaitAsync<CapturedFork>(e => e.ParentPid == pid);
        Assert.Equal(parent.Origin.StartBootNs, fork.ParentStartBootNs);
        var child = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == fork.Origin.Pid);
        Assert.Equal(fork.Origin.StartBootNs, child.Origin.StartBootNs);
        Assert.Equal(parent.Origin.Cgroup, fork.Origin.Cgroup);
    }

    [Fact]
    public async Task ForkAndExec_AThousandTimes_LosesNothing()
    {
        capture.Require();
        var pid = await capture.RunAsync("fork-many", "1000");
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);

        var forks = capture.Sink.All<CapturedFork>(e => e.ParentPid == pid);
        Assert.Equal(1000, forks.Count);
        var children = forks.Select(f => (f.Origin.Pid, f.Origin.StartBootNs)).ToHashSet();
        Assert.Equal(1000, capture.Sink.All<CapturedExec>(e => children.Contains((e.Origin.Pid, e.Origin.StartBootNs))).Count);
        Assert.Equal(1000, capture.Sink.All<CapturedExit>(e => children.Contains((e.Origin.Pid, e.Origin.StartBootNs))).Count);
    }

    [Fact]
    public async Task Cgroup_MadeAndRemoved_IsToldWithItsDirectory()
    {
        capture.Require();
        var hierarchy = new[] { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" }.FirstOrDefault(p => File.Exists($"{p}/cgroup.procs"));
        Assert.SkipWhen(hierarchy is null, "no v2 cgroup hierarchy is mounted");
        var name = $"runtime-bpf-{Environment.ProcessId}";
        CaptureFixture.Run("mkdir", $"{hierarchy}/{name}");
        CaptureFixture.Run("rmdir", $"{hierarchy}/{name}");

        var made = await capture.Sink.WaitAsync<CapturedCgroup>(e => e.Path == $"/{name}" && !e.Removed);
        var removed = await capture.Sink.WaitAsync<CapturedCgroup>(e => e.Path == $"/{name}" && e.Removed);
        Assert.Equal(made.Cgroup, removed.Cgroup);
        Assert.Equal(2, made.Cgroup.Version);
    }

    private static string ResolvedShell() => new FileInfo("/bin/sh").ResolveLinkTarget(true) is { } target
        ? target.FullName.StartsWith("/bin/", StringComparison.Ordinal) && new DirectoryInfo("/bin").LinkTarget is not null ? $"/usr{target.FullName}" : target.FullName
        : "/bin/sh";

    private static string StatusLine(string key) =>
        File.ReadLines("/proc/self/status").First(l => l.StartsWith(key, StringComparison.Ordinal)).Split('\t')[1];

    private static uint Namespace(string name) => uint.Parse(Digits().Match(new FileInfo($"/proc/self/ns/{name}").LinkTarget!).Value);

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
