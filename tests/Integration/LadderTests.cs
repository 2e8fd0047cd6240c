using Runtime.Pods;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>The same road on each rung of the ladder.</summary>
public sealed class LadderTests
{
    private static readonly TimeSpan LearningLimit = TimeSpan.FromSeconds(100);

    [Theory(Timeout = Machine.Limit)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Deviation_OnEachRung_ReachesTheWebhook(int rung)
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        var cancelled = TestContext.Current.CancellationToken;
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [node.Socket], Slack = receiver.Address, Rung = rung });
        var pod = await node.RunAsync(PodSpec.OfDeployment("steady", "shop"), cancelled);
        var spec = new ContainerSpec
        {
            Name = "app",
            Image = busybox.Reference,
            // What it does lives long enough for a look at /proc.
            Command = ["/bin/sh", "-c", "while true; do [ -x /tmp/job ] && /tmp/job; /bin/sleep 1; done"],
        };
        var first = await pod.StartAsync(spec, cancelled);
        await first.StopAsync(TimeSpan.Zero, cancelled);
        var container = await pod.StartAsync(spec, cancelled);
        await CollectorClient.UntilAsync(
            async () => await stack.Client.Query.GetBaselineAsync(new GetBaselineRequest { Scope = "shop/Deployment/steady/app" }).ResponseAsync,
            baseline => baseline.Deployment.Groups.Where(group => group.Items > 0).All(group => group.State is "locked" or "locked_week") && baseline.Items.Count > 0,
            LearningLimit,
            "the worker's baseline locks");

        Assert.Equal(0, (await container.ExecAsync("/bin/sh", "-c", "cp /bin/busybox /tmp/sleep && printf '#!/bin/sh\\n/tmp/sleep 3\\n' > /tmp/job && chmod +x /tmp/job")).ExitCode);

        var alert = await receiver.WaitAsync(call => call.Body.Contains("/tmp/sleep", StringComparison.Ordinal), Machine.Soon);
        Assert.Contains("blocks", alert.Body, StringComparison.Ordinal);
        var incident = await stack.IncidentAsync("/tmp/sleep", "the incident behind the alert");
        Assert.Equal([pod.Spec.Name], incident.Pods);
        Assert.Contains("/tmp/sleep", incident.ProcessTree, StringComparison.Ordinal);
    }

    [Theory(Timeout = Machine.Limit)]
    [InlineData(1)]
    [InlineData(2, "setpriv", "--bounding-set", "-bpf,-perfmon,-sys_admin")]
    // In a network namespace of its own, which it may not leave, there is no proc connector.
    [InlineData(3, "unshare", "--net", "setpriv", "--bounding-set", "-bpf,-perfmon,-sys_admin")]
    public async Task Agent_WithoutWhatARungNeeds_TakesTheNextAndSaysWhy(int rung, params string[] prefix)
    {
        var options = Machine.OptionsOrSkip();
        await using var stack = await RuntimeStack.StartAsync(options with { Rung = null, AgentPrefix = prefix });

        var words = $"rung {rung} (";
        await CollectorClient.UntilAsync(() => Task.FromResult(stack.Agent!.Output), output => output.Contains(words, StringComparison.Ordinal), Machine.Soon, words + "\n" + stack.Agent!.Output);
        if (rung > 1)
            Assert.Contains("degraded sight: rung 1: ", stack.Agent!.Output, StringComparison.Ordinal);
        if (rung > 2)
            Assert.Contains("; rung 2: proc connector: ", stack.Agent!.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Coverage_OfTheBestRung_IsWhole()
    {
        var options = Machine.OptionsOrSkip();
        await using var stack = await RuntimeStack.StartAsync(options with { Rung = 1, Coverage = true });

        foreach (var kind in new[] { "exec", "connect", "write" })
            await CollectorClient.UntilAsync(() => Task.FromResult(stack.Agent!.Output), output => output.Contains($"coverage of {kind}: 100 %", StringComparison.Ordinal), Machine.Soon, $"the coverage of {kind}");
    }
}
