using System.Text.Json;
using Runtime.Collector.Detection;
using Runtime.Collector.Query;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Xunit;

namespace Runtime.Cli.Tests;

/// <summary>Mutes and the log of deliveries, from the command line through real sockets, and as JSON over HTTP.</summary>
public sealed class AlertsCommandTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deliveries_OfTheLog_AreAListThatShowsFailures()
    {
        await using var collector = await WithLogAsync();
        var run = await CliRun.OfAsync(collector, "notifier deliveries");
        Assert.Equal("ID  NOTIFIER  STATE      INCIDENT  WHAT                       ENQUEUED  ATTEMPTS  ANSWERED  ANSWER", run.Lines[0]);
        Assert.Equal(" 3  chat      waiting    -         daily digest               59m ago          0  -", run.Lines[1]);
        Assert.Equal(" 2  duty      failed     aaaa0001  a miner\\x1B[0m (update 2)  59m ago          9  59m ago   410 gone", run.Lines[2]);
        Assert.Equal(ExitCode.SomethingFound, (await CliRun.OfAsync(collector, "notifier deliveries --state failed --fail-on-any")).ExitCode);
        Assert.Equal("No delivery matches.", (await CliRun.OfAsync(collector, "notifier deliveries --notifier other")).Lines.Single());
        using var json = JsonDocument.Parse((await CliRun.OfAsync(collector, "notifier deliveries --incident aaaa0001 -o json")).Out);
        Assert.Equal(2, json.RootElement.GetProperty("deliveries").GetArrayLength());
        using var http = collector.Http();
        Assert.Equal(1, JsonDocument.Parse(await http.GetStringAsync("/v1/deliveries?state=failed", Stop)).RootElement.GetProperty("deliveries").GetArrayLength());
    }

    [Fact]
    public async Task Notifiers_ThatTheSettingsHaveNoMore_AreListedWhileSomethingIsLeftOfThem()
    {
        await using var empty = await TestCollector.StartAsync();
        Assert.StartsWith("Nobody: the settings have no notifier.", (await CliRun.OfAsync(empty, "notifier list")).Lines.Single(), StringComparison.Ordinal);

        await using var collector = await WithLogAsync();
        var run = await CliRun.OfAsync(collector, "notifier list");
        Assert.Equal("NAME  KIND                    FROM  FOR  DIGEST  WAITING  FAILED  ANSWERED  ANSWER", run.Lines[0]);
        Assert.Equal("duty  gone from the settings  -     all  no            0       1  59m ago   410 gone", run.Lines.Single(line => line.StartsWith("duty", StringComparison.Ordinal)));
        using var json = JsonDocument.Parse((await CliRun.OfAsync(collector, "notifier list -o json")).Out);
        Assert.Equal(2, json.RootElement.GetProperty("notifiers").GetArrayLength());
    }

    [Fact]
    public async Task Deliveries_Paged_ContinueWhereTheyEnded()
    {
        await using var collector = await WithLogAsync();
        var first = await CliRun.OfAsync(collector, "notifier deliveries --limit 2");
        var token = first.Error.Split("--page-token ")[1].Split(',')[0];
        var second = await CliRun.OfAsync(collector, $"notifier deliveries --limit 2 --page-token {token}");
        Assert.StartsWith(" 1", second.Lines[1], StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, $"notifier deliveries --notifier chat --page-token {token}")).ExitCode);
    }

    [Fact]
    public async Task Repeat_OfAFailedDelivery_MakesItWait_AndOfAnyOtherIsRefused()
    {
        await using var collector = await WithLogAsync();
        var run = await CliRun.OfAsync(collector, "notifier repeat 2");
        Assert.Equal("Delivery 2 to duty waits again. What becomes of it: runtimectl notifier deliveries --notifier duty", run.Lines.Single());
        Assert.Equal("waiting", collector.Store.Alerts.Log[1].State);
        Assert.Contains("delivery 1 is delivered; only one that failed can be repeated", (await CliRun.OfAsync(collector, "notifier repeat 1")).Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await CliRun.OfAsync(collector, "notifier repeat 99")).ExitCode);
        collector.Store.Notifiers.Remove("duty");
        Assert.Contains("was for duty, which the settings have no more", (await CliRun.OfAsync(collector, "notifier repeat 2")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mute_FromItsMakingToItsEnd()
    {
        await using var collector = await WithLogAsync();
        var made = await CliRun.OfAsync(["--socket", collector.Socket, "mutes", "add", "shop/web", "--kind", "egress", "--item", "*backup*", "--for", "7d", "--reason", "new backup\u001b", "--owner", "team-shop"]);
        Assert.Equal(0, made.ExitCode);
        var mute = Assert.Single(collector.Store.Alerts.Mutes);
        Assert.Equal((Sample.Web.Id, "egress", "*backup*", "", "team-shop", Sample.Noon.AddHours(1).AddDays(7), "sha256:aaaa"), (mute.ScopeId, mute.Kind, mute.Key, mute.Cause, mute.Owner, mute.Expires, mute.Images.Single()));
        Assert.StartsWith("Muted egress *backup* in shop/web (app) until 2026-05-02 13:00:00Z or until another image runs.", made.Lines.Single(), StringComparison.Ordinal);

        collector.Store.Alerts.Mutes[0] = mute with { Silenced = 12 };
        var list = await CliRun.OfAsync(collector, "mutes list");
        Assert.Equal("ID            STATE   DEPLOYMENT      WHAT             OWNER      ENDS   SILENCED  REASON", list.Lines[0]);
        Assert.Equal($"{mute.Id[..12]}  active  shop/web (app)  egress *backup*  team-shop  in 7d        12  new backup\\x1B", list.Lines[1]);

        Assert.StartsWith($"Removed {mute.Id[..12]}, which silenced 12 alerts of shop/web (app).", (await CliRun.OfAsync(collector, $"mutes remove {mute.Id[..6]}")).Lines.Single(), StringComparison.Ordinal);
        Assert.Contains("ended already", (await CliRun.OfAsync(collector, $"mutes remove {mute.Id}")).Error, StringComparison.Ordinal);
        Assert.Equal("Nothing is muted.", (await CliRun.OfAsync(collector, "mutes list")).Lines.Single());
        Assert.Contains("removed", (await CliRun.OfAsync(collector, "mutes list --ended")).Lines[1], StringComparison.Ordinal);
    }

    /// <summary>As other lists: rows for a spreadsheet, and records for programs; a key is text of a container.</summary>
    [Fact]
    public async Task Mutes_AreRowsAndRecordsToo()
    {
        await using var collector = await WithLogAsync();
        Assert.Equal(0, (await CliRun.OfAsync(["--socket", collector.Socket, "mutes", "add", "shop/web", "--kind", "exec", "--item", "=cmd,*\u001b", "--for", "7d", "--reason", "x"])).ExitCode);
        var mute = Assert.Single(collector.Store.Alerts.Mutes);
        var rows = (await CliRun.OfAsync(collector, "mutes list -o csv")).Out.Split("\r\n");
        Assert.StartsWith("id,scopeId,kind,key,", rows[0], StringComparison.Ordinal);
        Assert.StartsWith($"{mute.Id},{mute.ScopeId},exec,\"'=cmd,*\\x1B\",", rows[1], StringComparison.Ordinal);
        Assert.Equal(3, rows.Length);
        using var json = JsonDocument.Parse((await CliRun.OfAsync(collector, "mutes list -o json")).Out);
        Assert.Equal("=cmd,*\u001b", json.RootElement.GetProperty("mutes")[0].GetProperty("key").GetString());
        Assert.Contains($"id: {mute.Id}", (await CliRun.OfAsync(collector, "mutes list -o yaml")).Out.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.StartsWith("id,notifier,", (await CliRun.OfAsync(collector, "notifier deliveries -o csv")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mute_OfAnIncident_TakesItsDeploymentItsCauseAndItsImages()
    {
        await using var collector = await WithLogAsync();
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001"));
        collector.Store.Deviations.Add(Sample.Deviation("dev00001", "aaaa0001"));
        Assert.Equal(0, (await CliRun.OfAsync(collector, "mutes add --incident aaaa --for 4h --reason load-test")).ExitCode);
        var mute = Assert.Single(collector.Store.Alerts.Mutes);
        Assert.Equal((Sample.Web.Id, collector.Store.Incidents[0].Cause), (mute.ScopeId, mute.Cause));
        Assert.Equal(["sha256:aaaa", Sample.Container.ImageDigest], mute.Images);
        Assert.Equal(mute.CreatedBy, mute.Owner);
    }

    [Theory]
    [InlineData("mutes add shop/web --for 7d", "--reason")]
    [InlineData("mutes add shop/web --reason x", "a mute needs an end")]
    [InlineData("mutes add shop/web --reason x --for 2h --until 2026-05-01", "a mute needs an end")]
    [InlineData("mutes add shop/web --reason x --for 91d", "must be in the future, at most 90 days from now")]
    [InlineData("mutes add shop/web --reason x --until 2026-04-01", "must be in the future")]
    [InlineData("mutes add shop/web --reason x --for 2h --kind pigeon", "kind = \"pigeon\"")]
    [InlineData("mutes add shop/web --reason x --for 2h --kind tier0", "muted only by its name")]
    [InlineData("mutes add shop/web --reason x --for 2h --kind tier0 --item *", "muted only by its name")]
    [InlineData("mutes add shop/web --reason x --for 2h --kind tier0 --item *|x", "muted only by its name")]
    [InlineData("mutes add --reason x --for 2h", "must name a deployment")]
    [InlineData("mutes add nothing --reason x --for 2h", "no deployment is known by this name")]
    public async Task Mute_ThatDoesNotFit_IsRefusedWithTheRule(string command, string words)
    {
        await using var collector = await WithLogAsync();
        var run = await CliRun.OfAsync(collector, command);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
        Assert.Empty(collector.Store.Alerts.Mutes);
    }

    [Fact]
    public async Task Incident_ThatIsMuted_IsShownAsMuted()
    {
        await using var collector = await WithLogAsync();
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001") with { AlertedRevision = 0, MutedRevision = 1, MutedBy = ["bbbb0000cccc1111"] });
        Assert.Contains("open, muted", (await CliRun.OfAsync(collector, "incidents list")).Lines[1], StringComparison.Ordinal);
        Assert.Contains("muted by bbbb0000cccc, see runtimectl mutes list", (await CliRun.OfAsync(collector, "incidents show aaaa")).Out, StringComparison.Ordinal);
    }

    private static async Task<TestCollector> WithLogAsync()
    {
        var collector = await TestCollector.StartAsync(time: new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Sample.Noon.AddHours(1)));
        collector.Store.Notifiers["chat"] = collector.Store.Notifiers["duty"] = new(true, "", TimeSpan.Zero);
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));
        var at = Sample.Noon.AddSeconds(1);
        collector.Store.Alerts.Log.AddRange([
            new DeliveryEntry(1, "chat", "alert", "aaaa0001", 1, "a miner", Severity.High, "delivered", 1, at, at, null, "200 ok"),
            new DeliveryEntry(2, "duty", "alert", "aaaa0001", 2, "a miner\u001b[0m", Severity.Critical, "failed", 9, at, at, null, "410 gone"),
            new DeliveryEntry(3, "chat", "digest", "", 0, "", Severity.Unspecified, "waiting", 0, at, null, at, ""),
        ]);
        return collector;
    }
}
