#pragma warning disable CA5350, CA5351 // the databases' own sums
using System.Security.Cryptography;
using Runtime.Pods;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>Real images with a package database, and programs that are not what it says.</summary>
public sealed class PackageTests
{
    private const string Tool = "/usr/bin/busybox-tool";
    private const string Words = Tool + " of package busybox-tool 1.0-1 is not the file that Debian's package has";

    /// <summary>Somebody copies a changed program into an image, and pushes it under the same tag.</summary>
    [Fact(Timeout = Machine.Limit)]
    public async Task Program_ReplacedInTheNextImage_IsCriticalInPlainWords()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        var cancelled = TestContext.Current.CancellationToken;
        var (right, wrong) = (await ImageAsync(1, packaged: 1), await ImageAsync(2, packaged: 1));
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), right);
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [node.Socket], Unit = TimeSpan.FromHours(1) });
        var pod = await node.RunAsync(PodSpec.OfDeployment("tools", "shop"), cancelled);
        var container = await pod.StartAsync(Spec(right), cancelled);
        await stack.EventAsync(Tool, e => e.Kind == "binary" && e.Details["package_verdict"] == "matches" && e.Details["package_flags"] == "database_of_image,file_of_image",
            "the program that is its package's");
        await container.StopAsync(TimeSpan.Zero, cancelled);

        await node.LoadAsync(wrong);
        await pod.StartAsync(Spec(wrong), cancelled);

        var incident = await stack.IncidentAsync(Tool, "the incident of the program that was replaced");
        Assert.Equal((Severity.Critical, $"{Words}; the image's version before had it, in shop/tools (app)"), (incident.Severity, incident.Title));
        Assert.Contains("T1525", incident.Techniques);
        Assert.Equal([pod.Spec.Name], incident.Pods);
    }

    [Fact(Timeout = Machine.Limit)]
    public async Task Program_ThatTheImageWasBuiltWith_IsAFinding_AndOneThatTheContainerReplacesIsCritical()
    {
        var options = Machine.OptionsOrSkip();
        Machine.SkipWithoutPods();
        var cancelled = TestContext.Current.CancellationToken;
        var image = await ImageAsync(2, packaged: 1);
        await using var node = await ContainerdNode.StartAsync(new NodeOptions(), image);
        await using var stack = await RuntimeStack.StartAsync(options with { RuntimeSockets = [node.Socket], Unit = TimeSpan.FromHours(1) });
        var pod = await node.RunAsync(PodSpec.OfDeployment("built", "shop"), cancelled);
        var container = await pod.StartAsync(Spec(image), cancelled);

        var finding = await stack.IncidentAsync(Tool, "the finding about the image");
        Assert.Equal((Severity.Medium, $"{Words}: the image of shop/built (app) came so"), (finding.Severity, finding.Title));

        // It lives long enough to be read: what is gone at once in a session leaves nothing to hash.
        Assert.Equal(0, (await container.ExecAsync("/bin/sh", "-c", $"cp /bin/busybox /tmp/b && echo 3 >> /tmp/b && mv /tmp/b {Tool} && {Tool} sleep 4")).ExitCode);
        var incidents = await CollectorClient.UntilAsync(
            async () => (await stack.Client.Query.ListIncidentsAsync(new ListIncidentsRequest())).Incidents,
            found => found.Any(incident => incident.Severity == Severity.Critical && incident.Title.StartsWith($"{Words}: it was changed after the container started", StringComparison.Ordinal)),
            Machine.Soon, "the incident of the program that the container replaced");
        Assert.Equal(Severity.Medium, incidents.Single(incident => incident.Id == finding.Id).Severity);
    }

    /// <summary>Busybox with a byte behind it: a program of its own that still runs, and a package that has it with perhaps another one.</summary>
    private static async Task<OciImage> ImageAsync(byte holds, byte packaged)
    {
        var busybox = await File.ReadAllBytesAsync("/bin/busybox", TestContext.Current.CancellationToken);
        return (await Images.BusyboxAsync()).With("localhost/tool", "1.0",
        [
            ImageEntry.File("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
            ImageEntry.Folder("/usr"), ImageEntry.Folder("/usr/bin"), ImageEntry.Program(Tool, [.. busybox, holds]),
            ImageEntry.Folder("/var/lib"), ImageEntry.Folder("/var/lib/dpkg"), ImageEntry.Folder("/var/lib/dpkg/info"),
            ImageEntry.File("/var/lib/dpkg/status", "Package: busybox-tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nDescription: x\n\n"),
            ImageEntry.File("/var/lib/dpkg/info/busybox-tool.list", $"/.\n/usr\n/usr/bin\n{Tool}\n/bin\n/bin/busybox\n"),
            ImageEntry.File("/var/lib/dpkg/info/busybox-tool.md5sums",
                $"{Convert.ToHexStringLower(MD5.HashData([.. busybox, packaged]))}  {Tool[1..]}\n{Convert.ToHexStringLower(MD5.HashData(busybox))}  bin/busybox\n"),
        ]);
    }

    private static ContainerSpec Spec(OciImage image) => new() { Name = "app", Image = image.Reference, Command = [Tool, "sleep", "600"] };
}
