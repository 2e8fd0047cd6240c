using System.Text.RegularExpressions;
using k8s.Models;
using Runtime.Deploy.Tests.Kubernetes;
using Xunit;

namespace Runtime.Deploy.Tests.Images;

/// <summary>The images work: their root file systems, under runc, with what the manifests say.</summary>
public sealed class ImagesTests(RootFileSystems roots) : IClassFixture<RootFileSystems>
{
    [Fact]
    public void Roots_AsBuilt_HoldTheProgramAndNothingToWorkWith()
    {
        Assert.SkipWhen(roots.Missing is not null, roots.Missing ?? "");

        foreach (var root in new[] { roots.Agent, roots.Collector })
        {
            TestContext.Current.SendDiagnosticMessage($"{Path.GetFileName(root)}: {RootFileSystems.Megabytes(RootFileSystems.FilesOf(root).Sum(file => file.Length))}");
            Assert.All(new[] { "sh", "bash", "apt-get", "dpkg", "mount" }, name => Assert.False(File.Exists(Path.Combine(root, "usr", "bin", name))));
            Assert.DoesNotContain(
                RootFileSystems.FilesOf(root),
                file => (file.UnixFileMode & (UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.OtherWrite)) != 0);
        }
    }

    [Fact]
    public async Task Libraries_InTheRoots_FindAllTheyNeedInside()
    {
        Assert.SkipWhen(roots.Missing is not null, roots.Missing ?? "");

        foreach (var root in new[] { roots.Agent, roots.Collector })
        {
            var linker = Directory.GetFiles(Path.Combine(root, "usr", "lib64"), "ld-linux-*").Single()[root.Length..];
            var programs = RootFileSystems.FilesOf(root).Where(file => file.Name.Contains(".so", StringComparison.Ordinal) || file.Name is "agent" or "collector" or "runtimectl");
            foreach (var program in programs)
            {
                var inside = program.FullName[root.Length..];
                var listed = await Tool.RunAsync("chroot", [root, linker, "--list", inside], TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
                Assert.True(listed.ExitCode == 0 && !listed.Output.Contains("not found", StringComparison.Ordinal), $"{inside}: {listed.Output}{listed.Error}");
            }
        }
    }

    [Fact]
    public async Task Agent_UnderTheManifestsRights_TellsItsVersionAndChecksTheNode()
    {
        Assert.SkipWhen(roots.Missing is not null, roots.Missing ?? "");
        await using var network = await NetworkNamespace.CreateAsync();
        var pod = Pod("runtime-agent");

        pod.Containers.Single().Args = ["version"];
        await using (var version = await RuncPod.StartAsync("version", pod, roots.Agent, "/usr/bin/agent", network.Path, Contents(await CertificatesAsync("agent"))))
        {
            Assert.Equal(0, await version.WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Contains(Repository.Version(), version.Output, StringComparison.Ordinal);
        }

        pod.Containers.Single().Args = ["check"];
        await using var check = await RuncPod.StartAsync("check", pod, roots.Agent, "/usr/bin/agent", network.Path, Contents(await CertificatesAsync("agent")));
        var exitCode = await check.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(exitCode == 0, $"agent check ended with {exitCode}:\n{check.Output}");
        var hooks = check.Output.Split('\n').Where(line => line.Contains(" hook ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(hooks);
        Assert.All(hooks, line => Assert.Matches("^(ok +hook [^ ]+ +attached|note +hook [^ ]+ +this kernel has no such (call|tracepoint))$", line));
        Assert.Matches("(?m)^ok +cgroups ", check.Output);
        TestContext.Current.SendDiagnosticMessage($"{hooks.Count} of {hooks.Count} hooks");
    }

    [Theory]
    // SYS_ADMIN stands for both.
    [InlineData("BPF", "SYS_ADMIN")]
    [InlineData("PERFMON", "SYS_ADMIN")]
    [InlineData("SYS_PTRACE")]
    [InlineData("DAC_READ_SEARCH")]
    [InlineData("DAC_OVERRIDE")]
    public async Task Agent_WithoutOneOfItsCapabilities_NamesItAndSeesLess(string name, string? substitute = null)
    {
        Assert.SkipWhen(roots.Missing is not null, roots.Missing ?? "");
        await using var network = await NetworkNamespace.CreateAsync();
        var pod = Pod("runtime-agent");
        var container = pod.Containers.Single();
        container.Args = ["check"];
        Assert.True(container.SecurityContext.Capabilities.Add.Remove(name));
        Assert.True(substitute is null || container.SecurityContext.Capabilities.Add.Remove(substitute));

        await using var check = await RuncPod.StartAsync("less", pod, roots.Agent, "/usr/bin/agent", network.Path, Contents(await CertificatesAsync("agent")));
        Assert.Equal(1, await check.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Matches($"(?m)^(fatal|missing) +capability {name} ", check.Output);
    }

    [Fact]
    public async Task Pods_OfTheManifests_FindEachOtherOverTls()
    {
        Assert.SkipWhen(roots.Missing is not null, roots.Missing ?? "");
        await using var network = await NetworkNamespace.CreateAsync();
        var certificates = await CertificatesAsync("collector");
        await using var collector = await RuncPod.StartAsync(
            "collector", Pod("runtime-collector"), roots.Collector, "/usr/bin/collector", network.Path, Contents(certificates, await File.ReadAllTextAsync(Path.Combine(Manifests.Base, "collector.json"), TestContext.Current.CancellationToken)));
        await collector.UntilAsync(TimeSpan.FromSeconds(60), _ => true, "runtimectl", "status");

        await using var agent = await RuncPod.StartAsync("agent", Pod("runtime-agent"), roots.Agent, "/usr/bin/agent", network.Path, Contents(Renamed(certificates, "agent")));
        await collector.UntilAsync(TimeSpan.FromSeconds(60), status => Regex.IsMatch(status.Output, @"test-node +connected .* ([0-9]+)/\1 "), "runtimectl", "status");
        var probe = Pod("runtime-agent").Containers.Single().LivenessProbe.Exec.Command;
        await agent.UntilAsync(TimeSpan.FromSeconds(30), _ => true, [.. probe]);

        Assert.Equal(0, await agent.StopAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(0, await collector.StopAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Collector_WithAWrongSetting_NamesItAndEndsWithTwo()
    {
        Assert.SkipWhen(roots.Missing is not null, roots.Missing ?? "");
        await using var network = await NetworkNamespace.CreateAsync();
        await using var collector = await RuncPod.StartAsync(
            "wrong", Pod("runtime-collector"), roots.Collector, "/usr/bin/collector", network.Path, Contents(await CertificatesAsync("collector"), """{ "Outbox": { "GiveUpAftr": "1d" } }"""));

        Assert.Equal(2, await collector.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("Outbox:GiveUpAftr (in /etc/runtime/config/collector.json): is not a setting; did you mean Outbox:GiveUpAfter?", collector.Output, StringComparison.Ordinal);
    }

    /// <summary>A copy: tests change its arguments.</summary>
    private static V1PodSpec Pod(string name) => Manifests.Pods(Manifests.ReadBase()).Single(pod => pod.Owner.Metadata.Name == name).Template.Spec;

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Contents(IReadOnlyDictionary<string, string> certificates, string settings = "") =>
        new() { ["tls"] = certificates, ["config"] = new Dictionary<string, string> { ["collector.json"] = settings } };

    /// <summary>The script that the README names makes them; by file name as in the secret.</summary>
    private static async Task<Dictionary<string, string>> CertificatesAsync(string who)
    {
        var folder = Directory.CreateTempSubdirectory("runtime-certificates-").FullName;
        try
        {
            (await Tool.RunAsync("sh", [Repository.Deploy("kubernetes", "make-certificates.sh"), folder, "1"], TimeSpan.FromSeconds(30), CancellationToken.None)).Expect(0);
            return Renamed(Directory.GetFiles(folder).ToDictionary(file => Path.GetFileName(file)!, File.ReadAllText), who);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>tls.crt and tls.key of one of them; the others stay, so that a second pod is of the same authority.</summary>
    private static Dictionary<string, string> Renamed(Dictionary<string, string> files, string who) =>
        new(files) { ["tls.crt"] = files[$"{who}.crt"], ["tls.key"] = files[$"{who}.key"] };
}
