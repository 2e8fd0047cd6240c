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
public sealed class SharedHashTests : OverlayRig
{
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
}
