using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Runtime.Agent.Interop;
using Xunit;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Tests.Hardening;

public sealed class RootedPathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rooted-").FullName;

    [Theory]
    [InlineData("/inside")]
    [InlineData("/../../inside")]
    [InlineData("/absolute")]       // a link to /inside, meant from the root
    [InlineData("/above/inside")]   // a link to ../..
    public void Path_StaysBelowItsRoot(string path)
    {
        File.WriteAllText(Path.Join(_folder, "inside"), "");
        File.CreateSymbolicLink(Path.Join(_folder, "absolute"), "/inside");
        File.CreateSymbolicLink(Path.Join(_folder, "above"), "../..");

        using var file = Open(path, RootedPath.PathOnly);

        Assert.False(file.IsInvalid);
        Assert.Equal(Path.Join(_folder, "inside"), File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false)!.FullName);
    }

    [Fact]
    public void Link_AtTheEnd_IsNotFollowedWhenItIsMeantItself()
    {
        File.CreateSymbolicLink(Path.Join(_folder, "link"), "/nowhere");
        using var followed = Open("/link", RootedPath.PathOnly);
        using var itself = Open("/link", RootedPath.PathOnly | RootedPath.NoFollow);
        Assert.True(followed.IsInvalid);
        Assert.False(itself.IsInvalid);
    }

    // A container that renames in a loop must not hide its files.
    [Fact]
    public void File_IsFound_WhileSomebodyRenamesInALoop()
    {
        File.WriteAllText(Path.Join(_folder, "inside"), "");
        using var loop = new RenameLoop(_folder);
        var found = 0;

        for (var i = 0; i < 20_000; i++)
        {
            using var file = Open("/../../../inside", RootedPath.PathOnly);
            found += file.IsInvalid ? 0 : 1;
        }

        Assert.Equal(20_000, found);
    }

    [Fact]
    public void File_ThatNoWalkReaches_IsNotSaidToBeAbsent()
    {
        Directory.CreateDirectory(Path.Join(_folder, "real"));
        File.WriteAllText(Path.Join(_folder, "real/inside"), "");
        RenameLoop.MakeLongWay(_folder, "far", "real");
        Assert.Equal((0, ENOENT), (Look("/far/inside"), Look("/far/absent")));
        using var loop = new RenameLoop(_folder);
        var answers = new HashSet<int>();

        for (var since = Stopwatch.StartNew(); !answers.Contains(EAGAIN) && since.Elapsed < TimeSpan.FromSeconds(30);)
            answers.Add(Look("/far/inside"));

        Assert.Contains(EAGAIN, answers);
        Assert.DoesNotContain(ENOENT, answers);
        Assert.NotEqual(0ul, RootedPath.GivenUp);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private int Look(string path)
    {
        using var root = new SafeFileHandle(LinuxCalls.Open(_folder, RootedPath.PathOnly), ownsHandle: true);
        return RootedPath.Look((int)root.DangerousGetHandle(), path);
    }

    private SafeFileHandle Open(string path, ulong flags)
    {
        using var root = new SafeFileHandle(LinuxCalls.Open(_folder, RootedPath.PathOnly), ownsHandle: true);
        return new(RootedPath.Open((int)root.DangerousGetHandle(), path, flags), ownsHandle: true);
    }
}
