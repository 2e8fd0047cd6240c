using System.Text.Json;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query.Replay;
using Xunit;

namespace Runtime.Cli.Tests;

/// <summary>The command against a real store behind a real server.</summary>
public sealed class ReplayCommandTests
{
    [Fact]
    public async Task Replay_WithAnotherBudget_ShowsWhatWouldPageAndWhatDid()
    {
        using var week = new PastWeek().DoOddThings().Mine();
        await week.KeepAsync();
        await using var collector = await StartAsync(week);

        var run = await CliRun.OfAsync(collector, "replay shop/* --since 2026-11-20 --budget 0.01");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("1 deployment, 4 deployment-days since 2026-11-20 00:00:00Z, budget 0.01, rules ", run.Lines[0], StringComparison.Ordinal);
        Assert.Equal("  did page    2 incidents: 1 by facts, 1 by novelty (0.25 a deployment-day)", run.Lines[1]);
        Assert.Equal("  would page  3 incidents: 1 by facts, 2 by novelty (0.5 a deployment-day)", run.Lines[2]);
        Assert.Equal("  2 both, 1 only then, 0 only now; 0 stay below", run.Lines[3]);
        Assert.StartsWith("only then", run.Lines[5], StringComparison.Ordinal);
        Assert.Contains("/etc/cron.d/x", run.Lines[5], StringComparison.Ordinal);
        Assert.StartsWith("* 3 incidents that began", run.Lines[8], StringComparison.Ordinal);
        Assert.Equal(ExitCode.SomethingFound, (await CliRun.OfAsync(collector, "replay --since 2026-11-20 --budget 0.01 --fail-on-any")).ExitCode);
        Assert.Equal(0, (await CliRun.OfAsync(collector, "replay --since 2026-11-20 --budget 0.0005 --fail-on-any")).ExitCode);
        foreach (var width in new[] { 80, 100, 120 })
        {
            var rows = (await CliRun.OfAsync(collector, "replay --since 2026-11-20 --budget 0.01", width)).Lines[4..8];
            Assert.All(rows, line => Assert.True(line.Length <= width, line));
        }
    }

    [Fact]
    public async Task Outlook_HasALineForEachBudget_AlsoAsJsonOverHttp()
    {
        using var week = new PastWeek().DoOddThings().Mine();
        await week.KeepAsync();
        await using var collector = await StartAsync(week);

        var run = await CliRun.OfAsync(collector, "replay --outlook --since 2026-11-20 -o json");
        using var answer = JsonDocument.Parse(run.Out);
        Assert.Equal([2, 2, 3, 3, 3, 3, 3, 3], answer.RootElement.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("pages").GetProperty("incidents").GetInt32()));

        using var http = collector.Http();
        using var page = JsonDocument.Parse(await http.GetStringAsync(new Uri("/v1/budget-outlook?deployments=web&since=2026-11-20T00:00:00Z&budgets=0.0005&budgets=0.01", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal([0.0005, 0.01], page.RootElement.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("budget").GetDouble()));
        Assert.Equal(3, page.RootElement.GetProperty("lines")[1].GetProperty("pages").GetProperty("incidents").GetInt32());
    }

    [Fact]
    public async Task Replay_WithRules_ReadsTheFile_AndTellsEachOfItsFaults()
    {
        using var week = new PastWeek().DoOddThings();
        await week.KeepAsync();
        await using var collector = await StartAsync(week);
        var file = Path.Combine(collector.Folder, "rules.yaml");

        // Longer than any question was before.
        await File.WriteAllTextAsync(file, "version: 1\nbad_programs: { add: [dropped] }\n" + string.Concat(Enumerable.Repeat("# " + new string('x', 98) + "\n", 5000)), TestContext.Current.CancellationToken);
        var run = await CliRun.OfAsync(collector, $"replay --since 2026-11-20 --budget 0.0005 --rules {file}");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("these rules make it known_bad_program", run.Out, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "version: 1\nfacts: { nothing: off }\npool_ports: [x]\n", TestContext.Current.CancellationToken);
        var refused = await CliRun.OfAsync(collector, $"replay --since 2026-11-20 --rules {file}");
        Assert.Equal((ExitCode.Usage, 2), (refused.ExitCode, refused.Error.Split("rules:", StringSplitOptions.None).Length - 1));
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, "replay --rules /nonexistent")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, "replay --budget 0")).ExitCode);
    }

    private static Task<TestCollector> StartAsync(PastWeek week) => TestCollector.StartAsync(store: week.Scopes, time: week.Store.Time, replays: week.Store.Replays, baselines: week.Web.Options);
}
