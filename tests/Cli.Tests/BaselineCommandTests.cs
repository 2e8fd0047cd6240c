using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Runtime.Cli.Tests;

public sealed class BaselineCommandTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BaselineShow_ByShortForm_HasGroupsAndItems()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));

        var run = await CliRun.OfAsync(collector, "baseline show shop/web");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("1 more start; 12 quiet hours", run.Out, StringComparison.Ordinal);
        Assert.Contains("Alert budget  0.05 false alerts a day, by Baselines:Budgets:2 (namespace shop)", run.Out, StringComparison.Ordinal);
        Assert.Contains("approved by root (uid 0), 1h ago", run.Out, StringComparison.Ordinal);
        Assert.Contains("99.9", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BaselineShow_TemplateAndUnstableGroup_TellsWhatTheyStandFor()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));
        collector.Store.Baselines[Sample.Web.Id] = Sample.Unsettled(Sample.Web);

        var run = await CliRun.OfAsync(collector, "baseline show web");

        Assert.Contains("/usr/sbin/nginx|create|/var/cache/%{letters 14}.jpg|other", run.Out, StringComparison.Ordinal);
        Assert.Contains("learned, stands for 1,214 names, e.g. abcdefghijklmn.jpg, bcdefghijklmno.jpg", run.Out, StringComparison.Ordinal);
        Assert.Contains("did not settle in 7 days", run.Out, StringComparison.Ordinal);
        var at = Array.IndexOf(run.Lines, "What stays new (file):");
        Assert.Equal(["ITEMS  BEGIN WITH", "   40  /usr/sbin/nginx|create|/opt/app/"], run.Lines[(at + 1)..(at + 3)]);
        Assert.DoesNotContain('\u001b', run.Out);
    }

    [Fact]
    public async Task BaselineExpand_SaysWhatCameBack()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));
        collector.Store.Baselines[Sample.Web.Id] = Sample.Unsettled(Sample.Web);
        string[] command = ["--socket", collector.Socket, "baseline", "expand", "web", "/usr/sbin/nginx|create|/var/cache/%{letters 14}.jpg|other", "--note", "too wide"];

        var run = await CliRun.OfAsync(command);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            "Expanded: /usr/sbin/nginx|create|/var/cache/%{letters 14}.jpg|other in shop/web (app). 2 names came back; 1,212 that it stood for are not kept any more.",
            run.Lines.Single());
        Assert.Equal("too wide", Assert.Single(collector.Store.Expanded).Note);
        Assert.Equal(ExitCode.NotFound, (await CliRun.OfAsync([.. command[..5], "/usr/sbin/nginx"])).ExitCode);
    }

    [Fact]
    public async Task BaselineExport_IsYamlThatDiffsOnlyWhereTheBaselineDoes()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));

        var run = await CliRun.OfAsync(collector, "baseline export web");

        Assert.Equal("""
            scope: default/shop/Deployment/web/app
            images:
              - "docker.io/library/nginx:1.25"
            items:
              edge:
                - key: "/usr/sbin/nginx > /bin/sh"
                  state: approved
                  approvedBy: "root (uid 0)"
                  approvedAt: "2026-04-25T12:00:00Z"
              egress:
                - key: "10.0.0.0/24:5432"
                  state: pending
              exec:
                - key: /usr/sbin/nginx
                  state: learned

            """.ReplaceLineEndings("\n"), run.Out);
    }

    [Fact]
    public async Task BaselineRemove_WithAReason_TakesTheItemOutAndSaysHowToGiveItBack()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));

        var run = await CliRun.OfAsync(["--socket", collector.Socket, "baseline", "remove", "shop/web", "/usr/sbin/nginx > /bin/sh", "--reason", "no shell here"]);
        var without = await CliRun.OfAsync(["--socket", collector.Socket, "baseline", "remove", "shop/web", "/usr/sbin/nginx"]);

        Assert.Equal(
            "Removed edge /usr/sbin/nginx > /bin/sh. It deviates when it is seen again; to give it back: runtimectl deviations list --kind edge, then deviations approve.",
            run.Lines.Single());
        var (_, kind, _, who, reason) = Assert.Single(collector.Store.Removals);
        Assert.Equal(("edge", "no shell here"), (kind, reason));
        Assert.Contains("(uid ", who, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, without.ExitCode);
        Assert.Contains("--reason", without.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Baseline_WithARemovedItem_ShowsWhoWhenAndWhy()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));
        collector.Store.MoreItems.Add(Sample.Item("exec", "/usr/bin/curl") with { State = "removed", RemovedBy = "ann (uid 1000)", RemovedAt = Sample.Noon, RemovedReason = "not of the image" });

        Assert.Contains("removed by ann (uid 1000), 1h ago: not of the image", (await CliRun.OfAsync(collector, "baseline show web")).Out, StringComparison.Ordinal);
        Assert.Contains(
            """
                - key: /usr/bin/curl
                  state: removed
                  removedBy: "ann (uid 1000)"
                  removedAt: "2026-04-25T12:00:00Z"
                  removedReason: "not of the image"

            """.ReplaceLineEndings("\n"), (await CliRun.OfAsync(collector, "baseline export web")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Baseline_Unknown_ExitsWith3_Ambiguous_With2()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.AddRange([Sample.Summary(Sample.Web), Sample.Summary(Sample.OtherWeb)]);

        Assert.Equal(ExitCode.NotFound, (await CliRun.OfAsync(collector, "baseline show nothing")).ExitCode);
        var ambiguous = await CliRun.OfAsync(collector, "baseline show web");
        Assert.Equal(ExitCode.Usage, ambiguous.ExitCode);
        Assert.Contains("default/test/Deployment/web/app", ambiguous.Error, StringComparison.Ordinal);
        Assert.Empty(ambiguous.Out);
    }
}
