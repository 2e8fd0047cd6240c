using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Bpf.Tests;

/// <summary>The rungs below eBPF on the real kernel.</summary>
public sealed class RungTests(CaptureFixture capture)
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ProgramThatLivesASecond_IsToldWithAllThatProcKnows(int rung)
    {
        capture.Require();
        await using var watch = await RungCapture.StartAsync(rung, capture.Options);
        using var process = CaptureFixture.StartProgram("/bin/sleep", "1.25");

        var exec = await watch.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == process.Id && e.Binary.EndsWith("/sleep", StringComparison.Ordinal));
        var there = new ProcfsReader("/proc").ReadProcess((uint)process.Id)!;
        Assert.Equal("/bin/sleep\01.25\0", exec.Arguments);
        Assert.Equal(Environment.ProcessId, (int)exec.ParentPid);
        Assert.Equal(there.Stat.StartTicks, exec.Origin.StartBootNs / 10_000_000);
        Assert.Equal(new CgroupTree(new()).KeyOf(there.Cgroup), exec.Origin.Cgroup);
        Assert.NotEqual(0ul, exec.Origin.Cgroup.Id);
        Assert.Equal((there.Inode, there.Device), (exec.File.Inode, exec.File.Device));
        Assert.Equal((there.MountNamespace, there.NetworkNamespace), (exec.Namespaces.Mount, exec.Namespaces.Network));
        Assert.Equal(Environment.CurrentDirectory, exec.Cwd);
        var fork = watch.Sink.All<CapturedFork>(e => e.Origin.Pid == process.Id);
        Assert.Equal(exec.Origin.StartBootNs, Assert.Single(fork).Origin.StartBootNs);
        var exit = await watch.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == process.Id);
        Assert.Equal(exec.Origin.StartBootNs, exit.Origin.StartBootNs);
        Assert.InRange(exit.RunTimeNs, 1_000_000_000ul, 10_000_000_000ul);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ImageThatIsReplaced_IsToldAgain(int rung)
    {
        capture.Require();
        await using var watch = await RungCapture.StartAsync(rung, capture.Options);
        using var process = CaptureFixture.StartProgram("/bin/sh", "-c", "/bin/sleep 0.7; exec /bin/sleep 0.8");

        await watch.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == process.Id && e.Arguments.StartsWith("/bin/sh\0", StringComparison.Ordinal));
        await watch.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == process.Id && e.Arguments == "/bin/sleep\00.8\0");
        await watch.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == process.Id);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ListenerAndConnection_AreTold_WithBothSidesAndTheEnd(int rung)
    {
        capture.Require();
        await using var watch = await RungCapture.StartAsync(rung, capture.Options);
        using var server = capture.Start("serve", "127.0.0.1", "accept");
        var port = int.Parse((await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!, System.Globalization.CultureInfo.InvariantCulture);
        var listen = await watch.Sink.WaitAsync<CapturedNetwork>(e => e.Operation == NetworkOperation.Listen && e.Local == $"127.0.0.1:{port}");
        Assert.Equal((uint)server.Id, listen.Origin.Pid);

        // bash's own connection, in a process that is not the agent's.
        using var client = CaptureFixture.StartProgram("/bin/bash", "-c", $"exec 3<>/dev/tcp/127.0.0.1/{port}; echo -n seven77 >&3; /bin/sleep 0.8");
        var connect = await watch.Sink.WaitAsync<CapturedNetwork>(e => e.Operation == NetworkOperation.Connect && e.Remote == $"127.0.0.1:{port}");
        // Its child has the descriptor too: either may be named.
        Assert.Contains(connect.Origin.Pid, watch.Sink.All<CapturedFork>(f => f.Origin.Pid == client.Id || f.ParentPid == client.Id).Select(f => f.Origin.Pid));
        var accept = await watch.Sink.WaitAsync<CapturedNetwork>(e => e.Operation == NetworkOperation.Accept && e.Local == $"127.0.0.1:{port}");
        Assert.Equal((uint)server.Id, accept.Origin.Pid);
        Assert.Equal(connect.Local, accept.Remote);
        var close = await watch.Sink.WaitAsync<CapturedNetwork>(e => e.Operation == NetworkOperation.Close && e.Remote == $"127.0.0.1:{port}");
        Assert.Equal(connect.Origin.StartBootNs, close.Origin.StartBootNs);
        if (rung == 2)
            Assert.Equal(7ul, close.BytesSent);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Listener_InANetworkNamespaceOfItsOwn_IsTold(int rung)
    {
        capture.Require();
        await using var watch = await RungCapture.StartAsync(rung, capture.Options);
        using var server = CaptureFixture.StartProgram("unshare", "-n", "sh", "-c", $"ip link set lo up; exec {capture.Stimulus} serve 127.0.0.1 accept");
        try
        {
            var port = (await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!;
            var listen = await watch.Sink.WaitAsync<CapturedNetwork>(e => e.Operation == NetworkOperation.Listen && e.Origin.Pid == server.Id);
            Assert.Equal($"127.0.0.1:{port}", listen.Local);
        }
        finally
        {
            server.Kill();
        }
    }

    [Fact]
    public async Task Rung2_ProgramThatLivesNoTime_IsKnownByTheFileItWasStartedFrom()
    {
        capture.Require();
        await using var watch = await RungCapture.StartAsync(2, capture.Options);
        var pids = new List<uint>();
        for (var run = 0; run < 20; run++)
            pids.Add(await capture.RunAsync("exit", "7"));

        foreach (var pid in pids)
        {
            var exec = await watch.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == pid);
            Assert.Equal(capture.Stimulus, exec.Binary);
            Assert.True(exec.Arguments.Contains("\0exit\07\0", StringComparison.Ordinal) || exec.Flags.HasFlag(ExecFlags.ArgumentsTruncated), exec.ToString());
            var exit = await watch.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);
            Assert.Equal((7, 0), (exit.Code, exit.Signal));
        }
    }

    [Fact]
    public async Task Rung2_Script_IsToldWithItsInterpreter()
    {
        capture.Require();
        await using var watch = await RungCapture.StartAsync(2, capture.Options);
        var script = Path.Combine(capture.NewFolder(), "job");
        await File.WriteAllTextAsync(script, "#!/bin/sh\n/bin/sleep 0.3\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var process = CaptureFixture.StartProgram(script);

        var exec = await watch.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == process.Id && e.IsScript);
        Assert.Equal(script, exec.Filename);
        Assert.EndsWith("sh", exec.Binary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rung2_Files_CreatedWrittenRenamedAndRemoved_AreTold()
    {
        capture.Require();
        await using var watch = await RungCapture.StartAsync(2, capture.Options);
        var folder = capture.NewFolder();
        using var process = CaptureFixture.StartProgram("/bin/sh", "-c", $"echo one > {folder}/a; /bin/sleep 0.2; echo two >> {folder}/a; /bin/sleep 0.2; mv {folder}/a {folder}/b; ln -s there {folder}/l; rm {folder}/b; /bin/sleep 0.5");

        var created = await watch.Sink.WaitAsync<CapturedFile>(e => e.Operation == FileOperation.Create && e.Path == $"{folder}/a");
        Assert.Equal((uint)process.Id, created.Origin.Pid);
        var written = await watch.Sink.WaitAsync<CapturedFile>(e => e.Operation == FileOperation.Write && e.Path == $"{folder}/a");
        Assert.Equal(created.Origin.StartBootNs, written.Origin.StartBootNs);
        Assert.Equal(created.Inode, written.Inode);
        // mv, ln and rm live a millisecond, and are named all the same.
        var renamed = await watch.Sink.WaitAsync<CapturedFile>(e => e.Operation == FileOperation.Rename && e.Path == $"{folder}/b" && e.OtherPath == $"{folder}/a");
        var exec = await watch.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == renamed.Origin.Pid);
        Assert.EndsWith("/mv", exec.Binary, StringComparison.Ordinal);
        await watch.Sink.WaitAsync<CapturedFile>(e => e.Operation == FileOperation.Symlink && e.Path == $"{folder}/l" && e.OtherPath == "there");
        await watch.Sink.WaitAsync<CapturedFile>(e => e.Operation == FileOperation.Unlink && e.Path == $"{folder}/b");
    }

    [Fact]
    public async Task Rung2_SensitiveFile_ReadIsTold()
    {
        capture.Require();
        var secret = Path.Combine(capture.Folder, "secret");
        await File.WriteAllTextAsync(secret, "x", TestContext.Current.CancellationToken);
        await using var watch = await RungCapture.StartAsync(2, capture.Options);
        using var process = CaptureFixture.StartProgram("/bin/bash", "-c", $"read x < {secret}; /bin/sleep 0.4");

        var read = await watch.Sink.WaitAsync<CapturedFile>(e => e.Operation == FileOperation.SensitiveRead && e.Path == secret);
        Assert.Equal((uint)process.Id, read.Origin.Pid);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Cgroup_MadeAndRemoved_IsTold(int rung)
    {
        capture.Require();
        await using var watch = await RungCapture.StartAsync(rung, capture.Options);
        var root = File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
        var name = $"/runtime-rung-{Guid.NewGuid():N}";
        Directory.CreateDirectory(root + name);
        try
        {
            await watch.Sink.WaitAsync<CapturedCgroup>(e => e.Path == name && !e.Removed);
        }
        finally
        {
            Directory.Delete(root + name);
        }
        await watch.Sink.WaitAsync<CapturedCgroup>(e => e.Path == name && e.Removed);
    }

    [Fact]
    public void Ladder_WithoutAWord_TakesTheFirstRung()
    {
        capture.Require();
        var places = new ContainerOptions();
        var (source, rung) = Ladder.Start(capture.Options with { RingBytes = 1024 * 1024 }, places, new CgroupTree(places), null);
        source.Dispose();
        Assert.Equal(new Rung(1, ""), rung);
    }
}
