using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Interop;
using Runtime.Agent.Processes;
using Runtime.Agent.Tests.Hardening;
using Runtime.Agent.Tests.Reduction;
using Xunit;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Tests.Binaries;

/// <summary>Nodes are inspectors with a real overlay each, their images copied as a runtime unpacks them; between them stands a collector's memory.</summary>
public sealed class SharedHashTests : IDisposable
{
    private const string Tool = "/usr/bin/tool";
    private const uint Overlay = 0x794c7630;
    private static readonly DateTime Built = new DateTime(2024, 3, 1, 12, 0, 0, DateTimeKind.Utc).AddTicks(1_234_567);
    private static readonly byte[] ToolHash = SHA256.HashData(File.ReadAllBytes("/usr/bin/sort"));
    private static readonly long ToolSize = new FileInfo("/usr/bin/sort").Length;

    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-shared-").FullName;
    private readonly List<Process> _children = [];
    private readonly List<string> _mounts = [];
    private readonly Dictionary<string, byte[]> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private int _nodes;
    private bool _isConfirmed = true;

    public SharedHashTests() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting an overlay needs root");

    [Fact]
    public void SecondNode_TakesTheFirstOnesHash_AndReadsNothing()
    {
        using var first = Node(MakeImage(), out var one);
        Assert.Equal(ToolHash, Ask(first, one).Sha256);
        using var second = Node(MakeImage(), out var other);
        var content = Ask(second, other);
        Assert.Equal((BinaryTraits.None, 0), (content.Traits, content.ElsewhereSha256.Length));
        Assert.Equal(ToolHash, content.Sha256);
        AssertCounters(first, ("hashes.asked", 1), ("hashes.unknown", 1), ("hashes.reported", 1), ("binaries.hashed_bytes", ToolSize));
        AssertCounters(second, ("hashes.asked", 1), ("hashes.answered", 1), ("hashes.reported", 0), ("binaries.hashed_bytes", 0), ("hashes.spared_bytes", ToolSize));
    }

    [Fact]
    public void EachVerified_WhereNodesAgree_IsReadAndSaysNothing()
    {
        using var first = Node(MakeImage(), out var one);
        _ = Ask(first, one);
        using var second = Node(MakeImage(), out var other, new() { VerifyOneIn = 1 });
        Assert.Equal(BinaryTraits.None, Ask(second, other).Traits);
        AssertCounters(second, ("hashes.verified", 1), ("hashes.disagreed", 0), ("binaries.hashed_bytes", ToolSize));
    }

    [Fact]
    public void HashThatOneNodeAloneTold_IsReadHereTooAndTold()
    {
        using var first = Node(MakeImage(), out var one);
        _ = Ask(first, one);
        _isConfirmed = false;
        using var second = Node(MakeImage(), out var other);
        Assert.Equal(BinaryTraits.None, Ask(second, other).Traits);
        AssertCounters(second, ("hashes.answered", 1), ("hashes.verified", 1), ("hashes.reported", 1), ("hashes.spared_bytes", 0), ("binaries.hashed_bytes", ToolSize));
    }

    [Theory]
    [InlineData(false, int.MaxValue)] // a single node's word is compared always,
    [InlineData(true, 1)]             // what several say at times
    public void OtherBytes_UnderTheSamePathSizeAndTime_AreToldWithBothHashes(bool isConfirmed, int verifyOneIn)
    {
        using var first = Node(MakeImage(), out var one);
        _ = Ask(first, one);
        _isConfirmed = isConfirmed;
        var image = MakeImage();
        var bytes = File.ReadAllBytes(image + Tool);
        bytes[40_000] ^= 1;
        File.WriteAllBytes(image + Tool, bytes);
        File.SetLastWriteTimeUtc(image + Tool, Built);
        // What runs is another program: the changed one may not start.
        using var second = Node(image, out var other, new() { VerifyOneIn = verifyOneIn }, runs: "/usr/bin/sleeper");
        Assert.True(second.AskPayload(new ProcessRecord(other.Process) { Payload = Encoding.UTF8.GetBytes(Tool) }, other.Container));
        var content = Take(second);
        Assert.Equal((BinaryTraits.Disagrees, Convert.ToHexString(SHA256.HashData(bytes)), Convert.ToHexString(ToolHash)),
            (content.Traits & BinaryTraits.Disagrees, Convert.ToHexString(content.Sha256), Convert.ToHexString(content.ElsewhereSha256)));
        AssertCounters(second, ("hashes.disagreed", 1), ("hashes.reported", 1));
    }

