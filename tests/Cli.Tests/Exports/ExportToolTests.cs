using System.Text.Json.Nodes;
using Runtime.Cli.Exports;
using Runtime.Deploy.Tests;
using Xunit;

namespace Runtime.Cli.Tests.Exports;

/// <summary>Exports before the programs that they are for.</summary>
public sealed class ExportToolTests : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-exports-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AppArmor_TakesTheProfile(bool isHostile)
    {
        var text = BaselineExport.Policy(isHostile ? Learnt.Hostile() : Learnt.Web(), "apparmor", "app");
        var result = await ParseAsync(text);

        Assert.True(result.ExitCode == 0, result.Error);

        // It does look: a rule that is none is refused.
        Assert.NotEqual(0, (await ParseAsync(text.Replace("\n}\n", "\n  nonsense everywhere,\n}\n", StringComparison.Ordinal))).ExitCode);
    }

    [Fact]
    public async Task Kubectl_ReadsTheNetworkPolicy()
    {
        var file = Write("policy.yaml", BaselineExport.Policy(Learnt.Web(), "networkpolicy", "app"));
        var result = await Tool.TryRunAsync("kubectl", ["label", "--local", "-f", file, "seen=yes", "-o", "json"], _limit, Stop);
        Assert.SkipWhen(result is null, "kubectl is not installed (Debian package kubernetes-client)");

        Assert.True(result!.ExitCode == 0, result.Error);
        Assert.Equal("shop", (string?)JsonNode.Parse(result.Output)!["metadata"]!["namespace"]);
    }

    /// <summary>A container that holds every capability for it: only the profile keeps it from a namespace of its own.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Seccomp_InARealContainer_ForbidsWhatTheBaselineDoesNotHave(bool isLearnt, bool works)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, to start a container");
        Assert.SkipUnless(File.Exists("/bin/busybox"), "busybox is not installed (Debian package busybox-static)");
        var baseline = isLearnt ? Learnt.Of(("privilege", "/bin/busybox|unshare|uts", "learned")) : Learnt.Web();
        var bundle = Directory.CreateDirectory(Path.Combine(_folder, "bundle")).FullName;
        Directory.CreateDirectory(Path.Combine(bundle, "rootfs", "bin"));
        File.Copy("/bin/busybox", Path.Combine(bundle, "rootfs", "bin", "busybox"));
        var made = await Tool.TryRunAsync("runc", ["spec", "--bundle", bundle], _limit, Stop);
        Assert.SkipWhen(made is null, "runc is not installed");
        var path = Path.Combine(bundle, "config.json");
        var spec = JsonNode.Parse(await File.ReadAllTextAsync(path, Stop))!;
        spec["process"]!["terminal"] = false;
        spec["process"]!["args"] = new JsonArray("/bin/busybox", "unshare", "-u", "/bin/busybox", "echo", "apart");
        foreach (var set in new[] { "bounding", "effective", "permitted" })
        {
            spec["process"]!["capabilities"]![set]!.AsArray().Add((JsonNode)"CAP_SYS_ADMIN");
        }

        spec["linux"]!["seccomp"] = JsonNode.Parse(BaselineExport.Policy(baseline, "seccomp", "app"));
        await File.WriteAllTextAsync(path, spec.ToJsonString(), Stop);

        var run = await Tool.RunAsync("runc", ["--root", Path.Combine(_folder, "state"), "run", "--bundle", bundle, $"runtime-seccomp-{Environment.ProcessId}-{isLearnt}"], _limit, Stop);

        if (works)
        {
            Assert.Equal((0, "apart"), (run.ExitCode, run.Output.Trim()));
        }
        else
        {
            Assert.NotEqual(0, run.ExitCode);
            Assert.Contains("Operation not permitted", run.Error, StringComparison.Ordinal);
        }
    }

    private async Task<ToolResult> ParseAsync(string profile)
    {
        // Debian's parser lies where a user's PATH may not reach.
        var program = new[] { "/usr/sbin/apparmor_parser", "/sbin/apparmor_parser" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "apparmor_parser is not installed (Debian package apparmor)");
        return await Tool.RunAsync(program!, ["--skip-kernel-load", "--skip-cache", Write("profile", profile)], _limit, Stop);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
