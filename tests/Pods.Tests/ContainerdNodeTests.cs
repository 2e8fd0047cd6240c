using System.Diagnostics;

namespace Runtime.Pods.Tests;

/// <summary>Real containerd, real pods. Skipped with a reason where there is no root or a package is missing.</summary>
public sealed class ContainerdNodeTests
{
    private const int Limit = 120_000;

    [Fact(Timeout = Limit)]
    public async Task Pods_OnOneNode_LoadPagesFromEachOther()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        var web = await Images.WebAsync(busybox, ImageEntry.File("/srv/www/index.html", "<h1>shop</h1>\n"));
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox, web);

        var server = await node.RunAsync(PodSpec.OfDeployment("web", "shop"), cancelled);
        var httpd = await server.StartAsync(new ContainerSpec { Name = "server", Image = web.Reference }, cancelled);
        var client = await node.RunAsync(PodSpec.OfDeployment("client", "shop"), cancelled);
        var shell = await client.StartAsync(new ContainerSpec { Name = "shell", Image = busybox.Reference, Command = ["/bin/sleep", "600"] }, cancelled);

        var page = await shell.ExecAsync("/bin/wget", "-q", "-O", "-", $"http://{server.Ip}/");
        Assert.Equal(new ExecResult(0, "<h1>shop</h1>\n", ""), page);
        using var outside = node.CreateHttpClient();
        Assert.Equal("<h1>shop</h1>\n", await outside.GetStringAsync(new Uri($"http://{server.Ip}/"), cancelled));
        Assert.Equal("/usr/sbin/httpd", File.ResolveLinkTarget($"/proc/{httpd.Pid}/exe", returnFinalTarget: false)!.FullName);
        Assert.StartsWith("localhost/web@sha256:", httpd.ImageReference, StringComparison.Ordinal);
        Assert.Matches("^web-[a-z0-9]{10}-[a-z0-9]{5}$", server.Spec.Name);
    }

    [Fact(Timeout = Limit)]
    public async Task Exec_OfFailingProgram_GivesItsCodeAndErrors()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        var container = await SleeperAsync(node, busybox, cancelled);

        var answer = await container.ExecAsync("/bin/sh", "-c", "echo out; echo err >&2; exit 3");

        Assert.Equal(new ExecResult(3, "out\n", "err\n"), answer);
    }

    [Theory(Timeout = Limit)]
    [InlineData(CgroupVersion.Machine, CgroupDriver.Cgroupfs, "/kubepods/burstable/pod{0}/{2}")]
    [InlineData(CgroupVersion.Machine, CgroupDriver.Systemd, "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{1}.slice/cri-containerd-{2}.scope")]
    [InlineData(CgroupVersion.Machine, CgroupDriver.Colons, "/kubepods-burstable-pod{1}.slice:cri-containerd:{2}")]
    [InlineData(CgroupVersion.TwoOnly, CgroupDriver.Systemd, "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{1}.slice/cri-containerd-{2}.scope")]
    public async Task Container_OfLayout_HasItsCgroupPath(CgroupVersion version, CgroupDriver driver, string shape)
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions { Version = version, Driver = driver }, busybox);
        var pod = await node.RunAsync(PodSpec.OfDeployment("web"), cancelled);
        var container = await pod.StartAsync(Sleeper(busybox), cancelled);

        var unified = (await File.ReadAllLinesAsync($"/proc/{container.Pid}/cgroup", cancelled)).Single(line => line.StartsWith("0::", StringComparison.Ordinal));

        var expected = string.Format(global::System.Globalization.CultureInfo.InvariantCulture, shape, pod.Spec.Uid, pod.Spec.Uid.Replace('-', '_'), container.Id);
        Assert.EndsWith(expected, unified, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Container_StartedAgain_IsTheNextAttempt()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        var pod = await node.RunAsync(PodSpec.OfDeployment("web"), cancelled);
        var first = await pod.StartAsync(Sleeper(busybox), cancelled);
        await first.StopAsync(TimeSpan.Zero, cancelled);

        var second = await pod.StartAsync(Sleeper(busybox), cancelled);

        Assert.NotEqual(first.Id, second.Id);
        var status = await node.Cri.ContainerStatusAsync(second.Id, cancelled);
        Assert.Equal("1", status.Status.Annotations["io.kubernetes.container.restartCount"]);
        Assert.False(Directory.Exists($"/proc/{first.Pid}"));
    }

    [Fact(Timeout = Limit)]
    public async Task Restart_OfContainerd_LeavesThePodsRunning()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        var container = await SleeperAsync(node, busybox, cancelled);

        await node.RestartContainerdAsync();

        Assert.Equal(0, (await container.ExecAsync("/bin/true")).ExitCode);
    }

    [Fact(Timeout = Limit)]
    public async Task Dispose_WithPodsRunning_LeavesNothing()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutPods();
        var link = Path.Combine(Path.GetTempPath(), $"rtp-link-{Guid.NewGuid():N}");
        var busybox = await Images.BusyboxAsync();
        var node = await ContainerdNode.StartAsync(new NodeOptions { SocketLink = link }, busybox);
        var container = await SleeperAsync(node, busybox, cancelled);
        Assert.True(File.Exists(link));
        Assert.NotEmpty(NodeSweep.Remains(node.Record));

        await node.DisposeAsync();

        Assert.Empty(NodeSweep.Remains(node.Record));
        Assert.False(Directory.Exists($"/proc/{container.Pid}"));
        Assert.False(Path.Exists(link));
    }

    [Fact(Timeout = Limit)]
    public async Task Start_AfterAKilledRun_TakesAwayWhatItLeft()
    {
        var cancelled = TestContext.Current.CancellationToken;
        SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        var killed = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        var container = await SleeperAsync(killed, busybox, cancelled);
        using var ended = Process.Start("/bin/true");
        await ended.WaitForExitAsync(cancelled);
        var left = killed.Abandon(ended.Id);
        Assert.Contains(NodeSweep.Remains(left), what => what.StartsWith("mount", StringComparison.Ordinal));

        await using var node = await ContainerdNode.StartAsync(new NodeOptions());

        Assert.Empty(NodeSweep.Remains(left));
        Assert.False(Directory.Exists($"/proc/{container.Pid}"));
        Assert.Empty(await node.Cri.ListPodsAsync(cancelled));
    }

    private static ContainerSpec Sleeper(OciImage image) => new() { Name = "sleeper", Image = image.Reference, Command = ["/bin/sleep", "600"] };

    private static async Task<RunningContainer> SleeperAsync(ContainerdNode node, OciImage image, CancellationToken cancelled) =>
        await (await node.RunAsync(PodSpec.OfDeployment("sleeper"), cancelled)).StartAsync(Sleeper(image), cancelled);

    private static void SkipWithoutPods() => Assert.SkipWhen(ContainerdNode.Obstacle() is not null, ContainerdNode.Obstacle() ?? "");
}
