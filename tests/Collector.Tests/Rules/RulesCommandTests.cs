using Runtime.Collector.Rules;
using Runtime.Collector.Tests.Hosting;
using Xunit;

namespace Runtime.Collector.Tests.Rules;

/// <summary>"collector rules" and "collector rules check", as an operator calls them, and the start with a file of rules.</summary>
public sealed class RulesCommandTests : IDisposable
{
    private readonly string _folder = TestCollector.MakeFolder();

    private string File => Path.Combine(_folder, "rules.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Rules_ShowsTheEffectiveOnes_WhichCheckTakesAgain()
    {
        System.IO.File.WriteAllText(File, "version: 1\nfacts: { bpf_load: off }\npool_domains: { add: [pool.example.org] }");
        var (code, output) = await CollectorProcess.RunAsync("rules", $"--Rules:File={File}");
        Assert.Equal(0, code);
        Assert.Contains("  bpf_load: off", output, StringComparison.Ordinal);
        Assert.Contains("  - \"pool.example.org\"", output, StringComparison.Ordinal);
        Assert.Contains("  - \"supportxmr.com\"", output, StringComparison.Ordinal);

        var copy = Path.Combine(_folder, "copy.yaml");
        System.IO.File.WriteAllText(copy, output);
        var (checkCode, said) = await CollectorProcess.RunAsync("rules", "check", copy);
        Assert.Equal((0, $"{copy}: can be used; 0 own facts, off: bpf_load"), (checkCode, said.Trim()));
        Assert.True(RulesFile.Load(new RulesOptions { File = copy }).IsPoolName("x.pool.example.org"));
    }

    [Fact]
    public async Task Check_OfAFileWithFaults_TellsAllAndEndsWith2()
    {
        System.IO.File.WriteAllText(File, "version: 1\nfcts: {}\npool_ports: [\"\\e[2J\"]");
        var (code, output) = await CollectorProcess.RunAsync("rules", "check", File);
        Assert.Equal(2, code);
        Assert.Equal(
            [$"{File}:2: fcts: is not a key; did you mean facts?", $"{File}:3: pool_ports[0] = \"\\x1B[2J\": must be a port from 1 to 65535"],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Start_WithAFileWithFaults_EndsWith2AndTellsAll()
    {
        System.IO.File.WriteAllText(File, "version: 1\nfcts: {}\nversoin: 2");
        var (code, output) = await CollectorProcess.RunAsync("run", $"--Rules:File={File}", $"--Storage:Path={_folder}/collector.db", $"--Listen:Socket={_folder}/collector.sock");
        Assert.Equal(2, code);
        Assert.Contains($"{File}:2: fcts: is not a key; did you mean facts?", output, StringComparison.Ordinal);
        Assert.Contains($"{File}:3: versoin: is not a key; did you mean version?", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BadFile_WhileTheCollectorRuns_IsToldByHealthAndStatusAndEndsNothing()
    {
        System.IO.File.WriteAllText(File, "version: 1\nfacts: { bpf_load: off }");
        await using var collector = await CollectorProcess.StartAsync(_folder, $"--Rules:File={File}");
        Assert.Equal("Healthy", await HealthAsync(collector));

        System.IO.File.WriteAllText(File, "version: 1\nfcts: {}");
        await collector.LineAsync("The new rules cannot be used");
        Assert.Equal("Degraded", await HealthAsync(collector));

        using var channel = collector.Channel();
        var status = await new V1.Query.QueryClient(channel).GetStatusAsync(new(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((File, $"{File}:2: fcts: is not a key; did you mean facts?"), (status.Rules.Source, status.Rules.Refused));

        System.IO.File.WriteAllText(File, "version: 1\nfacts: { blind: off }");
        await collector.LineAsync("Rules were read again");
        Assert.Equal("Healthy", await HealthAsync(collector));
        Assert.Equal(0, await collector.SignalAsync("TERM"));
    }

    /// <summary>By the probe of the program, with exit code 0.</summary>
    private async Task<string> HealthAsync(CollectorProcess collector)
    {
        var (code, output) = await CollectorProcess.RunAsync("health", $"--Rules:File={File}", $"--Listen:Socket={collector.Socket}");
        Assert.Equal(0, code);
        return output.Trim();
    }
}