    [Fact]
    public void FileThatTheContainerWrote_WithTheImagesTime_IsReadHere()
    {
        using var first = Node(MakeImage(), out var one);
        _ = Ask(first, one);
        using var second = Node(MakeImage(), out var other, runs: "/usr/bin/sleeper");
        var bytes = File.ReadAllBytes(other.Root + Tool);
        bytes[40_000] ^= 1;
        File.WriteAllBytes(other.Root + Tool, bytes);
        File.SetLastWriteTimeUtc(other.Root + Tool, Built);
        AssertReadHere(second, other, bytes);
    }

    [Fact]
    public void FileBoundOverTheImages_InANamespaceOfItsOwn_IsReadHere()
    {
        using var first = Node(MakeImage(), out var one);
        _ = Ask(first, one);
        var bytes = File.ReadAllBytes("/usr/bin/sort");
        bytes[40_000] ^= 1;
        using var second = Node(MakeImage(), out var other, runs: "/usr/bin/sleeper", prepare: root =>
        {
            File.WriteAllBytes(root + "/evil", bytes);
            File.SetLastWriteTimeUtc(root + "/evil", Built);
            return $"mount --bind {root}/evil {root}{Tool}";
        });
        AssertReadHere(second, other, bytes);
    }

    [Fact]
    public void OverlayThatTheContainerMounted_IsReadHere()
    {
        using var first = Node(MakeImage(), out var one);
        _ = Ask(first, one);
        var evil = MakeImage();
        var bytes = File.ReadAllBytes(evil + Tool);
        bytes[40_000] ^= 1;
        File.WriteAllBytes(evil + Tool, bytes);
        File.SetLastWriteTimeUtc(evil + Tool, Built);
        using var second = Node(MakeImage(), out var other, runs: "/usr/bin/sleeper",
            prepare: root => $"mkdir {evil}.empty && mount -t overlay overlay -o lowerdir={evil}:{evil}.empty {root}");
        AssertReadHere(second, other, bytes);
    }

    [Fact]
    public void FileThatTheUpperFolderHasToo_IsReadHere()
    {
        using var node = Node(MakeImage(), out var one);
        // All that the file itself tells is the layer's: as it would be with the clock set back before a write.
        var upper = Directory.CreateDirectory(Path.Combine(one.Root, "../upper/usr/bin")).FullName;
        File.WriteAllText(Path.Combine(upper, "tool"), "");
        Assert.Equal(ToolHash, Ask(node, one).Sha256);
        AssertCounters(node, ("hashes.asked", 0));
    }

