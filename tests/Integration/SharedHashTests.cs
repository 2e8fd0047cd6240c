using System.Security.Cryptography;
using Runtime.Pods;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>One image on several nodes: agents with an identity and a memory each, on one machine, with one collector between them.</summary>
public sealed class SharedHashTests(ITestOutputHelper output)
{
    private const int Programs = 4;

    // The image's /bin/busybox runs too, as the shell.
    private const int Files = Programs + 1;

    [Theory(Timeout = Machine.Limit)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Image_ThatEnoughNodesRead_IsNotReadByTheNext(int witnesses)
    {
        var options = Machine.OptionsOrSkip() with { HashWitnesses = witnesses };
        Machine.SkipWithoutPods();
        // Busybox with a few bytes behind it: a file of its own that still runs.
        var busybox = await File.ReadAllBytesAsync("/bin/busybox", TestContext.Current.CancellationToken);
        byte[][] contents = [.. Enumerable.Range(0, Programs).Select(i => (byte[])[.. busybox, (byte)i])];
        var image = (await Images.BusyboxAsync()).With("localhost/tools", "1.0", [ImageEntry.Folder("/tools"), .. contents.Select((content, i) => ImageEntry.Program($"/tools/busybox-{i}", content))]);
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), image);
        await using var stack = RuntimeStack.Prepare(options);
        await stack.StartCollectorAsync();
        var pod = await node.RunAsync(PodSpec.OfDeployment("tools", "shop"), TestContext.Current.CancellationToken);

        var read = 0ul;
        for (var i = 0; i < witnesses; i++)
        {
            await using var agent = await StartAsync(stack, options, node.Socket, $"witness-{i}");
            await RunAsync(pod, image, $"app-{i}");
            var counters = await CountersAsync(stack, $"witness-{i}", counters => counters["hashes.reported"] == Files);
            Assert.Equal((i == 0 ? 0ul : Files, 0ul, 0ul), (counters["hashes.verified"], counters["hashes.disagreed"], counters["hashes.spared_bytes"]));
            read = counters["binaries.hashed_bytes"];
        }

        await using var last = await StartAsync(stack, options, node.Socket, "last");
        await RunAsync(pod, image, "app-last");
        // One in 1,024 is read by chance; two of five are not.
        var most = (Files - 1) * (ulong)busybox.Length;
        var spared = await CountersAsync(stack, "last", counters => counters["hashes.spared_bytes"] >= most);
        Assert.Equal((0ul, 0ul), (spared["hashes.reported"], spared["hashes.disagreed"]));
        Assert.InRange(spared["binaries.hashed_bytes"], 0ul, read - most);

        for (var i = 0; i < Programs; i++)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(contents[i]));
            await stack.EventAsync($"/tools/busybox-{i}", e => e.Node == "last" && e.Kind == "binary" && e.Details["sha256"] == hash, "the hash that another node read");
        }
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task PodmansImage_IsKnownToBeUnchanged()
    {
        var options = Machine.OptionsOrSkip();
        Assert.SkipUnless(PodmanEngine.Obstacle() is null, PodmanEngine.Obstacle() ?? "");
        await using var podman = await PodmanEngine.StartAsync(Directory.CreateTempSubdirectory("p").FullName);
        await AskedAsync(options, podman.Socket, podman.LoadAsync, podman.RunAsync);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task DockersImage_IsKnownToBeUnchanged()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        Assert.SkipUnless(DockerEngine.Obstacle() is null, DockerEngine.Obstacle() ?? "");
        await using var node = await ContainerdNode.StartAsync(new NodeOptions());
        await using var docker = await DockerEngine.StartAsync(node);
        await AskedAsync(options, docker.Socket, docker.LoadAsync, docker.RunAsync);
    }

    /// <summary>Only of a file that is proven to be the image's other nodes are asked.</summary>
    private async Task AskedAsync(StackOptions options, string socket, Func<OciImage, Task> loadAsync, Func<string[], Task<string>> runAsync)
    {
        var busybox = await Images.BusyboxAsync();
        await loadAsync(busybox);
        await using var stack = RuntimeStack.Prepare(options);
        await stack.StartCollectorAsync();
        await using var agent = await StartAsync(stack, options, socket, "alone");
        var name = "shared-" + Guid.NewGuid().ToString("N")[..8];
        // Podman sets both limits to values that need CAP_SYS_RESOURCE.
        await runAsync(["run", "--detach", "--name", name, "--network", "none", "--ulimit", "nproc=4096:4096", "--ulimit", "nofile=1024:1024", busybox.Reference, "/bin/sleep", "600"]);
        await CountersAsync(stack, "alone", counters => counters["hashes.reported"] == 1);
    }

    private static async Task<ServiceProcess> StartAsync(RuntimeStack stack, StackOptions options, string socket, string name)
    {
        var agent = ServiceProcess.Start(
            Path.Combine(options.Programs, "agent", "agent"), "run", "--collector", "unix:" + stack.Socket, "--node", name,
            "--set", $"State={Path.Combine(stack.Folder, name)}", "--set", $"Containers:Sockets={socket}", "--set", "Binaries:VerifyOneIn=1024",
            "--set", "Capture:CoverageInterval=0s", "--set", "Streaming:StatusInterval=200ms");
        await CollectorClient.UntilAsync(() => AgentAsync(stack, name), found => found is { Connected: true }, Machine.Soon, $"agent {name} is connected");
        return agent;
    }

    private static Task<RunningContainer> RunAsync(Pod pod, OciImage image, string name) => pod.StartAsync(
        new ContainerSpec { Name = name, Image = image.Reference, Command = ["/bin/sh", "-c", "for program in /tools/*; do $program sleep 600 & done; wait"] }, TestContext.Current.CancellationToken);

    private static async Task<AgentSummary?> AgentAsync(RuntimeStack stack, string name) =>
        (await stack.Client.Query.GetStatusAsync(new GetStatusRequest())).Agents.FirstOrDefault(agent => agent.Node == name);

    private async Task<IReadOnlyDictionary<string, ulong>> CountersAsync(RuntimeStack stack, string name, Func<IReadOnlyDictionary<string, ulong>, bool> fits)
    {
        var agent = await CollectorClient.UntilAsync(
            () => AgentAsync(stack, name), found => found is { Counters.Count: > 0 } && fits(Named(found)), Machine.Soon, $"the hashes of {name}");
        var counters = Named(agent!);
        output.WriteLine($"{name}: {string.Join(", ", counters.Select(counter => $"{counter.Key} {counter.Value}"))}");
        return counters;
    }

    private static Dictionary<string, ulong> Named(AgentSummary agent) =>
        agent.Counters.Where(counter => counter.Key.StartsWith("hashes.", StringComparison.Ordinal) || counter.Key == "binaries.hashed_bytes").ToDictionary();
}
