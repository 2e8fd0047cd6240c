using Microsoft.Win32.SafeHandles;
using Runtime.Agent.Interop;
using Xunit;

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

    // The kernel answers EAGAIN when a rename meets the walk of a "..": a container that renames in a loop must not hide its files.
    [Fact]
    public async Task File_IsFound_WhileSomebodyRenamesInALoop()
    {
        File.WriteAllText(Path.Join(_folder, "inside"), "");
        using var stop = new CancellationTokenSource();
        var renaming = Task.Factory.StartNew(
            () =>
            {
                var (a, b) = (Path.Join(_folder, "a"), Path.Join(_folder, "b"));
                Directory.CreateDirectory(a);
                while (!stop.IsCancellationRequested)
                {
                    Directory.Move(a, b);
                    Directory.Move(b, a);
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var found = 0;

        for (var i = 0; i < 20_000; i++)
        {
            using var file = Open("/../../../inside", RootedPath.PathOnly);
            found += file.IsInvalid ? 0 : 1;
        }

        await stop.CancelAsync();
        await renaming;
        Assert.Equal(20_000, found);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SafeFileHandle Open(string path, ulong flags)
    {
        using var root = new SafeFileHandle(LinuxCalls.Open(_folder, RootedPath.PathOnly), ownsHandle: true);
        return new(RootedPath.Open((int)root.DangerousGetHandle(), path, flags), ownsHandle: true);
    }
}
