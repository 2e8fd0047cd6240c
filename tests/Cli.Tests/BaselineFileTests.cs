using Runtime.Cli.Commands;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Runtime.V1;
using Xunit;

namespace Runtime.Cli.Tests;

public sealed class BaselineFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-baseline-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Export_WithSights_HasTimesAndCounts_AndCanBeReadAgain()
    {
        await using var collector = await StartAsync();
        var plain = await CliRun.OfAsync(collector, "baseline export web");
        var run = await CliRun.OfAsync(collector, "baseline export web --seen");

        Assert.Contains(
            """
                - key: /usr/sbin/nginx
                  state: learned
                  firstSeen: "2026-04-18T12:00:00Z"
                  lastSeen: "2026-04-25T12:00:00Z"
                  count: 4
            """.ReplaceLineEndings("\n"), run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("firstSeen", plain.Out, StringComparison.Ordinal);
        foreach (var text in new[] { plain.Out, run.Out })
        {
            var file = BaselineFile.Read(Write(text));
            Assert.Equal(Sample.Web.Id, file.Scope);
            Assert.Equal([new("edge", "/usr/sbin/nginx > /bin/sh", "approved"), new("egress", "10.0.0.0/24:5432", "pending"), new("exec", "/usr/sbin/nginx", "learned")], file.Items);
        }

        Assert.Equal("kind,key,state,firstSeen,lastSeen,count", (await CliRun.OfAsync(collector, "baseline export web -o csv")).Lines[0].TrimEnd('\r'));
    }

    [Fact]
    public async Task Diff_OfFileAndDeployment_HasWhatEitherLacks()
    {
        await using var collector = await StartAsync();
        var file = Write("""
            scope: default/shop/Deployment/web/app
            items:
              exec:
                - key: /usr/sbin/nginx
                - key: /usr/bin/gone
              egress:
                - key: "10.0.0.0/24:5432"
                  state: pending
            """);

        var run = await CliRun.OfAsync(["--socket", collector.Socket, "baseline", "diff", file, "web", "--fail-on-any"]);

        Assert.Equal(ExitCode.SomethingFound, run.ExitCode);
        Assert.Equal(["KIND", "+ edge /usr/sbin/nginx > /bin/sh approved", "- exec /usr/bin/gone approved", "~ exec /usr/sbin/nginx approved > learned"], Words(run).Select(line => line.StartsWith("KIND", StringComparison.Ordinal) ? "KIND" : line));
        var same = await CliRun.OfAsync(collector, "baseline diff web web --fail-on-any");
        Assert.Equal((0, "No difference."), (same.ExitCode, same.Lines.Single()));
        Assert.Contains("\"change\": \"gone\"", (await CliRun.OfAsync(["--socket", collector.Socket, "baseline", "diff", file, "web", "-o", "json"])).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_OfTwoTimes_HasWhatCameBetween()
    {
        await using var collector = await StartAsync();
        collector.Store.MoreItems.Add(Sample.Item("exec", "/usr/bin/curl") with { State = "removed", RemovedBy = "ann", RemovedAt = Sample.Noon, RemovedReason = "x" });

        var run = await CliRun.OfAsync(collector, "baseline diff web --since 2d");

        // First seen a day ago; removed an hour ago.
        Assert.Equal(["+ edge /usr/sbin/nginx > /bin/sh approved", "~ exec /usr/bin/curl learned > removed"], Words(run)[1..]);
        Assert.Contains("unseen for 90 days", run.Error, StringComparison.Ordinal);
        Assert.Equal("No difference.", (await CliRun.OfAsync(collector, "baseline diff web --since 30m")).Lines.Single());
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, "baseline diff web")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, "baseline diff web web --since 2d")).ExitCode);
    }

    [Fact]
    public async Task Check_FailsForWhatNobodyReviewed()
    {
        await using var collector = await StartAsync();
        var whole = Write((await CliRun.OfAsync(collector, "baseline export web")).Out);
        var partial = Write("scope: default/shop/Deployment/web/app\nitems:\n  exec:\n    - key: /usr/sbin/nginx\n    - key: /usr/bin/old\n  edge:\n    - key: /usr/sbin/nginx > /bin/sh\n      state: removed\n");

        var good = await CliRun.OfAsync(collector, $"baseline check {whole}");
        var bad = await CliRun.OfAsync(collector, $"baseline check {partial}");

        Assert.Equal((0, "As reviewed: 0 that the file does not have (+), 0 that the deployment does not have (-)."), (good.ExitCode, good.Lines.Single()));
        Assert.Equal(ExitCode.SomethingFound, bad.ExitCode);
        Assert.Equal(["+ edge /usr/sbin/nginx > /bin/sh approved", "- exec /usr/bin/old approved"], Words(bad)[1..3]);
        Assert.StartsWith("Not as reviewed: 1 that", bad.Lines[^1], StringComparison.Ordinal);

        var unseen = Write((await CliRun.OfAsync(collector, "baseline export web")).Out + "  listen:\n    - key: tcp|8080\n");
        Assert.Equal(0, (await CliRun.OfAsync(collector, $"baseline check {unseen}")).ExitCode);
        Assert.Equal(ExitCode.SomethingFound, (await CliRun.OfAsync(collector, $"baseline check {unseen} --strict")).ExitCode);
        Assert.Equal(ExitCode.NotFound, (await CliRun.OfAsync(collector, $"baseline check {whole} --scope nothing")).ExitCode);
    }

    [Fact]
    public async Task Import_DecidesOnlyWhatDiffers()
    {
        await using var collector = await StartAsync();
        var file = Write("""
            scope: default/shop/Deployment/web/app
            items:
              exec:
                - key: /usr/sbin/nginx
                - key: /usr/bin/backup
              edge:
                - key: /usr/sbin/nginx > /bin/sh
                  state: removed
              egress:
                - key: 10.0.0.0/24:5432
                  state: approved
              file_write:
                - key: /usr/sbin/nginx|create|/srv/%{any}|other
              command:
                - key: /bin/probe
            """);

        var dry = await CliRun.OfAsync(["--socket", collector.Socket, "baseline", "import", file, "--reason", "pull request 7", "--dry-run"]);
        Assert.Empty(collector.Store.Decided);
        Assert.Contains("would approve exec /usr/bin/backup", dry.Lines);

        var run = await CliRun.OfAsync(["--socket", collector.Socket, "baseline", "import", file, "--reason", "pull request 7"]);

        var (scope, decisions, who, reason) = Assert.Single(collector.Store.Decided);
        Assert.Equal((Sample.Web.Id, "pull request 7"), (scope, reason));
        Assert.Contains("(uid ", who, StringComparison.Ordinal);
        Assert.Equal([("exec", "/usr/bin/backup", true), ("egress", "10.0.0.0/24:5432", true), ("edge", "/usr/sbin/nginx > /bin/sh", false)], decisions.Select(decision => (decision.Kind, decision.Key, decision.IsApproved)));
        Assert.Equal("shop/web (app): 2 approved, 1 taken out; 3 to decide, 2 not possible.", run.Lines.Single());
        Assert.Equal(2, run.Error.Split("not imported:").Length - 1);
        Assert.Equal(ExitCode.SomethingFound, run.ExitCode);
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, $"baseline import {file}")).ExitCode);
    }

    [Fact]
    public void Import_RemovesOthersOnlyWhenAsked()
    {
        var living = new BaselineFile("s", [new("exec", "/a", "learned"), new("exec", "/b", "approved"), new("exec", "/c", "pending"), new("exec", "/d", "removed"), new("command", "/p", "learned")]);
        var file = new BaselineFile("s", [new("exec", "/a", "approved")]);
        Assert.Empty(BaselineImport.Of(file, living, removeOthers: false).Decisions);
        var import = BaselineImport.Of(file, living, removeOthers: true);
        Assert.Equal("/b", Assert.Single(import.Decisions).Key);
        Assert.Equal("/p", Assert.Single(import.Impossible).Item.Key);
    }

    [Fact]
    public void Import_InCalls_KeepsWithinWhatOneTakes()
    {
        var many = new BaselineImport([.. Enumerable.Range(0, 250).Select(i => new ItemDecision { Kind = "exec", Key = $"/{i}", Approve = true })], []);
        Assert.Equal([100, 100, 50], many.Calls().Select(call => call.Count));
        var long_ = new BaselineImport([.. Enumerable.Range(0, 90).Select(i => new ItemDecision { Kind = "exec", Key = $"/{i}{new string('日', 500)}", Approve = true })], []);
        Assert.All(long_.Calls(), call => Assert.True(new DecideItemsRequest { Scope = new string('s', 300), Reason = new string('r', 2000), Decisions = { call } }.CalculateSize() < 64 * 1024));
        Assert.Equal(90, long_.Calls().Sum(call => call.Count));
    }

    [Theory]
    [InlineData("", ":1: must be one document")]
    [InlineData("- a", ":1: must be one document")]
    [InlineData("items: {}", ":1: has no scope")]
    [InlineData("scope: x", ":1: has no items")]
    [InlineData("scope: x\nitems:\n  exec: /a", ":3: must be a kind with a list of items")]
    [InlineData("scope: x\nitems:\n  exec:\n    - /a\n    - state: learned", ":4: an item needs a key\n{0}:5: an item needs a key")]
    [InlineData("scope: x\nitems:\n  exec:\n    - key: /a\n      state: fine", ":4: state fine must be one of learned, pending, approved, removed")]
    [InlineData("scope: x\nitems:\n  exec:\n    - key: /a\n    - key: /a", ":5: exec /a stands here twice")]
    [InlineData("scope: [", ":")]
    public void Read_OfWhatIsNoBaseline_NamesEveryLine(string text, string expected)
    {
        var file = Write(text);
        var fault = Assert.Throws<UsageException>(() => BaselineFile.Read(file));
        Assert.StartsWith(file + expected.Replace("{0}", file, StringComparison.Ordinal), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfNoFile_SaysSo() => Assert.Contains("no-such", Assert.Throws<UsageException>(() => BaselineFile.Read("/tmp/no-such.yaml")).Message, StringComparison.Ordinal);

    internal static async Task<TestCollector> StartAsync()
    {
        var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));
        return collector;
    }

    private string Write(string text)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".yaml");
        File.WriteAllText(path, text);
        return path;
    }

    private static List<string> Words(CliRun run) => [.. run.Lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
}
