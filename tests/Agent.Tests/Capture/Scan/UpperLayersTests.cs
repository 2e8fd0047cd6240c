using System.Diagnostics;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Interop;
using Runtime.Agent.Tests.Hardening;
using Xunit;

namespace Runtime.Agent.Tests.Capture.Scan;

public sealed class UpperLayersTests : IDisposable
{
    private readonly string _upper = Directory.CreateTempSubdirectory("upper-").FullName;
    private readonly MountView _view;

    public UpperLayersTests() => _view = new([new MountEntry(1, "/", "/", "overlay", _upper)]);

    [Fact]
    public void Program_OfTheUpperFolder_IsTheContainersAndAnyOtherTheImages()
    {
        File.WriteAllText(Path.Join(_upper, "dropped"), "");
        Assert.True(UpperLayers.Holds("", _view, "/dropped"u8));
        Assert.False(UpperLayers.Holds("", _view, "/usr/bin/sort"u8));
    }

    [Fact]
    public void Program_HiddenBehindRenames_IsNotTakenForTheImages()
    {
        Directory.CreateDirectory(Path.Join(_upper, "real/bin"));
        File.WriteAllText(Path.Join(_upper, "real/bin/dropped"), "");
        RenameLoop.MakeLongWay(_upper, "usr", "real");
        using var loop = new RenameLoop(_upper);
        var before = RootedPath.GivenUp;
        var held = true;

        for (var since = Stopwatch.StartNew(); RootedPath.GivenUp == before && since.Elapsed < TimeSpan.FromSeconds(30);)
            held &= UpperLayers.Holds("", _view, "/usr/bin/dropped"u8);

        Assert.NotEqual(before, RootedPath.GivenUp);
        Assert.True(held);
    }

    public void Dispose() => Directory.Delete(_upper, recursive: true);
}