    [Fact]
    public void FileOfTheUpperFolder_HiddenBehindRenames_IsNotTakenForTheImages()
    {
        using var node = Node(MakeImage(), out var one);
        var file = LinuxCalls.Open(one.Root + Tool, RootedPath.PathOnly);
        var (identity, _) = ContentReader.Stat(file)!.Value;
        _ = close(file);
        var upper = Path.GetFullPath(Path.Combine(one.Root, "../upper"));
        Directory.CreateDirectory(Path.Join(upper, "real"));
        RenameLoop.MakeLongWay(upper, "usr", "real");
        var layers = new ImageLayers("/proc/self");
        Assert.True(layers.Hold(one.Container, identity, Encoding.UTF8.GetBytes(Tool)));
        using var loop = new RenameLoop(_folder);

        Assert.True(SpinWait.SpinUntil(() => !layers.Hold(one.Container, identity, Encoding.UTF8.GetBytes(Tool)), TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void FileThatWasChangedAfterItsLayerWasUnpacked_IsReadHere()
    {
        using var node = Node(MakeImage(), out var one, layers: new("/proc/self", unpackNs: 0));
        Assert.Equal(ToolHash, Ask(node, one).Sha256);
        AssertCounters(node, ("hashes.asked", 0));
    }

    [Fact]
    public void OverlayOfAnotherContainer_IsReadHere()
    {
        using var node = Node(MakeImage(), out var one);
        Assert.Equal(ToolHash, Ask(node, one with { Container = one.Container with { Id = new string('b', 64) } }).Sha256);
        AssertCounters(node, ("hashes.asked", 0));
    }

    [Fact]
    public void OverlayAtAPlaceThatTheRuntimeTells_IsShared()
    {
        using var node = Node(MakeImage(), out var one);
        Assert.Equal(ToolHash, Ask(node, one with { Container = one.Container with { Id = new string('b', 64), RootFolder = one.Root } }).Sha256);
        AssertCounters(node, ("hashes.asked", 1));
    }

    [Fact]
    public void FileOfAContainerThatIsNotKnownYet_WaitsForItsImage()
    {
        using var first = Node(MakeImage(), out var one);
        _ = Ask(first, one);
        using var second = Node(MakeImage(), out var other);
        Assert.True(second.AskExecuted(other.Process, other.Container with { ImageDigest = "", Complete = false }, Now));
        var containers = new FakeContainers();
        containers.Set(other.Process.Cgroup.Id, other.Container);
        second.ReleaseDue(containers);
        Assert.Equal(ToolHash, Take(second).Sha256);
        AssertCounters(second, ("hashes.answered", 1), ("binaries.hashed_bytes", 0));
    }

    [Fact]
    public void NobodyWhoAnswers_IsWaitedForAndThenReadHere()
    {
        using var node = Node(MakeImage(), out var one, isAnswered: false);
        Assert.Equal(ToolHash, Ask(node, one).Sha256);
        AssertCounters(node, ("hashes.asked", 1), ("hashes.timed_out", 1), ("hashes.answered", 0));
    }

    [Fact]
    public void StreamThatIsLost_EndsTheWaitingAndTheAsking()
    {
        using var node = Node(MakeImage(), out var one, isAnswered: false);
        Assert.True(node.AskExecuted(one.Process, one.Container, Now));
        Assert.True(SpinWait.SpinUntil(() => node.Counters()["hashes.asked"] == 1, TimeSpan.FromSeconds(10)));
        node.Fleet!.Close();
        Assert.Equal(ToolHash, Take(node).Sha256);
        Assert.False(node.Fleet.IsOpen);
    }

    [Fact]
    public void SharingThatIsOff_AsksNobody()
    {
        using var node = Node(MakeImage(), out var one, new() { Share = false });
        Assert.Equal(ToolHash, Ask(node, one).Sha256);
        Assert.Null(node.Fleet);
    }

    [Fact]
    public void OutgoingThatIsFull_TakesNoMore()
    {
        var hashes = new SharedHashes(TimeProvider.System);
        hashes.Open(isAnswered: true);
        var posted = Enumerable.Range(1, 2000).Count(i => hashes.TryAsk(new("sha256:0", [], 1, 1), (ulong)i));
        Assert.Equal(1024, posted);
        hashes.Answer(Enumerable.Range(0, 2000).Select(i => new SharedAnswer((ulong)i, [], false)));
        var taken = 0;
        while (hashes.TryTake(out _))
            taken++;
        Assert.Equal(SharedHashes.MaxWaiting, taken);
    }

    public void Dispose()
    {
        _stop.Cancel();
        foreach (var child in _children)
        {
            child.Kill(entireProcessTree: true);
            child.WaitForExit();
            child.Dispose();
        }
        foreach (var mount in _mounts)
            Shell($"umount -l {mount}");
        Directory.Delete(_folder, recursive: true);
        _stop.Dispose();
    }

    private static long Now => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static BinaryContent Ask(BinaryInspector node, Running running)
    {
        Assert.True(node.AskExecuted(running.Process, running.Container, Now));
        return Take(node);
    }

    private static BinaryContent Take(BinaryInspector node)
    {
        BinaryReading? reading = null;
        Assert.True(SpinWait.SpinUntil(() => node.TryTake(out reading), TimeSpan.FromSeconds(10)), "no answer");
        return reading!.Content;
    }

    private static void AssertReadHere(BinaryInspector node, Running running, byte[] bytes)
    {
        Assert.True(node.AskLibrary(running.Process, running.Container, Encoding.UTF8.GetBytes(Tool), 0));
        Assert.Equal(SHA256.HashData(bytes), Take(node).Sha256);
        AssertCounters(node, ("hashes.asked", 0), ("binaries.hashed_bytes", bytes.Length));
    }

    private static void AssertCounters(BinaryInspector node, params (string Name, long Value)[] wanted)
    {
        var counters = node.Counters();
        Assert.Equal(wanted, wanted.Select(w => (w.Name, (long)counters[w.Name])));
    }

    /// <summary>An image's layer: a program, another one that sleeps, and what both load.</summary>
    private string MakeImage()
    {
        var image = Directory.CreateDirectory($"{_folder}/image{_nodes++}").FullName;
        Shell($"mkdir -p {image}/usr/bin {image}/old && cp /usr/bin/sort {image}{Tool} && cp /usr/bin/sleep {image}/usr/bin/sleeper"
            + $" && for f in $(ldd /usr/bin/sort /usr/bin/sleep | grep -o '/[^ ]*\\.so[^ ]*' | sort -u); do mkdir -p {image}$(dirname $f) && cp -L $f {image}$f; done");
        File.SetLastWriteTimeUtc(image + Tool, Built);
        return image;
    }

    /// <param name="prepare">Run in a mount namespace of the container's own, before it starts.</param>
    private BinaryInspector Node(string image, out Running running, BinaryOptions? options = null, bool isAnswered = true, string runs = Tool, Func<string, string>? prepare = null, ImageLayers? layers = null)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var root = Directory.CreateDirectory($"{_folder}/{id}/rootfs").FullName;
        Shell($"mkdir {_folder}/{id}/upper {_folder}/{id}/work && mount -t overlay overlay -o lowerdir={image},upperdir={_folder}/{id}/upper,workdir={_folder}/{id}/work {root}");
        _mounts.Add(root);
        var node = new BinaryInspector(options ?? new() { VerifyOneIn = int.MaxValue }, layers ?? new("/proc/self"), TimeProvider.System, fault => Assert.Fail(fault));
        if (node.Fleet is { } fleet)
        {
            fleet.Open(isAnswered: true);
            _ = CollectAsync(fleet, isAnswered);
        }
        var container = new ContainerRecord(id, "containerd", "app", "", "", "", new Dictionary<string, string>(), "img", "sha256:" + new string('a', 64), 0, "", "", true);
        running = new(Run(root, runs, prepare?.Invoke(root) ?? "true"), container, root);
        return node;
    }

    /// <summary>A collector's part, in memory: first come, first told.</summary>
    private async Task CollectAsync(SharedHashes fleet, bool isAnswered)
    {
        while (true)
        {
            var notes = await fleet.TakeOutgoingAsync(_stop.Token);
            lock (_told)
            {
                foreach (var note in notes.Where(note => note.Question == 0))
                    _told.TryAdd(Key(note.File), note.Sha256);
                if (isAnswered)
                    fleet.Answer([.. notes.Where(note => note.Question != 0).Select(note => new SharedAnswer(note.Question, _told.GetValueOrDefault(Key(note.File), []), _isConfirmed))]);
            }
        }
    }

    private static string Key(SharedFile file) => $"{file.ImageDigest} {Encoding.UTF8.GetString(file.Path)} {file.Size} {file.ModifiedNs}";

    /// <summary>A process that stays, as the process table would know it: sort waits for its input.</summary>
    private ProcessRecord Run(string root, string program, string prepare)
    {
        var start = new ProcessStartInfo("unshare", ["-m", "sh", "-c", $"{prepare} && cd {root} && pivot_root . old && exec {program} {(program == Tool ? "" : "600")}"]) { RedirectStandardInput = true };
        var child = Process.Start(start)!;
        _children.Add(child);
        var procfs = new ProcfsReader("/proc");
        ProcfsProcess? found = null;
        Assert.True(SpinWait.SpinUntil(() => (found = procfs.ReadProcess((uint)child.Id)) is { } p && Encoding.UTF8.GetString(p.Binary).EndsWith(program, StringComparison.Ordinal), TimeSpan.FromSeconds(10)));
        return new()
        {
            Key = new(found!.Pid, 1),
            Cgroup = new CgroupKey(1, 2),
            Binary = Encoding.UTF8.GetBytes(program),
            FileSystem = Overlay,
            Inode = found.Inode,
            Device = found.Device,
            Size = found.Size,
            ModifiedUnixSeconds = found.ModifiedUnixSeconds,
            ChangedUnixSeconds = found.ChangedUnixSeconds,
        };
    }

    private static void Shell(string command) => _ = Output("sh", "-c", command);

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)) && process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}");
        return text;
    }

    private sealed record Running(ProcessRecord Process, ContainerRecord Container, string Root);
}
