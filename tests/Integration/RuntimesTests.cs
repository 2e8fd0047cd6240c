using System.Globalization;
using Runtime.Pods;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>Every container of the machine, whatever started it: each runtime for real, asked of the collector.</summary>
public sealed class RuntimesTests
{
    private static readonly string[] Sleep = ["/bin/sleep", "600"];

    /// <summary>Lives long enough for a look at /proc.</summary>
    private static readonly string[] Injected = ["/bin/sh", "-c", "/bin/sleep 3; :", "inside"];

    [Fact(Timeout = Machine.Limit)]
    public async Task Docker_ContainersBeforeAndAfterTheAgent_AreKnownByNameAndImage()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        Assert.SkipWhen(DockerEngine.Obstacle() is not null, DockerEngine.Obstacle() ?? "");
        await using var node = await ContainerdNode.StartAsync(new NodeOptions());
        await using var docker = await DockerEngine.StartAsync(node);
        var busybox = await Images.BusyboxAsync();
        await docker.LoadAsync(busybox);
        var built = DateTimeOffset.Parse((await docker.RunAsync("image", "inspect", "--format", "{{.Created}}", busybox.Reference)).Trim(), CultureInfo.InvariantCulture);
        var idle = Name("idle");
        var idleId = await docker.RunAsync(["run", "--detach", "--name", idle, busybox.Reference, .. Sleep]);
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [docker.Socket] });

        // It does nothing: what the agent found at its start is all there is of it.
        var before = await DeploymentAsync(stack, idle);
        Assert.Equal(("Container", busybox.Reference), (before.OwnerKind, before.Images.Single()));
        var running = await stack.EventAsync("sleep", e => e.ContainerId == idleId && e.Kind == "exec", "the container that ran before the agent");
        Assert.Contains("at_start", running.Lineage[0].Flags);
        await stack.BuiltAsync(busybox.Reference, DateTimeOffset.FromUnixTimeSeconds(built.ToUnixTimeSeconds()), idleId);

        var web = Name("web");
        const string Script = "[ -e /tmp/first ] && /bin/sleep 4; /bin/touch /tmp/first; exec /bin/sleep 600";
        var id = await docker.RunAsync("run", "--detach", "--name", web, busybox.Reference, "/bin/sh", "-c", Script);
        await docker.RunAsync(["exec", web, .. Injected]);
        await OneContainerAsync(stack, id, web);

        // Only the second run of the same container does this.
        await docker.RunAsync("restart", "--time", "0", web);
        var again = await stack.EventAsync("sleep", e => e.ContainerId == id && e.Kind == "exec" && e.Lineage[0].Arguments[^1] == "4", "the restarted container");
        Assert.Equal("default/-/Container/" + web + "/-", again.ScopeId);
        Assert.Equal("init", again.Lineage[0].Phase);
        Assert.Equal(busybox.Reference, (await DeploymentAsync(stack, web)).Images.Single());
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Podman_Container_IsKnownByNameAndImage()
    {
        var options = Machine.OptionsOrSkip();
        Assert.SkipWhen(PodmanEngine.Obstacle() is not null, PodmanEngine.Obstacle() ?? "");
        await using var podman = await PodmanEngine.StartAsync(Path.Combine(Path.GetTempPath(), Name("p")));
        var busybox = await Images.BusyboxAsync();
        await podman.LoadAsync(busybox);
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [podman.Socket] });
        var name = Name("pod");

        // Podman sets both limits to values that need CAP_SYS_RESOURCE.
        var id = await podman.RunAsync(
            ["run", "--detach", "--name", name, "--network", "none", "--ulimit", "nproc=4096:4096", "--ulimit", "nofile=1024:1024", busybox.Reference, .. Sleep]);
        await podman.RunAsync(["exec", name, .. Injected]);

        await OneContainerAsync(stack, id, name);
        Assert.Equal(busybox.Reference, (await DeploymentAsync(stack, name)).Images.Single());
    }

    /// <summary>A state folder that nobody would look into, and a cgroup of any name: only its namespaces show what it is.</summary>
    [Theory(Timeout = Machine.Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Runc_Bundle_IsKnownByItsName(bool ownCgroupPath)
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        await using var stack = await RuntimeStack.StartAsync(options);
        var name = Name("plain");
        var bundle = Directory.CreateDirectory(Path.Combine(stack.Folder, "bundle")).FullName;
        await RuncBundle.WriteAsync(bundle, busybox, ownCgroupPath ? "/runtime-test/" + name : null, Sleep);
        var state = ownCgroupPath ? Path.Combine(stack.Folder, "runc") : "/run/runc";

        var runc = ServiceProcess.Start("runc", "--root", state, "run", "--bundle", bundle, name);
        try
        {
            var start = await stack.EventAsync("sleep", e => e.ContainerId == name && e.Kind == "exec", "the bundle's program");
            Assert.Equal(name, (await DeploymentAsync(stack, name)).OwnerName);
            Assert.Single(start.Lineage);
            await Command.RunAsync("runc", ["--root", state, "exec", name, .. Injected]);
            await OneContainerAsync(stack, name, name);
        }
        finally
        {
            await Command.TryAsync("runc", "--root", state, "delete", "--force", name);
            await runc.DisposeAsync();
        }
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Ctr_Task_IsKnownByItsName()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [node.Socket] });
        var name = Name("task");
        string[] client = ["-a", node.Socket, "-n", "k8s.io"];

        await Command.RunAsync("ctr", [.. client, "run", "--detach", "--cgroup", "/runtime-test/" + name, busybox.Reference, name, .. Sleep]);
        await Command.RunAsync("ctr", [.. client, "tasks", "exec", "--exec-id", "e1", name, .. Injected]);

        await OneContainerAsync(stack, name, name);
        await Command.RunAsync("ctr", [.. client, "tasks", "kill", "--signal", "SIGKILL", name]);
        await Command.TryAsync("ctr", [.. client, "tasks", "delete", "--force", name]);
        await Command.TryAsync("ctr", [.. client, "containers", "delete", name]);
    }

    private static string Name(string kind) => kind + Guid.NewGuid().ToString("N")[..8];

    private static async Task<Deployment> DeploymentAsync(RuntimeStack stack, string name)
    {
        var answer = await CollectorClient.UntilAsync(
            async () => await stack.Client.Query.ListDeploymentsAsync(new ListDeploymentsRequest { Text = name }).ResponseAsync,
            answer => answer.Deployments.Count == 1,
            Machine.Soon,
            "one deployment " + name);
        return answer.Deployments.Single();
    }

    /// <summary>Its own program and one that was injected are the container's; what its runtime did to start them is not.</summary>
    private static async Task OneContainerAsync(RuntimeStack stack, string id, string name)
    {
        var injected = await stack.EventAsync("inside", e => e.ContainerId == id && e.Kind == "exec" && e.Lineage[0].Arguments.LastOrDefault() == "inside", "the program that was injected into " + name);
        Assert.Equal(("default/-/Container/" + name + "/-", "session"), (injected.ScopeId, injected.Lineage[0].Phase));
        Assert.Single(injected.Lineage);
        var all = await stack.Client.Query.ListEventsAsync(new ListEventsRequest { Scope = injected.ScopeId, PageSize = 1000 });
        Assert.DoesNotContain(all.Events, e => e.Lineage.Any(process => process.Binary.Contains("runc", StringComparison.Ordinal)));
        await DeploymentAsync(stack, name);
    }
}
