using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

/// <summary>Changes of files that no opening for writing tells of.</summary>
public sealed class ChangeEventTests(CaptureFixture capture)
{
    private static string? _stimulus;

    [Theory]
    [InlineData("truncate", "Truncate")]
    [InlineData("map-shared", "MapWritable")]
    [InlineData("setxattr", "Xattr")]
    [InlineData("lsetxattr", "Xattr")]
    [InlineData("fsetxattr", "Xattr")]
    [InlineData("setxattrat", "Xattr")]
    [InlineData("setxattrat-open", "Xattr")]
    [InlineData("chattr", "Attribute")]
    [InlineData("chattr-extended", "Attribute")]
    [InlineData("file_setattr", "Attribute")]
    [InlineData("utimensat", "Times")]
    [InlineData("futimens", "Times")]
    [InlineData("futimesat", "Times")]
    [InlineData("futimesat-open", "Times")]
    [InlineData("utimes", "Times")]
    [InlineData("utime", "Times")]
    [InlineData("chmod", "ChmodSpecial")]
    [InlineData("fchmod", "ChmodSpecial")]
    public async Task Change_OfAFile_IsToldWithItsPath(string act, string operation)
    {
        SkipWhereTheKernelLacks(act);
        var file = NewFile();
        var told = await ToldAsync(await RunAsync(act, file), Enum.Parse<FileOperation>(operation));

        Assert.Equal(file, told.Path);
        if (told.Operation == FileOperation.Xattr)
            Assert.Equal("user.runtime", told.OtherPath);
        if (told.Operation == FileOperation.Attribute)
            Assert.Equal(0x40, told.Mode);
    }

    [Fact]
    public async Task File_ThatMayNotBeMadeImmutable_IsToldAsRefused()
    {
        var file = NewFile();
        var told = await ToldAsync(await RunAsync("chattr-refused", file), FileOperation.Attribute);
        Assert.Equal((file, 0x10, FileFlags.Refused), (told.Path, told.Mode, told.Flags & FileFlags.Refused));
    }

    [Theory]
    [InlineData("removexattr")]
    [InlineData("lremovexattr")]
    [InlineData("fremovexattr")]
    [InlineData("removexattrat")]
    public async Task Attribute_ThatIsRemoved_IsToldAsRemoved(string act)
    {
        SkipWhereTheKernelLacks(act);
        var file = NewFile();
        var pid = await RunAsync(act, file);

        var told = await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.Xattr && e.Mode == 1);

