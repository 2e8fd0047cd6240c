using System.Diagnostics;
using System.Globalization;
using Runtime.Pods;

namespace Runtime.Demo.Tests;

/// <summary>deploy/try.sh over stand-ins for the built programs, which write down when they start and end: how it starts, waits, stops and what it answers.</summary>
public sealed class TryScriptTests : IDisposable
{
    private const int Limit = 60_000;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    private readonly string _root = Directory.CreateTempSubdirectory("try-").FullName;

    public TryScriptTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "deploy"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "try.sh"), Path.Combine(_root, "deploy/try.sh"));
        // What it says goes to the journal; a program that gets SIGTERM says so and ends.
        StandIn("collector/collector", "trap 'say end; rm -f up; exit 0' TERM; say start; touch up; rest");
        StandIn("agent/agent", "trap 'say end; exit 0' TERM; say start; touch connected; [ ! -e agent-dies ] || { echo 'no BTF here'; exit 7; }; rest");
        StandIn("runtimectl/runtimectl", "[ -e up ] || exit 1; case \"$*\" in *' web') echo 'http://127.0.0.1/a-link' ;; *) [ ! -e connected ] || echo '{ \"agents\": [ { \"connected\": true } ] }' ;; esac");
        StandIn("demo/runtime-demo", "trap 'say end; exit 130' TERM; say start; [ ! -e demo-code ] || exit $(cat demo-code); rest");
        StandIn("demo/miner", "true");
    }

    [Fact(Timeout = Limit)]
    public async Task Interrupt_WhileWatching_StopsTheAgentBeforeTheCollector()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutRoot();
        using var script = Start("--data", DataFolder);
        await UntilAsync(script, "Watching this machine", cancelled);

        var code = await EndAsync(script, "-INT");

        Assert.Equal(0, code);
        Assert.Equal(["collector start", "agent start", "agent end", "collector end"], Journal());
    }

    [Fact(Timeout = Limit)]
    public async Task Settings_ThatAPersonChanged_AreKept()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutRoot();
        Directory.CreateDirectory(DataFolder);
        var settings = Path.Combine(DataFolder, "collector.json");
        await File.WriteAllTextAsync(settings, "{ \"mine\": true }", cancelled);
        using var script = Start("--data", DataFolder);
        await UntilAsync(script, "Watching this machine", cancelled);
        await EndAsync(script, "-INT");

        Assert.Equal("{ \"mine\": true }", await File.ReadAllTextAsync(settings, cancelled));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(DataFolder, "agent.json")));
    }

    [Fact(Timeout = Limit)]
    public async Task Agent_ThatEnds_EndsTheScriptWithItsWords()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutRoot();
        await File.WriteAllTextAsync(Path.Combine(_root, "agent-dies"), "", cancelled);
        using var script = Start("--data", DataFolder);

        var errors = await script.StandardError.ReadToEndAsync(cancelled);
        await script.WaitForExitAsync(cancelled);

        Assert.Equal(1, script.ExitCode);
        Assert.Contains("no BTF here", errors, StringComparison.Ordinal);
        Assert.Equal("collector end", Journal()[^1]);
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Demo_ThatEnds_GivesItsCodeAndLeavesNothing(int code)
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutRoot();
        await File.WriteAllTextAsync(Path.Combine(_root, "demo-code"), code.ToString(CultureInfo.InvariantCulture), cancelled);
        using var script = Start("--demo");

        await script.WaitForExitAsync(cancelled);

        Assert.Equal(code, script.ExitCode);
        Assert.Equal(["collector start", "agent start", "demo start", "agent end", "collector end"], Journal());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_root, "tmp")));
    }

    [Fact(Timeout = Limit)]
    public async Task Demo_ThatIsToStay_LeavesALinkToThePageUntilItIsInterrupted()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutRoot();
        await File.WriteAllTextAsync(Path.Combine(_root, "demo-code"), "0", cancelled);
        using var script = Start("--demo", "--stay");
        await UntilAsync(script, "http://127.0.0.1/a-link", cancelled);
        Assert.Equal(["collector start", "agent start", "demo start"], Journal());

        var code = await EndAsync(script, "-INT");

        Assert.Equal(0, code);
        Assert.Equal(["agent end", "collector end"], Journal()[^2..]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_root, "tmp")));
    }

    [Fact(Timeout = Limit)]
    public async Task Stay_WithoutDemo_IsRefused()
    {
        var cancelled = TestContext.Current.CancellationToken;
        using var script = Start("--stay");
        var errors = await script.StandardError.ReadToEndAsync(cancelled);
        await script.WaitForExitAsync(cancelled);

        Assert.Equal(1, script.ExitCode);
        Assert.Contains("--stay belongs to --demo", errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Interrupt_OfTheDemo_LetsItClearAwayFirst()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutRoot();
        using var script = Start("--demo");
        while (!Journal().Contains("demo start"))
        {
            // A file has no event that tells it was written by this program.
            await Task.Delay(20, cancelled);
        }

        var code = await EndAsync(script, "-INT");

        Assert.Equal(130, code);
        Assert.Equal(["demo end", "agent end", "collector end"], Journal()[^3..]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_root, "tmp")));
    }

    [Fact(Timeout = Limit)]
    public async Task Option_ThatIsNone_IsRefused()
    {
        var cancelled = TestContext.Current.CancellationToken;
        using var script = Start("--dmo");
        var errors = await script.StandardError.ReadToEndAsync(cancelled);
        await script.WaitForExitAsync(cancelled);

        Assert.Equal(2, script.ExitCode);
        Assert.StartsWith("try.sh: '--dmo' is not an option", errors, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string DataFolder => Path.Combine(_root, "data");

    private List<string> Journal() => File.Exists(Path.Combine(_root, "journal")) ? [.. File.ReadAllLines(Path.Combine(_root, "journal"))] : [];

    private static void SkipWithoutRoot() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "try.sh needs root");

    private void StandIn(string program, string body)
    {
        var path = Path.Combine(_root, "out", program);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var name = Path.GetFileName(program).Replace("runtime-", "", StringComparison.Ordinal);
        File.WriteAllText(path, $"#!/bin/bash\ncd {_root}\nsay() {{ echo \"{name} $1\" >>journal; }}\nrest() {{ while true; do sleep 0.05; done; }}\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private Process Start(params string[] arguments)
    {
        Directory.CreateDirectory(Path.Combine(_root, "tmp"));
        var start = new ProcessStartInfo(Path.Combine(_root, "deploy/try.sh"), [.. arguments, "--no-build"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TMPDIR"] = Path.Combine(_root, "tmp");
        return Process.Start(start)!;
    }

    private static async Task UntilAsync(Process script, string words, CancellationToken cancelled)
    {
        while (await script.StandardOutput.ReadLineAsync(cancelled) is { } line)
        {
            if (line.Contains(words, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"it ended without \"{words}\": {await script.StandardError.ReadToEndAsync(cancelled)}");
    }

    private static async Task<int> EndAsync(Process script, string signal)
    {
        await Command.RunAsync("kill", signal, script.Id.ToString(CultureInfo.InvariantCulture));
        await script.WaitForExitAsync().WaitAsync(EndLimit);
        return script.ExitCode;
    }
}
