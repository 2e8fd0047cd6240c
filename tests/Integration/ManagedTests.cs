using Runtime.Pods;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>Inside a .NET program in a real pod, from its own runtime to the collector's answer.</summary>
public sealed class ManagedTests
{
    private const long Memory = 512 << 20;

    [Fact(Timeout = Machine.Limit)]
    public async Task AssemblyFromMemory_InAPodOfAnotherUser_IsAnEventAndADeviation()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        var cancelled = TestContext.Current.CancellationToken;
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [node.Socket], Unit = TimeSpan.FromHours(1) });
        var pod = await node.RunAsync(PodSpec.OfDeployment("shop", "store"), cancelled);
        var container = await pod.StartAsync(
            new ContainerSpec
            {
                Name = "app",
                Image = busybox.Reference,
                User = Images.AppUser,
                MemoryLimitBytes = Memory,
                // The machine's own .NET, and the program beside these tests. It takes its commands from the shell before it.
                Mounts = new Dictionary<string, string> { ["/usr"] = "/usr", ["/lib"] = "/lib", ["/lib64"] = "/lib64", ["/app"] = AppContext.BaseDirectory },
                Command = ["/bin/sh", "-c", "(while [ ! -e /tmp/go ]; do sleep 0.1; done; echo bytes Hidden.Payload; echo emit Emitted.Payload; echo file /tmp/Dropped.Payload.dll; sleep 600) | /app/managed-sample"],
            },
            cancelled);
        await stack.EventAsync("managed-sample", e => e.ContainerId == container.Id && e.Kind == "managed" && Detail(e, "name") == "managed-sample", "the program's own assembly");

        Assert.Equal(0, (await container.ExecAsync("/bin/touch", "/tmp/go")).ExitCode);

        var hidden = await stack.EventAsync("Hidden.Payload", e => e.ContainerId == container.Id && Detail(e, "operation") == "assembly_memory", "the assembly from memory");
        Assert.Equal((pod.Spec.Name, "default/store/Deployment/shop/app", "/app/managed-sample"), (hidden.PodName, hidden.ScopeId, hidden.Lineage[0].Binary));
        Assert.Equal("/app/managed-sample loaded the assembly Hidden.Payload from memory, without a file", hidden.Summary);
        await stack.EventAsync("Emitted.Payload", e => e.ContainerId == container.Id && Detail(e, "operation") == "assembly_emitted", "the emitted assembly");
        await stack.EventAsync("Dropped.Payload", e => e.ContainerId == container.Id && Detail(e, "operation") == "assembly_file" && Detail(e, "path") == "/tmp/Dropped.Payload.dll", "the assembly from a new file");
        await Evidence(stack, "T1620", "from memory, without a file");
        // Who wrote it, a scan of /proc does not see.
        if (Machine.Rung < 3)
            await Evidence(stack, "T1105", "which managed-sample wrote a short while ago");
    }

    private static async Task Evidence(RuntimeStack stack, string technique, string words) => await CollectorClient.UntilAsync(
        async () => await stack.Client.Query.ListDeviationsAsync(new ListDeviationsRequest { Kind = "managed" }).ResponseAsync,
        answer => answer.Deviations.SelectMany(deviation => deviation.Evidence).Any(evidence => evidence.Technique == technique && evidence.Reason.Contains(words, StringComparison.Ordinal)),
        Machine.Soon,
        $"a deviation with {technique}");

    private static string Detail(Event e, string name) => e.Details.TryGetValue(name, out var value) ? value : "";
}
