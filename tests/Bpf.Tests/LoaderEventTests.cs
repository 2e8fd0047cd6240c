using System.Diagnostics;
using System.Globalization;
using Runtime.Agent.Capture;

namespace Runtime.Bpf.Tests;

/// <summary>What an exec tells of how the program was made to load something: its environment, its standard descriptors.</summary>
public sealed class LoaderEventTests(CaptureFixture capture)
{
    private const ExecFlags Pipes = ExecFlags.StdinPipe | ExecFlags.StdoutPipe;

    [Fact]
    public async Task Variables_ThatLoad_AreToldAndNoOthers()
    {
        var told = await ExecAsync(new() { ["PATH"] = "/usr/bin", ["LD_LIBRARY_PATH"] = "/opt/lib", ["SECRET"] = "x", ["NODE_OPTIONS"] = "--require /tmp/a.js" });
        Assert.Equal(["LD_LIBRARY_PATH=/opt/lib", "NODE_OPTIONS=--require /tmp/a.js"], Split(told.Variables));
        Assert.Equal(ExecFlags.None, told.Flags & ExecFlags.LoaderVariablesTruncated);
    }

    [Fact]
    public async Task Environment_WithoutSuchVariables_TellsNothing()
    {
        var told = await ExecAsync(new() { ["PATH"] = "/usr/bin", ["LD_"] = "x", ["HOME"] = new string('h', 5000) });
        Assert.Equal(("", ExecFlags.None), (told.Variables, told.Flags & ExecFlags.LoaderVariablesTruncated));
    }

    [Fact]
    public async Task Variable_BehindHundredsOfOthers_IsTold()
    {
        var environment = Enumerable.Range(0, 900).ToDictionary(i => $"SERVICE_{i:000}_PORT", i => $"tcp://10.0.0.{i}:80");
        environment["PYTHONSTARTUP"] = "/tmp/a.py";
        Assert.Equal(["PYTHONSTARTUP=/tmp/a.py"], Split((await ExecAsync(environment)).Variables));
    }

    [Fact]
    public async Task Variables_BeyondTheBound_AreCutAndFlagged()
    {
        var told = await ExecAsync(new() { ["PYTHONPATH"] = "/" + new string('x', 3000) });
        Assert.StartsWith("PYTHONPATH=/xxx", told.Variables, StringComparison.Ordinal);
        Assert.Equal(ExecFlags.LoaderVariablesTruncated, told.Flags & ExecFlags.LoaderVariablesTruncated);
    }

    [Fact]
    public async Task Value_ThatHoldsAName_IsNoVariable()
    {
        // The second piece of a value longer than one read would begin so.
        var told = await ExecAsync(new() { ["A"] = new string('x', 1021) + "LD_PRELOAD=/tmp/a.so" });
        Assert.Equal("", told.Variables);
    }

    [Fact]
    public async Task StandardDescriptors_ThatArePipes_AreFlagged()
    {
        var told = await ExecAsync([]);
        Assert.Equal(Pipes, told.Flags & Pipes);
    }

    [Fact]
    public async Task StandardDescriptors_ThatAreNone_AreNotFlagged()
    {
        capture.Require();
        var marker = "--" + Guid.NewGuid().ToString("N");
        CaptureFixture.Run("/bin/sh", "-c", $"/usr/bin/env {marker} </dev/null >/dev/null 2>&1 || true");
        var told = await capture.Sink.WaitAsync<CapturedExec>(e => e.Arguments == $"/usr/bin/env\0{marker}\0");
        Assert.Equal(ExecFlags.None, told.Flags & Pipes);
    }

    [Fact]
    public async Task FileSystem_IsTheBinarys()
    {
        capture.Require();
        using var stat = CaptureFixture.StartProgram("/usr/bin/stat", "-L", "-f", "-c", "%t", "/usr/bin/stat");
        var magic = uint.Parse((await stat.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var told = await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == stat.Id && e.Binary == "/usr/bin/stat");
        Assert.Equal(magic, told.FileSystem);
    }

    private async Task<CapturedExec> ExecAsync(Dictionary<string, string> environment)
    {
        capture.Require();
        var start = new ProcessStartInfo("/bin/true") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return await capture.Sink.WaitAsync<CapturedExec>(e => e.Origin.Pid == process.Id && e.Binary.EndsWith("/true", StringComparison.Ordinal));
    }

    private static string[] Split(string variables) => variables.Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ToArray();
}
