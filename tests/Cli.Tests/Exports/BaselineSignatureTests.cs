using Runtime.Collector.Tests.Hosting;
using Runtime.Deploy.Tests;
using Xunit;

namespace Runtime.Cli.Tests.Exports;

/// <summary>Signed exports, with openssl on the other side.</summary>
public sealed class BaselineSignatureTests : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-signed-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Export_IsVerifiedByOpenssl_AndByCheckAndImport()
    {
        await using var collector = await BaselineFileTests.StartAsync();
        await MakeKeyAsync("key");

        var signed = await ExportAsync(collector, "key");

        Assert.Equal((0, "", ""), (signed.ExitCode, signed.Out, signed.Error));
        Assert.Contains("Verified OK", (await OpensslAsync("dgst", "-sha256", "-verify", At("key.pub"), "-signature", At("web.yaml.sig"), At("web.yaml"))).Output, StringComparison.Ordinal);
        Assert.Equal((await CliRun.OfAsync(collector, "baseline export web")).Out, await File.ReadAllTextAsync(At("web.yaml"), Stop));
        Assert.Equal(0, (await CliRun.OfAsync(collector, $"baseline check {At("web.yaml")} --verify {At("key.pub")}")).ExitCode);
        Assert.Equal(0, (await CliRun.OfAsync(collector, $"baseline import {At("web.yaml")} --verify {At("key.pub")} --reason x --dry-run")).ExitCode);
    }

    [Fact]
    public async Task File_ThatOpensslSigned_IsTaken()
    {
        await using var collector = await BaselineFileTests.StartAsync();
        await MakeKeyAsync("key");
        await File.WriteAllTextAsync(At("web.yaml"), (await CliRun.OfAsync(collector, "baseline export web")).Out, Stop);
        (await OpensslAsync("dgst", "-sha256", "-sign", At("key"), "-out", At("web.yaml.sig"), At("web.yaml"))).Expect(0);

        Assert.Equal(0, (await CliRun.OfAsync(collector, $"baseline check {At("web.yaml")} --verify {At("key.pub")}")).ExitCode);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("signature")]
    [InlineData("key")]
    [InlineData("missing")]
    public async Task File_ThatDoesNotMatch_IsRefusedBeforeAnythingIsAsked(string changed)
    {
        await using var collector = await BaselineFileTests.StartAsync();
        await MakeKeyAsync("key");
        await MakeKeyAsync("other");
        await ExportAsync(collector, "key");
        switch (changed)
        {
            case "file":
                await File.AppendAllTextAsync(At("web.yaml"), "# one more\n", Stop);
                break;
            case "signature":
                var bytes = await File.ReadAllBytesAsync(At("web.yaml.sig"), Stop);
                bytes[^1] ^= 1;
                await File.WriteAllBytesAsync(At("web.yaml.sig"), bytes, Stop);
                break;
            case "missing":
                File.Delete(At("web.yaml.sig"));
                break;
        }

        foreach (var command in new[] { "check", "import" })
        {
            var run = await CliRun.OfAsync(["--socket", collector.Socket, "baseline", command, At("web.yaml"), "--verify", At(changed == "key" ? "other.pub" : "key.pub"), .. command == "import" ? ["--reason", "x"] : (string[])[]]);
            Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Out));
            Assert.Contains("--verify", run.Error, StringComparison.Ordinal);
        }

        Assert.Empty(collector.Store.Decided);
    }

    [Fact]
    public async Task Key_OfAnotherCurve_OrAPublicOne_SignsNothing()
    {
        await using var collector = await BaselineFileTests.StartAsync();
        await MakeKeyAsync("wide", "secp384r1");
        await MakeKeyAsync("key");

        foreach (var key in new[] { "wide", "key.pub", "nothing" })
        {
            var run = await ExportAsync(collector, key);
            Assert.Equal(ExitCode.Usage, run.ExitCode);
            Assert.Contains("--sign", run.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(At("web.yaml")));
        }

        Assert.Contains("--sign needs --file", (await CliRun.OfAsync(collector, $"baseline export web --sign {At("key")}")).Error, StringComparison.Ordinal);
    }

    private Task<CliRun> ExportAsync(TestCollector collector, string key) => CliRun.OfAsync(collector, $"baseline export web --file {At("web.yaml")} --sign {At(key)}");

    private async Task MakeKeyAsync(string name, string curve = "prime256v1")
    {
        (await OpensslAsync("ecparam", "-name", curve, "-genkey", "-noout", "-out", At(name))).Expect(0);
        (await OpensslAsync("ec", "-in", At(name), "-pubout", "-out", At(name + ".pub"))).Expect(0);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private static async Task<ToolResult> OpensslAsync(params string[] arguments)
    {
        var result = await Tool.TryRunAsync("openssl", arguments, _limit, Stop);
        Assert.SkipWhen(result is null, "openssl is not installed");
        return result!;
    }
}
