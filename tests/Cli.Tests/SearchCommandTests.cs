using System.Text.Json;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Runtime.Collector.Tests.Storage;
using Xunit;
using Sample = Runtime.Collector.Tests.Query.Sample;
using Stored = Runtime.Collector.Tests.Storage.Sample;

namespace Runtime.Cli.Tests;

/// <summary>The commands that search, most of them against a real store.</summary>
public sealed class SearchCommandTests
{
    private const string Hostile = "\e]0;owned\a\e[2J\r\n‮evil\u009b31m\u0000";

    [Fact]
    public async Task Search_Table_HasAllThreeKindsAsTheyLieInTime()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Hits.AddRange([
            new SearchHit(Sample.Noon.AddMinutes(2), true, Sample.Exec(null, "/usr/bin/curl", "-s"), null, null), new SearchHit(Sample.Noon, true, null, Sample.Deviation("dev00001", "aaaa0001"), null),
            new SearchHit(Sample.Noon, false, null, null, Sample.Incident("aaaa0001")),
        ]);

        var run = await CliRun.OfAsync(["--socket", collector.Socket, "search", "deployment:shop/web since:7d", "-kind:file"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("(deployment=shop/web & since & !kind=file)", Shape(collector.Store.Asked!));
        Assert.Equal(4, run.Lines.Length);
        Assert.StartsWith("2026-04-25 12:02:00Z  new event", run.Lines[1], StringComparison.Ordinal);
        Assert.Contains("exec /usr/bin/curl -s", run.Lines[1], StringComparison.Ordinal);
        Assert.Contains("critical deviation", run.Lines[2], StringComparison.Ordinal);
        Assert.Contains("critical incident, open", run.Lines[3], StringComparison.Ordinal);

        foreach (var width in new[] { 80, 99, 100, 119, 120 })
        {
            Assert.All((await CliRun.OfAsync(["--socket", collector.Socket, "search"], width)).Lines, line => Assert.True(line.Length <= width, line));
        }
    }

    [Fact]
    public async Task Search_WithFaults_MarksEachPlace()
    {
        await using var collector = await TestCollector.StartAsync();

        var run = await CliRun.OfAsync(["--socket", collector.Socket, "search", "text:\"日本\" bynary:/x since:y"]);

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Out));
        Assert.Equal(
            """
            runtimectl: the query cannot be asked:
              text:"日本" bynary:/x since:y
                          ^^^^^^ there is no field "bynary"; did you mean "binary"?
                                          ^ since: must be an age (30s, 10m, 12h, 7d, 2w) or a time (2026-04-25, 2026-04-25T13:00Z; UTC unless it says otherwise)

            """.ReplaceLineEndings("\n"), run.Error);
    }

    [Fact]
    public async Task Search_ThatFindsNothing_SaysWhatWasSearchedAndWhy()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Stored.Exec("/usr/bin/curl"));
        await using var collector = await TestCollector.StartAsync(search: store.Search);

        var run = await CliRun.OfAsync(["--socket", collector.Socket, "search", "kind:exec binary:/nothing"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["Nothing found in events, deviations; the others do not have every field of the query.", "  without binary:/nothing there is something"], run.Lines);
    }

    [Fact]
    public async Task Search_AllPagesAndForms_HoldTheSame()
    {
        using var store = new TempStore();
        await store.AddAsync(1, [.. Enumerable.Range(0, 7).Select(i => Stored.Exec($"/bin/{i}", at: Stored.Now.AddMinutes(-i)))]);
        await using var collector = await TestCollector.StartAsync(search: store.Search);
        string[] command = ["--socket", collector.Socket, "search", "binary:/bin/*"];

        var first = await CliRun.OfAsync([.. command, "--limit", "3"]);
        Assert.Equal(4, first.Lines.Length);
        Assert.Contains("There is more: --page-token", first.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await CliRun.OfAsync([.. command, "--all", "-o", "json"])).Out);
        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"exec /bin/{i}"), json.RootElement.GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("event").GetProperty("summary").GetString()));
        var csv = (await CliRun.OfAsync([.. command, "-o", "csv"])).Lines;
        Assert.StartsWith("time,new,event.id,event.scopeId,", csv[0], StringComparison.Ordinal);
        Assert.Equal(8, csv.Length);
        Assert.Equal(ExitCode.SomethingFound, (await CliRun.OfAsync([.. command, "--fail-on-any"])).ExitCode);
        Assert.Contains("summary: \"exec /bin/0\"", (await CliRun.OfAsync([.. command, "-o", "yaml"])).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SearchFields_ListsEveryFieldWithoutACollector()
    {
        var run = await CliRun.OfAsync(["search", "--fields", "--socket", "/tmp/there-is-no-such.sock"]);
        Assert.Equal(0, run.ExitCode);
        Assert.All(["type", "kind", "image.registry", "binary", "severity", "text"], field => Assert.Contains(run.Lines, line => line.StartsWith(field + " ", StringComparison.Ordinal)));
        Assert.True(run.Lines.Length > 35);
        Assert.DoesNotContain('`', run.Out);
    }

    [Fact]
    public async Task Where_CountsDeploymentsAndTellsWhenFirst()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Stored.Exec("/tmp/xmrig"), Stored.Exec("/tmp/xmrig", Stored.Api, Stored.Now.AddDays(-2)), Stored.Connect());
        await using var collector = await TestCollector.StartAsync(search: store.Search);

        var seen = await CliRun.OfAsync(collector, "where /tmp/xmrig --fail-on-any");
        Assert.Equal(ExitCode.SomethingFound, seen.ExitCode);
        Assert.Equal(
            """
            /tmp/xmrig: in 2 of 2 deployments, looked at since 2026-11-23 12:00:00Z.
            FIRST SEEN            LAST SEEN             DEPLOYMENT      AS       SEEN  WHAT
            2026-11-21 12:00:00Z  2026-11-21 12:00:00Z  shop/api (app)  program     1  /tmp/xmrig
            2026-11-23 12:00:00Z  2026-11-23 12:00:00Z  shop/web (app)  program     1  /tmp/xmrig
            """.ReplaceLineEndings("\n").Split('\n'), seen.Lines);

        var nowhere = await CliRun.OfAsync(collector, "where 10.0.0.0/8 --fail-on-any");
        Assert.Equal((0, "10.0.0.0/8: in 0 of 2 deployments, looked at since 2026-11-23 12:00:00Z."), (nowhere.ExitCode, nowhere.Lines.Single()));
        Assert.Contains("address", (await CliRun.OfAsync(collector, "where 203.0.113.0/24")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_ByRegistry_TellsItemsAndDeviationsOfThoseDeploymentsOnly()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Stored.Exec(), Stored.Exec("/x", Stored.Api) with { Container = Stored.WebContainer with { Id = new string('b', 64), Image = "ghcr.io/team/api" } });
        await store.Scopes.SaveAsync(
            Stored.Web.Id, new() { Outcome = new([Stored.Deviation("dev1", "inc1", Stored.Web.Id)], [], []) }, 0, Stored.Now, TestContext.Current.CancellationToken);
        await using var collector = await TestCollector.StartAsync(search: store.Search);
        collector.Store.Scopes.AddRange([Sample.Summary(Stored.Web), Sample.Summary(Stored.Api)]);

        var run = await CliRun.OfAsync(collector, "new --since 2026-04-20 --until 2026-12-01 --registry docker.io");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("shop/web (app)", run.Lines[0]);
        Assert.Contains("2026-04-24 12:00:00Z  edge", run.Lines[2], StringComparison.Ordinal);
        Assert.Contains("deviation, high, open", run.Lines[3], StringComparison.Ordinal);
        Assert.Equal("New since 2026-04-20 00:00:00Z in 1 of 1 deployment that fits image.registry:\"docker.io\".", run.Lines[^1]);
        Assert.DoesNotContain("api", run.Out, StringComparison.Ordinal);

        var csv = (await CliRun.OfAsync(collector, "new --since 2026-04-20 --registry docker.io -o csv --until 2026-12-01")).Lines;
        Assert.Equal(3, csv.Length);
        Assert.StartsWith("firstSeen,lastSeen,scopeId,kind,what,state,count", csv[0], StringComparison.Ordinal);
        Assert.Contains("Nothing new since", (await CliRun.OfAsync(collector, "new --since 2026-12-01 --until 2026-12-02")).Out, StringComparison.Ordinal);
        Assert.StartsWith("No deployment fits", (await CliRun.OfAsync(collector, "new --since 2026-04-20 --registry quay.io")).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, "new --registry quay.io")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, "new --since 2d severity:high")).ExitCode);
    }

    [Fact]
    public async Task Around_DrawsTheProcessesAndTellsAllInOrder()
    {
        using var store = new TempStore();
        await store.AddAsync(
            1, Stored.Exec("/usr/bin/curl", null, Stored.Now.AddMinutes(1), "http://x"), Stored.Exec("/bin/sh", null, Stored.Now.AddMinutes(-1)), Stored.Exec("/bin/late", null, Stored.Now.AddMinutes(20)),
            Stored.Exec("/bin/other", Stored.Api) with { Container = Stored.WebContainer with { Id = new string('b', 64), PodName = "api-1" } });
        await using var collector = await TestCollector.StartAsync(search: store.Search);

        var run = await CliRun.OfAsync(collector, "around web-5d8f6c9b7f-x2x7k --at 2026-11-23T12:00Z --window 10m");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("web-5d8f6c9b7f-x2x7k, 10m before and after 2026-11-23 12:00:00Z", run.Lines[0]);
        Assert.Equal(["Processes", "  100 /usr/sbin/nginx  2026-11-23 12:00:00Z", "    101 /bin/sh  2026-11-23 12:00:00Z", "    101 /usr/bin/curl http://x  2026-11-23 12:00:00Z", "In order"], run.Lines[1..6]);
        Assert.True(Array.FindIndex(run.Lines, line => line.EndsWith("exec /bin/sh", StringComparison.Ordinal) || line.Contains("exec /bin/sh ", StringComparison.Ordinal)) < Array.FindIndex(run.Lines, line => line.Contains("exec /usr/bin/curl", StringComparison.Ordinal)));
        Assert.DoesNotContain("late", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("other", run.Out, StringComparison.Ordinal);

        Assert.Equal(0, (await CliRun.OfAsync(collector, "around aaaaaaaaaaaa --at 2026-11-23T12:00Z")).ExitCode);
        var nothing = await CliRun.OfAsync(collector, "around web-gone --at 2026-11-23T12:00Z");
        Assert.Equal(ExitCode.NotFound, nothing.ExitCode);
        Assert.StartsWith("Nothing is stored of web-gone 10m before and after", nothing.Lines[0], StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, "around web --at 2026-11-23T12:00Z --window 8d")).ExitCode);
        Assert.Equal(0, (await CliRun.OfAsync(["--socket", collector.Socket, "around", "web*", "--at", "2026-11-23T12:00Z"])).ExitCode);
    }

    [Theory]
    [InlineData("search")]
    [InlineData("search -o csv")]
    [InlineData("search -o yaml")]
    [InlineData("where /x")]
    [InlineData("where /x -o csv")]
    [InlineData("around x --at 2026-04-25")]
    public async Task HostileText_NeverReachesTheTerminal(string command)
    {
        await using var collector = await TestCollector.StartAsync();
        var exec = Sample.Exec(null, Hostile, Hostile) with { Container = Sample.Container with { PodName = Hostile } };
        collector.Store.Hits.AddRange([new(Sample.Noon, true, exec, null, null), new(Sample.Noon, true, null, Sample.Deviation("d", "a") with { Title = Hostile, Key = "=cmd|x" }, null)]);
        collector.Store.Sightings = new(1, 2, [new(Sample.Web.Id, "program", Hostile, Sample.Noon, Sample.Noon, 1)], false, Sample.Noon);

        var run = await CliRun.OfAsync(collector, command);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.DoesNotContain(run.Out, letter => (char.IsControl(letter) && letter is not ('\n' or '\r')) || letter == '‮');
        Assert.Contains("evil", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(",=cmd", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runtimectl search kin", "kind:")]
    [InlineData("runtimectl search kind:exec image.reg", "image.registry:")]
    [InlineData("runtimectl search kind:ex", "kind:exec")]
    [InlineData("runtimectl search kind:file,ex", "kind:file,exec")]
    [InlineData("runtimectl search severity:", "severity:>=high")]
    [InlineData("runtimectl search new:", "new:true")]
    [InlineData("runtimectl new --since 2d name", "namespace:")]
    public async Task Completion_OfFieldsAndValues(string line, string expected)
    {
        var run = await CliRun.OfAsync([$"[suggest:{line.Length}]", line]);
        Assert.Contains(expected, run.Lines);
    }

    [Fact]
    public async Task Completion_OfNew_HasOnlyWhatSaysSomethingOfDeployments() =>
        Assert.DoesNotContain("binary:", (await CliRun.OfAsync(["[suggest:24]", "runtimectl new --since 2d b"])).Out, StringComparison.Ordinal);

    /// <summary>bash cuts words at colons: the script must cut what it offers too, or "kind:kind:exec" comes out.</summary>
    [Fact]
    public async Task CompletionScript_InBash_OffersWhatFollowsTheColon()
    {
        var script = (await CliRun.OfAsync(["completion", "bash"])).Out;
        Assert.Equal("exec exit", await BashAsync(script, "runtimectl search kind:ex", "COMP_WORDS=(runtimectl search kind : ex); COMP_CWORD=4", "kind:exec kind:exit kind:file"));
        Assert.Equal("kind:", await BashAsync(script, "runtimectl search ki", "COMP_WORDS=(runtimectl search ki); COMP_CWORD=2", "kind: severity:"));
        Assert.Contains("compdef _runtimectl runtimectl", (await CliRun.OfAsync(["completion", "zsh"])).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(["completion", "fish"])).ExitCode);
    }

    private static async Task<string> BashAsync(string script, string line, string words, string offered)
    {
        var program = $"runtimectl() {{ printf '%s\\n' {offered}; }}; compopt() {{ :; }}\n{script}\nCOMP_WORDBREAKS=': '; COMP_LINE='{line}'; COMP_POINT={line.Length}; {words}; _runtimectl; echo \"${{COMPREPLY[*]}}\"";
        using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", program]) { RedirectStandardOutput = true })!;
        var output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output.Trim();
    }

    private static string Shape(SearchNode node) => node switch
    {
        SearchAnd and => $"({string.Join(" & ", and.Parts.Select(Shape))})",
        SearchNot not => "!" + Shape(not.Part),
        SearchTerm { Field.Name: "since" } term => term.Field.Name,
        SearchTerm term => $"{term.Field.Name}={term.Values[0].Text}",
        _ => "?",
    };
}
