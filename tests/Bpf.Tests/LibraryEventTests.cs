using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

public sealed class LibraryEventTests(CaptureFixture capture)
{
    private static string? _stimulus;

    [Theory]
    [InlineData("map")]
    [InlineData("protect")]
    public async Task File_MappedAsCode_IsToldOnce(string act)
    {
        var library = NewLibrary();
        var pid = await RunAsync(act, library);
        var told = await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.MapExecutable);
        Assert.Equal(library, told.Path);
        Assert.NotEqual(0ul, told.Inode);

        var again = await RunAsync(act, library);
        await MarkAsync();
        Assert.Empty(Mapped(again));
    }

    [Fact]
    public async Task File_WrittenAfterItWasTold_IsToldAgain()
    {
        var library = NewLibrary();
        await RunAsync("map", library);
        File.AppendAllText(library, "more");
        var pid = await RunAsync("map", library);
        var told = await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.MapExecutable);
        Assert.Equal(library, told.Path);
    }

    [Theory]
    [InlineData("map-read")]
    [InlineData("anonymous")]
    [InlineData("just-in-time")]
    [InlineData("self")]
    public async Task Mapping_ThatLoadsNoLibrary_IsNotTold(string act)
    {
        var pid = await RunAsync(act, NewLibrary());
        await MarkAsync();
        Assert.Empty(Mapped(pid));
    }

    [Fact]
    public async Task Library_LoadedFromMemory_IsTold()
    {
        var pid = await RunAsync("memory");
        var told = await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.MapExecutable);
        Assert.Contains("memfd:doublemapper", told.Path, StringComparison.Ordinal);
    }

    private IReadOnlyList<CapturedFile> Mapped(uint pid) => capture.Sink.All<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.MapExecutable);

    /// <summary>What was done before is in the ring before this.</summary>
    private async Task MarkAsync()
    {
        var pid = await RunAsync("map", NewLibrary());
        await capture.Sink.WaitAsync<CapturedFile>(e => e.Origin.Pid == pid && e.Operation == FileOperation.MapExecutable);
    }

    private string NewLibrary()
    {
        capture.Require();
        var path = Path.Combine(capture.NewFolder(), "library.so");
        File.WriteAllBytes(path, new byte[8192]);
        return path;
    }

    private async Task<uint> RunAsync(params string[] act)
    {
        capture.Require();
        if (_stimulus is null)
        {
            var path = Path.Combine(capture.NewFolder(), "stimulus-library");
            CaptureFixture.Run("clang", "-static", "-O1", Path.Combine(AppContext.BaseDirectory, "stimulus-library.c"), "-o", path);
            _stimulus = path;
        }

        using var process = CaptureFixture.StartProgram(_stimulus, act);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var error = await process.StandardError.ReadToEndAsync(timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        Assert.True(process.ExitCode == 0, $"stimulus-library {string.Join(' ', act)}: {process.ExitCode} {error}");
        return (uint)process.Id;
    }
}
