using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Runtime.Collector.Rules;
using Runtime.Collector.Tests.Storage;
using Runtime.Tests;
using Xunit;

namespace Runtime.Collector.Tests.Rules;

public sealed class RulesWatchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rules-").FullName;
    private readonly SleepersClock _time = new();

    private string File => Path.Combine(_folder, "rules.yaml");

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Look_ComesAtLeastEveryTenSeconds() => Assert.InRange(RulesWatch.LookEvery, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    [Fact]
    public async Task File_Replaced_CountsFromTheNextLookOn_AndABadOneLeavesTheOldInForce()
    {
        Write("version: 1\nfacts: { stratum: off }");
        var rules = new RulesInForce(RulesFile.Load(new RulesOptions { File = File }));
        var lines = new LogLines();
        using var factory = new LoggerFactory([lines]);
        using var watch = new RulesWatch(new RulesOptions { File = File }, rules, _time, factory.CreateLogger<RulesWatch>());
        await watch.StartAsync(Stop);
        var first = rules.Current;
        Assert.Equal(["stratum"], first.Off);

        // As a config map is replaced: another file under the same name.
        var other = Path.Combine(_folder, "next");
        await System.IO.File.WriteAllTextAsync(other, "version: 1\nfacts: { blind: off }", Stop);
        System.IO.File.Move(other, File, overwrite: true);
        await LookAsync();
        Assert.True(rules.Current != first);
        Assert.Equal(["blind"], rules.Current.Off);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync(rules));

        // Two faults: the rules stay, log and health say why, once for each content.
        var second = rules.Current;
        Write("version: 1\nfacts: { blnd: off }\npool_ports: [x]");
        await LookAsync();
        Assert.True(rules.Refused is not null);
        Assert.Same(second, rules.Current);
        Assert.Equal(HealthStatus.Degraded, await HealthAsync(rules));
        Assert.Equal($"{File}:2: facts.blnd: is not a fact; did you mean blind?; {File}:3: pool_ports[0] = \"x\": must be a port from 1 to 65535", rules.Refused);
        var told = rules.Refused;

        // Gone is no reason to forget them either.
        System.IO.File.Delete(File);
        await LookAsync();
        Assert.True(rules.Refused != told);
        Assert.Contains("cannot be read", rules.Refused, StringComparison.Ordinal);
        Assert.Same(second, rules.Current);

        // The one in force comes back: all is well.
        Write("version: 1\nfacts: { blind: off }");
        await LookAsync();
        Assert.True(rules.Refused is null);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync(rules));
        await watch.StopAsync(Stop);
        Assert.Single(lines.All, line => line.Contains("Rules were read again", StringComparison.Ordinal));
        Assert.Equal(2, lines.All.Count(line => line.Contains("The new rules cannot be used", StringComparison.Ordinal)));
    }

    private static async Task<HealthStatus> HealthAsync(RulesInForce rules) => (await new RulesHealthCheck(rules).CheckHealthAsync(new HealthCheckContext(), Stop)).Status;

    private void Write(string yaml) => System.IO.File.WriteAllText(File, yaml);

    /// <summary>Ends when the watch has looked once more and sleeps again.</summary>
    private async Task LookAsync()
    {
        await _time.SleepingAsync(1, Limit);
        _time.Advance(RulesWatch.LookEvery);
        await _time.SleepingAsync(1, Limit);
    }
}
