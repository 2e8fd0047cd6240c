using Runtime.Pods;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>The main road: a real deployment is learnt, deviates, and a chat webhook knows.</summary>
public sealed class RoadTests
{
    private static readonly TimeSpan LearningLimit = TimeSpan.FromSeconds(100);

    [Fact(Timeout = Machine.Limit)]
    public async Task Deployment_LearntThenDeviating_ReachesTheWebhookAndIsRememberedOverARestart()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipBelowRung(2, "what lives for a millisecond ends between two looks at /proc");
        Machine.SkipWithoutPods();
        var cancelled = TestContext.Current.CancellationToken;
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [node.Socket], Slack = receiver.Address });
        var pod = await node.RunAsync(PodSpec.OfDeployment("worker", "shop"), cancelled);
        var spec = new ContainerSpec
        {
            Name = "app",
            Image = busybox.Reference,
            // A worker's life, and a door for the test: what lies in /tmp/job is run by the worker itself.
            Command = ["/bin/sh", "-c", "while true; do /bin/date > /tmp/last; [ -x /tmp/job ] && /tmp/job; /bin/sleep 0.2; done"],
        };
        var first = await pod.StartAsync(spec, cancelled);
        await first.StopAsync(TimeSpan.Zero, cancelled);
        var container = await pod.StartAsync(spec, cancelled);

        var learnt = await CollectorClient.UntilAsync(
            async () => await stack.Client.Query.GetBaselineAsync(new GetBaselineRequest { Scope = "shop/Deployment/worker/app" }).ResponseAsync,
            baseline => baseline.Deployment.Groups.Where(group => group.Items > 0).All(group => group.State is "locked" or "locked_week") && baseline.Items.Count > 0,
            LearningLimit,
            "the worker's baseline locks");
        Assert.Contains(learnt.Items, item => item.Kind == "exec" && item.Key.Contains("/bin/busybox", StringComparison.Ordinal));

        Assert.Equal(0, (await container.ExecAsync("/bin/sh", "-c", "cp /bin/busybox /tmp/nc && printf '#!/tmp/nc sh\\n/tmp/nc nc -w 1 127.0.0.1 4444 < /dev/null\\n' > /tmp/job && chmod +x /tmp/job")).ExitCode);

        var alert = await receiver.WaitAsync(call => call.Body.Contains("/tmp/nc", StringComparison.Ordinal), Machine.Soon);
        Assert.Contains("blocks", alert.Body, StringComparison.Ordinal);
        var incident = await stack.IncidentAsync("/tmp/nc", "the incident behind the alert");
        Assert.True(incident.Severity >= Severity.Medium, $"severity {incident.Severity}");
        Assert.Equal([pod.Spec.Name], incident.Pods);
        Assert.Contains("/tmp/nc", incident.ProcessTree, StringComparison.Ordinal);

        await stack.Collector!.KillAsync();
        await stack.StartCollectorAsync();
        var again = await stack.Client.Query.GetBaselineAsync(new GetBaselineRequest { Scope = "shop/Deployment/worker/app" });
        Assert.All(learnt.Items, item => Assert.Contains(again.Items, other => other.Kind == item.Kind && other.Key == item.Key));
        Assert.Equal(incident.Id, (await stack.IncidentAsync("/tmp/nc", "the incident after a restart")).Id);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task ProgramFromMemory_OnTheHost_AlertsAtOnce()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipBelowRung(1, "a program from memory that lives for a millisecond leaves neither /proc nor a file behind");
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var stack = await RuntimeStack.StartAsync(options with { Slack = receiver.Address, Unit = TimeSpan.FromHours(1) });
        var source = Path.Combine(stack.Folder, "memory.c");
        var program = Path.Combine(stack.Folder, "memory-" + Guid.NewGuid().ToString("N")[..8]);
        await File.WriteAllTextAsync(
            source,
            """
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <sys/mman.h>
            #include <sys/sendfile.h>
            #include <sys/stat.h>
            #include <unistd.h>
            int main(void) {
                int file = open("/bin/true", O_RDONLY), memory = memfd_create("payload", MFD_CLOEXEC);
                char *arguments[] = { "payload", 0 }, *environment[] = { 0 };
                struct stat s;
                fstat(file, &s);
                sendfile(memory, file, 0, s.st_size);
                fexecve(memory, arguments, environment);
                return 1;
            }
            """,
            TestContext.Current.CancellationToken);
        await Ask.RunAsync("clang", "-o", program, source);

        await Ask.RunAsync(program);

        await receiver.WaitAsync(call => call.Body.Contains(Path.GetFileName(program), StringComparison.Ordinal) || call.Body.Contains("memfd", StringComparison.Ordinal), Machine.Soon);
        var incident = await stack.IncidentAsync("memfd", "the incident of a program from memory");
        Assert.Equal(Severity.Critical, incident.Severity);
        Assert.Contains("T1620", incident.Techniques);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Incident_Approved_JoinsTheBaselineWithItsApprover()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        var cancelled = TestContext.Current.CancellationToken;
        var busybox = await Images.BusyboxAsync();
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), busybox);
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [node.Socket] });
        var pod = await node.RunAsync(PodSpec.OfDeployment("tool", "shop"), cancelled);
        var container = await pod.StartAsync(new ContainerSpec { Name = "app", Image = busybox.Reference, Command = ["/bin/sh", "-c", "mkdir /tmp/own; cp /bin/busybox /tmp/own/busybox; while true; do [ -e /tmp/go ] && /tmp/own/busybox sleep 2; sleep 0.3; done"] }, cancelled);
        await container.ExecAsync("/bin/touch", "/tmp/go");
        var incident = await stack.IncidentAsync("/tmp/own", "an incident of the dropped program");

        var approved = await stack.Client.Query.ApproveIncidentAsync(new ApproveIncidentRequest { Id = incident.Id, Note = "our own build" });

        Assert.Equal("approved", approved.State);
        Assert.Contains(approved.Audit, entry => entry.Action.Contains("approve", StringComparison.OrdinalIgnoreCase) && entry.Who.Contains("root", StringComparison.Ordinal) && entry.Note == "our own build");
        var baseline = await stack.Client.Query.GetBaselineAsync(new GetBaselineRequest { Scope = incident.ScopeId });
        Assert.Contains(baseline.Items, item => item.State == "approved" && item.ApprovedBy.Contains("root", StringComparison.Ordinal));
    }
}
