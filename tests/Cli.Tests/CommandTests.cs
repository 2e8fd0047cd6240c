using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Runtime.Collector.Rules;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Runtime.Collector.Tests.Resources;
using Runtime.V1;
using Xunit;
using YamlDotNet.RepresentationModel;
using Severity = Runtime.Collector.Detection.Severity;

namespace Runtime.Cli.Tests;

public sealed class CommandTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Status_ForPeople_NamesAgentsAndMissingSight()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Agents.Add(new("a1", "default", "node1", "0.1.0", "6.1.0", Sample.Noon.AddMinutes(57), 7) { Losses = [new("file", "ring_full", 3, Sample.Noon, Sample.Noon)] });
        collector.Store.Statuses["a1"] = new AgentStatus
        {
            Hooks = { new V1.Hook { Name = "exec", Attached = true }, new V1.Hook { Name = "udp", Attached = false, Reason = "kernel 5.4", Loses = "UDP peers" } },
        };

        var run = await CliRun.OfAsync(collector, "status");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(run.Lines, line => line.StartsWith("node1  connected  -      3m ago        3  1/2             0  0.1.0    6.1.0   a1", StringComparison.Ordinal));
        Assert.Contains("udp   UDP peers            kernel 5.4", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_WithMessagesOfARemovedNotifier_NamesIt()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Notifiers["ops"] = new(true, "", TimeSpan.Zero);
        collector.Store.Outbox.Add(new("old-chat", 40));

        var text = await CliRun.OfAsync(collector, "status");
        var json = await CliRun.OfAsync(collector, "status -o json");

        Assert.Contains("removed notifier old-chat: 40 messages waiting", text.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("notifier ops", text.Out, StringComparison.Ordinal);
        Assert.Contains("\"old-chat\"", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_NamesTheRulesInForce_AndAFileThatWasRefused()
    {
        await using var collector = await TestCollector.StartAsync();
        var rules = collector.Services.GetRequiredService<RulesInForce>();
        Assert.Contains($"built-in ({rules.Current.Fingerprint})", (await CliRun.OfAsync(collector, "status")).Out, StringComparison.Ordinal);

        rules.Refuse("rules.yaml:3: own[0]\u001b[2J: must be set");
        var refused = await CliRun.OfAsync(collector, "status");
        Assert.Contains("older rules are in force: rules.yaml:3: own[0]", refused.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", refused.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_WithoutAgents_SaysHowToStartOne()
    {
        await using var collector = await TestCollector.StartAsync();
        Assert.Contains("No agent has connected yet", (await CliRun.OfAsync(collector, "status")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deployments_AsTable_OneLineEach()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.AddRange([Sample.Summary(Sample.Web, 2), Sample.Summary(Sample.Host)]);

        var run = await CliRun.OfAsync(collector, "deployments");

        Assert.Equal("DEPLOYMENT      PROCESS  FILE  EGRESS    LISTEN  ITEMS  REPLICAS  OPEN  BUDGET  LAST SEEN  BUDGET BY", run.Lines[0]);
        Assert.Equal("shop/web (app)  locked   -     learning  -           3         3     2    0.05  1h ago     Baselines:Budgets:2 (namespace shop)", run.Lines[1]);
        Assert.StartsWith("host node1 ", run.Lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_AsTable_SayWhereEachRuns()
    {
        await using var collector = await TestCollector.StartAsync();
        Assert.StartsWith("No images yet", (await CliRun.OfAsync(collector, "images")).Out, StringComparison.Ordinal);
        collector.Store.Images.AddRange([
            new("docker.io/library/nginx:1.25", "sha256:" + new string('d', 64), Sample.Noon.AddDays(-2), Sample.Noon, 3, 5, [Sample.Web.Id, Sample.OtherWeb.Id, Sample.Webhook.Id, Sample.WebSidecar.Id], 2, ["node1", "node2"]) { Created = Sample.Noon.AddDays(-9) },
            new("ghcr.io/x/\u001b[2Jy:1", "", Sample.Noon, Sample.Noon, 0, 1, [Sample.Web.Id], 1, ["node1"]),
        ]);

        var run = await CliRun.OfAsync(collector, "images");

        Assert.Equal("IMAGE                         DIGEST               REPLICAS  NODES  DEPLOYMENTS                                                    BUILT   FIRST SEEN  LAST SEEN", run.Lines[0]);
        Assert.Equal("docker.io/library/nginx:1.25  sha256:dddddddddddd         3      2  shop/web (app), test/web (app), shop/webhook (app) and 2 more  9d ago  2d ago      1h ago", run.Lines[1]);
        Assert.DoesNotContain("\u001b", run.Out, StringComparison.Ordinal);
        Assert.Equal("No image matches.", (await CliRun.OfAsync(collector, "images --text quay.io")).Lines.Single());
        Assert.Equal(ExitCode.SomethingFound, (await CliRun.OfAsync(collector, "images --since 90m --fail-on-any")).ExitCode);
        Assert.Contains("\"registry\": \"ghcr.io\"", (await CliRun.OfAsync(collector, "images --since 90m -o json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IncidentsList_Empty_SaysWhatItMeans()
    {
        await using var collector = await TestCollector.StartAsync();
        Assert.Contains("no agent is connected: nobody looks", (await CliRun.OfAsync(collector, "incidents list")).Out, StringComparison.Ordinal);

        collector.Store.Agents.Add(new("a1", "default", "node1", "0.1.0", "6.1.0", Sample.Noon, 7));
        collector.Store.Statuses["a1"] = new AgentStatus();
        collector.Store.Scopes.AddRange([Sample.Summary(Sample.Web), Sample.Summary(Sample.Webhook)]);

        Assert.Equal("No incidents yet: 2 deployments are still learning; see runtimectl deployments.", (await CliRun.OfAsync(collector, "incidents list")).Lines.Single());
        Assert.StartsWith("No incident matches.", (await CliRun.OfAsync(collector, "incidents list --since 2h")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IncidentsList_Filters_ReachTheCollector()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.AddRange([
            Sample.Incident("aaaa0001"), Sample.Incident("bbbb0002", severity: Severity.Low),
            Sample.Incident("cccc0003", state: Runtime.Collector.Incidents.IncidentState.Closed), Sample.Incident("dddd0004", Sample.OtherWeb),
        ]);

        var run = await CliRun.OfAsync(collector, "incidents list --scope shop --severity high --state open --since 2h --until 2026-04-26 --text miner");

        Assert.Equal(2, run.Lines.Length);
        Assert.Equal("aaaa0001  critical  open   shop/web (app)  nginx started a miner    41     2  59m ago", run.Lines[1]);
        Assert.Empty((await CliRun.OfAsync(collector, "incidents list --since 30m -o json")).Out.Split("aaaa0001")[1..]);
    }

    [Fact]
    public async Task IncidentsList_FailOnAny_TellsByExitCode()
    {
        await using var collector = await TestCollector.StartAsync();
        Assert.Equal(0, (await CliRun.OfAsync(collector, "incidents list --state open --fail-on-any")).ExitCode);
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001"));
        Assert.Equal(ExitCode.SomethingFound, (await CliRun.OfAsync(collector, "incidents list --state open --fail-on-any -o json")).ExitCode);
    }

    [Fact]
    public async Task IncidentsList_Paged_AndAll()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.AddRange(Enumerable.Range(0, 2100).Select(i => Sample.Incident($"inc{i:D5}")));

        var first = await CliRun.OfAsync(collector, "incidents list --limit 3");
        var token = first.Error.Split("--page-token ")[1].Split(',')[0];
        var second = await CliRun.OfAsync(collector, $"incidents list --limit 3 --page-token {token}");
        var all = await CliRun.OfAsync(collector, "incidents list --all -o json");

        Assert.StartsWith("inc00003", second.Lines[1], StringComparison.Ordinal);
        using var json = JsonDocument.Parse(all.Out);
        Assert.Equal(2100, json.RootElement.GetProperty("incidents").GetArrayLength());
        Assert.Equal("", json.RootElement.GetProperty("nextPageToken").GetString());
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "1 more kind of facts that always alert joined later and was not told")]
    [InlineData(2, "2 more kinds of facts that always alert joined later and were not told")]
    public async Task IncidentsShow_WithFactsThatNobodyWasToldOf_SaysHowMany(int untold, string? words)
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001") with { UntoldFacts = untold });

        var run = await CliRun.OfAsync(collector, "incidents show aaaa");

        Assert.Equal(words is not null, run.Out.Contains("always alert joined later", StringComparison.Ordinal));
        Assert.Contains(words ?? "", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IncidentsShow_HasTheWholeStory()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001"));
        collector.Store.Deviations.Add(Sample.Deviation("dev00001", "aaaa0001"));
        collector.Store.Deliveries.Add(new("slack", "delivered", 1, Sample.Noon.AddSeconds(1), "200 OK"));

        var run = await CliRun.OfAsync(collector, "incidents show aaaa");

        foreach (var words in new[]
        {
            "nginx started a miner  critical, open", "10,000 to 1 for an attack; this deployment alerts from 500", "T1105, T1496",
            "2026-04-25 12:00:00Z  dev00001  nginx started /tmp/xmrig, which its image does not have  2x",
            "  /tmp/xmrig -o stratum+tcp://10.0.0.9:3333  <-- deviates", "x200  the binary was written after the container started  T1105",
            "41 times, 2 pods, 1 container, 1 node", "slack  delivered  1 attempt  59m ago  200 OK",
            "runtimectl events list --scope default/shop/Deployment/web/app --since 2026-04-25T11:55Z", "runtimectl incidents approve aaaa0001 --note WHY",
        })
        {
            Assert.Contains(words, run.Out, StringComparison.Ordinal);
        }
    }

    /// <summary>As the engine made it: the floor of a container that a new peer was seen in.</summary>
    [Fact]
    public async Task IncidentsShow_OfALiftedFloor_SaysWhatIsUsedAndWhatWasBefore()
    {
        var web = WatchedWeb.Trained();
        web.Lift(web.Replicas[0], after: "203.0.113.9");
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.AddRange(web.Incidents);
        collector.Store.Deviations.AddRange(web.Deviations);
        var id = web.Incidents.Single().Id;

        var text = await CliRun.OfAsync(collector, "incidents show " + id);
        var json = JsonDocument.Parse((await CliRun.OfAsync(collector, $"incidents show {id} -o json")).Out).RootElement;

        foreach (var words in new[]
        {
            "web-1 in shop/web has not used less than 0.50 cores for 12 min: at this load it came down to 0.11 within any 2 min in 24 h",
            "x30  it uses 0.50 cores at least at 100 packets a second, where it came down to 0.11 in 99.5 % of 24 h",
            "x1  most of it is used by /usr/sbin/nginx", "x1  1 other replica of this image does not show it", "T1496.001",
        })
        {
            Assert.Contains(words, text.Out, StringComparison.Ordinal);
        }

        var use = json.GetProperty("deviations").EnumerateArray().Single(deviation => deviation.GetProperty("kind").GetString() == "resource");
        Assert.Equal(("floor|sha256:aaaa", 30), (use.GetProperty("key").GetString(), use.GetProperty("eValue").GetDouble()));
        Assert.Equal(0, (await CliRun.OfAsync(collector, "deviations list --kind resource")).ExitCode);
        Assert.Equal(0, (await CliRun.OfAsync(collector, "incidents list --kind resource")).ExitCode);
    }

    [Fact]
    public async Task IncidentsCloseAndApprove_ChangeAndSayWho()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.AddRange([Sample.Incident("aaaa0001"), Sample.Incident("bbbb0002")]);

        Assert.Equal("Closed aaaa0001 as benign: nginx started a miner", (await CliRun.OfAsync(collector, "incidents close aaaa --verdict benign --note load-test")).Lines.Single());
        Assert.Equal(0, (await CliRun.OfAsync(collector, "incidents approve bbbb")).ExitCode);
        var again = await CliRun.OfAsync(collector, "incidents close aaaa --verdict benign");

        Assert.Equal("load-test", collector.Store.Incidents[0].Audit.Single().Note);
        Assert.Contains("(uid ", collector.Store.Incidents[1].Audit.Single().Who, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, again.ExitCode);
        Assert.Contains("closed already, by", again.Error, StringComparison.Ordinal);
        Assert.Contains("What people did", (await CliRun.OfAsync(collector, "incidents show aaaa")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deviations_ListAndApprove()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Deviations.Add(Sample.Deviation("dev00001", "aaaa0001"));

        Assert.Contains("dev00001  critical  open", (await CliRun.OfAsync(collector, "deviations list --kind exec")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await CliRun.OfAsync(collector, "deviations list --kind file_read")).ExitCode);
        Assert.Equal(0, (await CliRun.OfAsync(collector, "incidents list --kind file_read")).ExitCode);
        Assert.Equal("Approved: exec /tmp/xmrig is now part of the baseline of shop/web (app).", (await CliRun.OfAsync(collector, "deviations approve dev0 --note ok")).Lines.Single());
    }

    [Fact]
    public async Task Digest_ForPeople_HasTheStrongestFirstAndHowToLookFurther()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Digests = Sample.Digests();

        var run = await CliRun.OfAsync(collector, "digest");

        Assert.Equal(
            """
            Cluster default, of the last daily digest (2026-04-25 07:00:00Z (6h ago)) and since
            EVIDENCE  ALERTS FROM  DEPLOYMENT      WHAT                           SEEN  PODS  FIRST SEEN  TOLD     ID
                 600          500  shop/web (app)  cron's sh wrote /etc/cron.d/x    41     2  1h ago      not yet  aaaa0001
                12.5          500  host node1      curl connected to 203.0.113.9    41     2  1h ago      6h ago   bbbb0002
              1 of them reaches what it takes to alert: a scheduler started it in the first week, so nobody was paged.
              7 more with weaker evidence.
              2 others are still open, and nothing was seen of them since they were told.
            Look further: runtimectl incidents show ID; all of them: runtimectl incidents list --state open
            """.ReplaceLineEndings("\n").Split('\n'), run.Lines);
        await CliRun.OfAsync(collector, "digest --since 7d");
        Assert.Equal(Sample.Noon.AddHours(1).AddDays(-7), collector.Store.DigestsSince);
    }

    [Fact]
    public async Task Digest_Empty_SaysWhatItMeans()
    {
        await using var collector = await TestCollector.StartAsync();
        Assert.Contains("No daily digest was due so far", (await CliRun.OfAsync(collector, "digest")).Out, StringComparison.Ordinal);
        collector.Store.Digests = new(Sample.Noon.AddHours(-5), []);
        Assert.Contains("The last daily digest was made 6h ago", (await CliRun.OfAsync(collector, "digest")).Out, StringComparison.Ordinal);
        Assert.StartsWith("Nothing since 2026-04-18", (await CliRun.OfAsync(collector, "digest --since 7d")).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync(collector, "digest --since yesterday")).ExitCode);
    }

    [Fact]
    public async Task IncidentsShow_OfWhatWaitsForTheDigest_SaysWhy()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001") with { AlertedRevision = 0, DelayedRevision = 1 });
        Assert.Contains("left to the daily digest: a scheduler started it", (await CliRun.OfAsync(collector, "incidents show aaaa")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EventsList_AndFollow()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Append(Sample.Exec(null, "/bin/sh", "-c", "id"), Sample.Connect());

        var list = await CliRun.OfAsync(collector, "events list --kind exec");
        Assert.Contains("exec /bin/sh", list.Lines.Single(line => line.Contains("web-5d9c-x1", StringComparison.Ordinal)), StringComparison.Ordinal);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        stop.CancelAfter(TimeSpan.FromSeconds(20));
        using var output = new SignalWriter("10.0.0.77");
        var following = Runtimectl.RunAsync(
            ["--socket", collector.Socket, "events", "--follow", "--since", "2h", "-o", "json"], new Terminal(output, TextWriter.Null, null, false, new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Sample.Noon.AddHours(1))), stop.Token);
        collector.Store.Append(Sample.Connect("10.0.0.77"));
        await output.Seen.WaitAsync(stop.Token);
        await stop.CancelAsync();

        Assert.Equal(0, await following);
        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([1, 2, 3], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetInt32()));
    }

    [Fact]
    public async Task NotifierTest_TellsTheAnswer()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Notifiers["slack"] = new(false, "HTTP 404 no_team", TimeSpan.FromMilliseconds(80));
        var run = await CliRun.OfAsync(collector, "notifier test slack");
        Assert.Equal((ExitCode.Failed, "Not delivered after 80 ms: HTTP 404 no_team"), (run.ExitCode, run.Lines.Single()));
        Assert.Equal(ExitCode.NotFound, (await CliRun.OfAsync(collector, "notifier test pager")).ExitCode);
    }

    [Fact]
    public async Task JsonAndYaml_HoldTheSame()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001"));
        collector.Store.Deviations.Add(Sample.Deviation("dev00001", "aaaa0001"));

        using var json = JsonDocument.Parse((await CliRun.OfAsync(collector, "incidents show aaaa -o json")).Out);
        var yaml = new YamlStream();
        yaml.Load(new StringReader((await CliRun.OfAsync(collector, "incidents show aaaa -o yaml")).Out));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;

        Assert.Equal(41, json.RootElement.GetProperty("count").GetInt32());
        Assert.Equal("SEVERITY_CRITICAL", json.RootElement.GetProperty("severity").GetString());
        Assert.Equal("41", ((YamlScalarNode)root["count"]).Value);
        Assert.Equal(json.RootElement.GetProperty("processTree").GetString(), ((YamlScalarNode)root["processTree"]).Value);
        Assert.Equal(json.RootElement.EnumerateObject().Count(), root.Children.Count);
    }

    private sealed class SignalWriter(string words) : StringWriter
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains(words, StringComparison.Ordinal) == true)
            {
                _seen.TrySetResult();
            }
        }
    }
}