        Assert.Equal((file, "user.runtime"), (told.Path, told.OtherPath));
    }

    [Fact]
    public async Task Exchange_OfTwoFiles_IsToldAsARenameEachWay()
    {
        var (one, other) = (NewFile(), NewFile());
        var pid = await RunAsync("exchange", one, other);

        foreach (var (path, from) in new[] { (one, other), (other, one) })
            await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.Rename && e.Path == path && e.OtherPath == from);
    }

    [Theory]
    [InlineData("map-private")]
    [InlineData("utimensat-now")]
    [InlineData("mkfifo")]
    [InlineData("chattr-refused-plain")]
    public async Task Change_ThatIsNone_IsNotTold(string act)
    {
        var file = act == "mkfifo" ? Path.Combine(capture.NewFolder(), "fifo") : NewFile();
        var pid = await RunAsync(act, file);
        // Its end stands behind all that it did.
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);
        Assert.DoesNotContain(capture.Sink.All<CapturedFile>(e => e.Origin.Pid == pid), e => e.Operation is not (FileOperation.Write or FileOperation.Create));
    }

    [Theory]
    [InlineData("mknod", 1u << 20 | 3)]
    [InlineData("mknodat", 259u << 20 | 70000)]
    public async Task DeviceNode_IsToldWithTheDeviceThatItReaches(string act, uint device)
    {
        var node = Path.Combine(capture.NewFolder(), "node");
        var told = await ToldAsync(await RunAsync(act, node), FileOperation.MakeNode);
        Assert.Equal((node, device), (told.Path, told.Device));
    }

    [Fact]
    public async Task Capability_ThatIsUsedAgain_IsToldOnce()
    {
        capture.Require();
        Assert.SkipUnless(Directory.Exists("/sys/kernel/tracing/events/capability/cap_capable"), "the kernel has no cap_capable");
        var pid = await RunAsync("make-node-twice", Path.Combine(capture.NewFolder(), "node"));
        await capture.Sink.WaitAsync<CapturedExit>(e => e.Origin.Pid == pid);

        Assert.Single(capture.Sink.All<CapturedPrivilege>(e => e.Origin.Pid == pid), e => e.Operation == PrivilegeOperation.CapabilityUsed && e.Value == 27);
        Assert.DoesNotContain(capture.Sink.All<CapturedPrivilege>(e => e.Origin.Pid == pid), e => e.Operation == PrivilegeOperation.CapabilityUsed && e.Value is 0 or 1 or 7 or 21);
    }

    [Fact]
    public async Task Disk_ThatIsRead_IsToldAsADevice()
    {
        capture.Require();
        var disk = Directory.EnumerateFiles("/dev").FirstOrDefault(path => (path is "/dev/vda" or "/dev/sda" or "/dev/nvme0n1" or "/dev/loop0" or "/dev/ram0") && CanOpen(path));
        Assert.SkipWhen(disk is null, "the machine shows no disk that root may open");
        var told = await ToldAsync(await RunAsync("read", disk!), FileOperation.SensitiveRead);
        Assert.Equal(disk, told.Path);
        Assert.True((told.Flags & FileFlags.Device) != 0);
    }

    [Fact]
    public async Task Environment_OfAnotherProcess_IsToldAndOnesOwnIsNot()
    {
        var own = await RunAsync("read", "/proc/self/environ");
        var other = await RunAsync("read", $"/proc/{Environment.ProcessId}/environ");

        var told = await ToldAsync(other, FileOperation.SensitiveRead);

        Assert.Equal($"/proc/{Environment.ProcessId}/environ", told.Path);
        Assert.DoesNotContain(capture.Sink.All<CapturedFile>(e => e.Origin.Pid == own), e => e.Operation == FileOperation.SensitiveRead);
    }

    [Fact]
    public async Task Memory_OfAnotherProcessOpenedForWriting_IsToldAndOnesOwnIsAnOrdinaryFile()
    {
        var own = await RunAsync("open-write", "/proc/self/mem");
        var other = await RunAsync("open-write", $"/proc/{Environment.ProcessId}/mem");

        Assert.Equal($"/proc/{Environment.ProcessId}/mem", (await ToldAsync(other, FileOperation.SensitiveWrite)).Path);
        await ToldAsync(own, FileOperation.Write);
        Assert.DoesNotContain(capture.Sink.All<CapturedFile>(e => e.Origin.Pid == own), e => e.Operation == FileOperation.SensitiveWrite);
    }

    /// <param name="act">Begins with the call's name where that is newer than what the agent asks for.</param>
    private static void SkipWhereTheKernelLacks(string act)
    {
        var call = act.Split('-')[0];
        Assert.SkipWhen(call is "setxattrat" or "removexattrat" or "file_setattr" && Tracefs.LacksCall($"tp/syscalls/sys_exit_{call}"), $"the kernel has no {call}()");
    }

    /// <summary>Devices are also a cgroup's right.</summary>
    private static bool CanOpen(string path)
    {
        try
        {
            using var disk = File.OpenHandle(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private Task<CapturedFile> ToldAsync(uint pid, FileOperation operation) => capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == operation);

    private string NewFile()
    {
        capture.Require();
        var file = Path.Combine(capture.NewFolder(), "file");
        File.WriteAllText(file, new string('x', 5000));
        return file;
    }

    private async Task<uint> RunAsync(params string[] arguments)
    {
        capture.Require();
        if (_stimulus is null)
        {
            var built = Path.Combine(capture.Folder, "stimulus-change");
            CaptureFixture.Run("clang", "-static", "-O1", Path.Combine(AppContext.BaseDirectory, "stimulus-change.c"), "-o", built);
            _stimulus = built;
        }

        using var process = CaptureFixture.StartProgram(_stimulus, arguments);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var error = await process.StandardError.ReadToEndAsync(timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        Assert.True(process.ExitCode == 0, $"stimulus-change {string.Join(' ', arguments)}: exit {process.ExitCode} {error}");
        return (uint)process.Id;
    }
}
