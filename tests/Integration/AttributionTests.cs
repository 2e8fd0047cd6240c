using Runtime.Pods;
using Runtime.Stack;

namespace Runtime.Integration;

/// <summary>Whose is it: real containers of every cgroup layout, asked of the collector.</summary>
public sealed class AttributionTests
{
    // CONTAINER_EXITED of the CRI's ContainerState.
    private const int ContainerExited = 2;

    private static readonly DateTimeOffset Built = new(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Theory(Timeout = Machine.Limit)]
    [InlineData(CgroupVersion.Machine, CgroupDriver.Cgroupfs)]
    [InlineData(CgroupVersion.Machine, CgroupDriver.Systemd)]
    [InlineData(CgroupVersion.Machine, CgroupDriver.Colons)]
    [InlineData(CgroupVersion.TwoOnly, CgroupDriver.Systemd)]
    public async Task Exec_InPodOfAnyCgroupLayout_CarriesPodAndDeployment(CgroupVersion version, CgroupDriver driver)
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        var busybox = (await Images.BusyboxAsync()) with { Created = Built };
        await using var node = await ContainerdNode.StartAsync(new NodeOptions { Version = version, Driver = driver }, busybox);
        // An agent in a DaemonSet sees the node's mounts; here the node has a mount namespace of its own where it is v2 only.
        string[] prefix = version == CgroupVersion.TwoOnly ? ["nsenter", "-m", "-t", $"{node.Pid}"] : [];
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [node.Socket], AgentPrefix = prefix });
        var pod = await node.RunAsync(PodSpec.OfDeployment("web", "shop"), TestContext.Current.CancellationToken);

        var container = await pod.StartAsync(new ContainerSpec { Name = "app", Image = busybox.Reference, Command = ["/bin/sleep", "600"] }, TestContext.Current.CancellationToken);

        var seen = await stack.EventAsync("sleep", e => e.ContainerId == container.Id && e.Kind == "exec" && e.Lineage[0].Binary == "/bin/busybox", "the container's first exec");
        Assert.Equal(pod.Spec.Name, seen.PodName);
        Assert.Equal("default/shop/Deployment/web/app", seen.ScopeId);
        Assert.Contains("sleep", string.Join(' ', seen.Lineage[0].Arguments), StringComparison.Ordinal);
        await stack.BuiltAsync(busybox.Reference, Built, container.Id);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Exec_OfContainerThatEndsAtOnce_IsAttributed()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipBelowRung(1, "what lives for a millisecond is gone before its cgroup is read");
        Machine.SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [node.Socket] });
        var pod = await node.RunAsync(PodSpec.OfDeployment("brief", "shop"), TestContext.Current.CancellationToken);

        var container = await pod.StartAsync(new ContainerSpec { Name = "app", Image = busybox.Reference, Command = ["/bin/true"] }, TestContext.Current.CancellationToken);
        // containerd 1.6 fails to stop a container that ends at that very moment ("ttrpc: closed").
        await CollectorClient.UntilAsync(() => node.Cri.ContainerStatusAsync(container.Id), answer => answer.Status.State == ContainerExited, Machine.Soon, "the container ends by itself");
        await pod.RemoveAsync(TestContext.Current.CancellationToken);

        var seen = await stack.EventAsync("true", e => e.ContainerId == container.Id && e.Kind == "exec", "the exec of a container that is gone");
        Assert.Equal(pod.Spec.Name, seen.PodName);
        Assert.Equal("default/shop/Deployment/brief/app", seen.ScopeId);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Exec_OnTheHost_BelongsToTheScopeHost()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipBelowRung(1, "the arguments of what lives for a millisecond are gone before they are read");
        await using var stack = await RuntimeStack.StartAsync(options);
        var marker = Ask.Marker(stack);

        await Ask.RunAsync(marker, "--token=hunter2hunter2");

        var seen = await stack.EventAsync(marker, e => e.Kind == "exec", "the marker's exec");
        Assert.StartsWith("default/-/Host/", seen.ScopeId, StringComparison.Ordinal);
        Assert.Equal("", seen.ContainerId);
        Assert.DoesNotContain("hunter2", string.Join(' ', seen.Lineage[0].Arguments), StringComparison.Ordinal);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Exec_WithRuntimeSocketThatHangs_ArrivesAllTheSame()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        using var hanging = new HangingSocket();
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [hanging.Path, "/nowhere/containerd.sock", node.Socket] });
        var pod = await node.RunAsync(PodSpec.OfDeployment("web", "shop"), TestContext.Current.CancellationToken);

        var container = await pod.StartAsync(new ContainerSpec { Name = "app", Image = busybox.Reference, Command = ["/bin/sleep", "600"] }, TestContext.Current.CancellationToken);

        var seen = await stack.EventAsync("sleep", e => e.ContainerId == container.Id && e.Kind == "exec", "the exec beside a hanging runtime");
        Assert.Equal(pod.Spec.Name, seen.PodName);
    }
}
