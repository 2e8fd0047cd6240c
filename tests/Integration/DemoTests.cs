using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Runtime.Pods;
using Runtime.Stack;

namespace Runtime.Integration;

/// <summary>deploy/try.sh --demo as a stranger runs it, with the programs built before.</summary>
public sealed partial class DemoTests
{
    [Fact(Timeout = Machine.Limit)]
    public async Task Demo_RunToItsEnd_ShowsEachStepAndLeavesNothing()
    {
        Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        await using var demo = Start();

        var code = await EndAsync(demo);

        var told = demo.Output;
        Assert.True(code == 0, told);
        Assert.Contains("the agent is connected", told, StringComparison.Ordinal);
        Assert.Matches("learning: +[0-9]+ behaviours", told);
        Assert.Matches("locked: +[0-9]+ behaviours", told);
        Assert.Contains("Slack message", told, StringComparison.Ordinal);
        Assert.Contains("CRITICAL", told, StringComparison.Ordinal);
        Assert.Contains("Process tree of incident", told, StringComparison.Ordinal);
        var milliseconds = double.Parse(Latency().Match(told).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(milliseconds, 1, 30_000);
        Assert.Empty(NodeRecord.Abandoned());
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Demo_InterruptedWhileLearning_CleansUpAfterItself()
    {
        Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        await using var demo = Start();
        await CollectorClient.UntilAsync(() => Task.FromResult(demo.Output), output => output.Contains("learning:", StringComparison.Ordinal), TimeSpan.FromSeconds(90), "the demo learns");

        using (var interrupt = Process.Start("kill", ["-INT", demo.Pid.ToString(CultureInfo.InvariantCulture)]))
        {
            await interrupt.WaitForExitAsync();
        }

        Assert.Equal(130, await EndAsync(demo));
        Assert.Empty(NodeRecord.Abandoned());
    }

    // Who started the tests in the background had SIGINT ignored, and what it starts inherits that.
    private static ServiceProcess Start() => ServiceProcess.Start("env", "--default-signal=INT", Path.Combine(Machine.Repository(), "deploy/try.sh"), "--no-build", "--demo");

    private static Task<int> EndAsync(ServiceProcess demo) => demo.WaitAsync(TimeSpan.FromSeconds(150));

    [GeneratedRegex("^([0-9]+) ms from the miner's execve", RegexOptions.Multiline)]
    private static partial Regex Latency();
}
