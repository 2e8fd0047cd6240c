using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

public sealed class FileEventTests(CaptureFixture capture)
{
    [Fact]
    public async Task Open_ForWriting_TellsThePathThatTheKernelOpened()
    {
        capture.Require();
        var folder = capture.NewFolder();
        var file = MakeFile(folder, "data");
        Directory.CreateDirectory($"{folder}/a/b");
        File.CreateSymbolicLink($"{folder}/alias", file);
        File.CreateSymbolicLink($"{folder}/a/up", "..");

        foreach (var disguise in new[]
                 {
                     file, $"{folder}/alias", $"{folder}/a/b/../../data", $"{folder}/a/up/data", $"/proc/self/root{file}",
                     $"/proc/self/root/proc/self/root{folder}/alias", $"{folder}//./data",
                 })
        {
            var pid = await capture.RunAsync("open-write", disguise);
            var opened = await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid);
            Assert.Equal((FileOperation.Write, file), (opened.Operation, opened.Path));
            Assert.False(opened.Flags.HasFlag(FileFlags.PathFromArgument));
        }
    }

    [Fact]
    public async Task Open_ThroughABindMount_TellsThePathInTheMountNamespace()
    {
        capture.Require();
        var folder = capture.NewFolder();
        Directory.CreateDirectory($"{folder}/from");
        Directory.CreateDirectory($"{folder}/to");
        MakeFile($"{folder}/from", "data");
        var pid = await capture.RunAsync("open-bind", $"{folder}/from", $"{folder}/to", "data");

        var opened = await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.Write);
        Assert.Equal($"{folder}/to/data", opened.Path);
    }

    [Fact]
    public async Task Open_UnderAChroot_StillTellsTheWholePath()
    {
        capture.Require();
        var folder = capture.NewFolder();
        MakeFile(folder, "data");
        var opener = await capture.RunAsync("open-chroot", folder, "/data");
        var remover = await capture.RunAsync("unlink-chroot", folder, "/../data");

        Assert.Equal($"{folder}/data", (await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == opener)).Path);
        Assert.Equal($"{folder}/data", (await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == remover)).Path);
    }

    [Fact]
    public async Task Open_ByEverySisterCall_IsTold()
    {
        capture.Require();
        var folder = capture.NewFolder();
        MakeFile(folder, "old");

        Assert.Equal((FileOperation.Write, $"{folder}/old"), await Act("openat-write", folder, "old"));
        Assert.Equal((FileOperation.Create, $"{folder}/two"), await Act("openat2-create", folder, "two"));
        Assert.Equal((FileOperation.Create, $"{folder}/three"), await Act("creat", $"{folder}/three"));
        Assert.Equal((FileOperation.Write, $"{folder}/three"), await Act("creat", $"{folder}/three"));
        Assert.Equal((FileOperation.Create, $"{folder}/four"), await Act("open-create", $"{folder}/four"));
    }

    [Fact]
    public async Task Open_OfWhatIsNoRegularFile_OrNotForWriting_IsNotTold()
    {
        capture.Require();
        var plain = MakeFile(capture.NewFolder(), "plain");
        var device = await capture.RunAsync("open-write", "/dev/null");
        var reader = await capture.RunAsync("open-read", plain);
        var marker = await capture.RunAsync("open-write", plain);

        await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == marker);
        Assert.Empty(capture.Sink.All<CapturedFile>(e => e.Origin.Pid == device || e.Origin.Pid == reader));
    }

    [Fact]
    public async Task Open_WithNewlineAndInvalidUtf8InTheName_KeepsTheBytes()
    {
        capture.Require();
        var folder = capture.NewFolder();
        // sh's printf makes the bytes that no .NET string can hold.
        CaptureFixture.Run("sh", "-c", $": > \"{folder}/$(printf 'a\\nb\\377c')\"");

        var made = await capture.Sink.WaitAsync<CapturedFile>(e => e.Path.StartsWith($"{folder}/a", StringComparison.Ordinal));
        Assert.Equal($"{folder}/a\nb\u00ffc", made.Path);
        Assert.Equal(FileOperation.Create, made.Operation);
    }

    [Fact]
    public async Task Read_OfASensitiveFile_IsTold_AndItsNamesakeOnlyCounted()
    {
        capture.Require();
        var secret = MakeFile(capture.Folder, "secret");
        var namesake = MakeFile(capture.NewFolder(), "secret");
        Directory.CreateDirectory($"{capture.Folder}/vault/inner");
        var deep = MakeFile($"{capture.Folder}/vault/inner", "any");
        var anywhere = MakeFile(capture.NewFolder(), "beacon.key");

        var innocent = await capture.RunAsync("open-read", namesake);
        Assert.Equal((FileOperation.SensitiveRead, secret), await Act("open-read", secret));
        Assert.Equal((FileOperation.SensitiveRead, deep), await Act("open-read", deep));
        Assert.Equal((FileOperation.SensitiveRead, anywhere), await Act("open-read", $"/proc/self/root{anywhere}"));
        Assert.Equal((FileOperation.SensitiveRead, "/etc/shadow"), await Act("open-read", "/etc/shadow"));
        Assert.Empty(capture.Sink.All<CapturedFile>(e => e.Origin.Pid == innocent));
        Assert.NotEqual(0ul, capture.Source.Counters()["capture.sensitive.filtered"]);
    }

    [Fact]
    public async Task Rename_ByEverySisterCall_TellsBothNames()
    {
        capture.Require();
        var folder = capture.NewFolder();
        Directory.CreateDirectory($"{folder}/d");
        MakeFile(folder, "a");

        await Expect(FileOperation.Rename, $"{folder}/b", $"{folder}/a", "rename", $"{folder}/a", $"{folder}/d/../b");
        await Expect(FileOperation.Rename, $"{folder}/d/c", $"{folder}/b", "renameat", folder, "b", $"{folder}/d", "c");
        await Expect(FileOperation.Rename, $"{folder}/e", $"{folder}/d/c", "renameat2", $"{folder}/d", "c", $"{folder}/d", "../e");
        await Expect(FileOperation.Rename, $"{folder}/f", $"{folder}/e", "rename-in", $"{folder}/d", "../e", "./.././f");
        await Expect(FileOperation.Rename, $"{folder}/g", $"{folder}/f", "rename", $"/proc/self/root{folder}/f", $"/proc/self/root{folder}/g");
    }

    [Fact]
    public async Task Unlink_Link_Symlink_ByEverySisterCall_AreTold()
    {
        capture.Require();
        var folder = capture.NewFolder();
        MakeFile(folder, "a");

        await Expect(FileOperation.Link, $"{folder}/b", $"{folder}/a", "link", $"{folder}/a", $"{folder}/b");
        await Expect(FileOperation.Link, $"{folder}/c", $"{folder}/a", "linkat", folder, "a", folder, "c");
        await Expect(FileOperation.Symlink, $"{folder}/s", "../x", "symlink", "../x", $"{folder}/s");
        await Expect(FileOperation.Symlink, $"{folder}/t", "/etc/passwd", "symlinkat", "/etc/passwd", folder, "t");
        await Expect(FileOperation.Unlink, $"{folder}/b", "", "unlink", $"{folder}/b");
        await Expect(FileOperation.Unlink, $"{folder}/c", "", "unlinkat", folder, "c");
    }

    [Fact]
    public async Task Chmod_ToExecutable_IsToldByEverySisterCall_AndOtherwiseNot()
    {
        capture.Require();
        var folder = capture.NewFolder();
        var file = MakeFile(folder, "a");
        var plain = await capture.RunAsync("chmod", file, "0644");

        foreach (var call in new[] { "chmod", "fchmod" })
            Assert.Equal(Convert.ToUInt16("4755", 8), (await Expect(FileOperation.ChmodSpecial, file, "", call, file, "4755")).Mode);
        foreach (var call in new[] { "fchmodat", "fchmodat2" })
        {
            var told = await Expect(FileOperation.ChmodExecutable, file, "", call, folder, "a", "0711");
            Assert.True(told.Flags.HasFlag(FileFlags.Executable));
        }

        Assert.Empty(capture.Sink.All<CapturedFile>(e => e.Origin.Pid == plain));
    }

    private static string MakeFile(string folder, string name)
    {
        File.WriteAllText($"{folder}/{name}", "x");
        return $"{folder}/{name}";
    }

    private async Task<(FileOperation Operation, string Path)> Act(params string[] arguments)
    {
        var pid = await capture.RunAsync(arguments);
        var told = await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid);
        return (told.Operation, told.Path);
    }

    private async Task<CapturedFile> Expect(FileOperation operation, string path, string other, params string[] arguments)
    {
        var pid = await capture.RunAsync(arguments);
        var told = await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == operation);
        Assert.Equal((path, other), (told.Path, told.OtherPath));
        return told;
    }
}
