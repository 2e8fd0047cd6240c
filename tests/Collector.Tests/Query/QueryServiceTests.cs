using System.Net;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Runtime.Collector.Incidents;
using Runtime.Collector.Security;
using Runtime.Collector.Tests.Hosting;
using Runtime.V1;
using Xunit;

namespace Runtime.Collector.Tests.Query;

/// <summary>Through a real socket and real messages: the way callers see it.</summary>
public sealed class QueryServiceTests
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetStatus_WithAgents_TellsFiguresAndHooks()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Agents.Add(new("a1", "default", "node1", "0.1.0", "6.1.0", Sample.Noon, 7));
        collector.Store.Agents.Add(new("a2", "default", "node2", "0.1.0", "6.1.0", Sample.Noon, 1));
        collector.Store.Statuses["a1"] = new AgentStatus { Hooks = { new V1.Hook { Name = "exec", Attached = false, Reason = "no BTF", Loses = "execs" } }, Counters = { ["queue.dropped"] = 5 } };

        var status = await collector.Client().GetStatusAsync(new(), cancellationToken: Stop);

        Assert.Equal(2, status.Agents.Count);
        Assert.True(status.Agents[0].Connected);
        Assert.Equal("no BTF", status.Agents[0].Hooks.Single().Reason);
        Assert.Equal(5UL, status.Agents[0].Counters["queue.dropped"]);
        Assert.False(status.Agents[1].Connected);
        Assert.Equal(3UL, status.EventsWaiting);
        Assert.NotEmpty(status.Version);
    }

    [Fact]
    public async Task GetStatus_WithMessagesOfARemovedNotifier_NamesItAndNoOther()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Notifiers["ops"] = new(true, "", TimeSpan.Zero);
        collector.Store.Outbox.Add(new("Ops", 2));
        collector.Store.Outbox.Add(new("old", 40));

        var status = await collector.Client().GetStatusAsync(new(), cancellationToken: Stop);

        Assert.Equal(43UL, status.OutboxWaiting);
        Assert.Equal([("Ops", 2UL), ("old", 40UL)], status.RemovedNotifiers.Select(removed => (removed.Name, removed.Waiting)));
        using var http = collector.Http();
        var json = JsonDocument.Parse(await http.GetStringAsync("/v1/status", Stop));
        Assert.Equal(40, json.RootElement.GetProperty("removedNotifiers")[1].GetProperty("waiting").GetInt32());
    }

    [Fact]
    public async Task Status_OverHttp_IsTheSameAsJson()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("1111aaaa"));

        using var http = collector.Http();
        var json = JsonDocument.Parse(await http.GetStringAsync("/v1/status", Stop));

        Assert.Equal(1, json.RootElement.GetProperty("openIncidents").GetInt32());
    }

    [Fact]
    public async Task ListDeployments_HasScopePartsAndGroups()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web, openIncidents: 2));

        var deployment = (await collector.Client().ListDeploymentsAsync(new(), cancellationToken: Stop)).Deployments.Single();

        Assert.Equal(("default", "shop", "Deployment", "web", "app"), (deployment.Cluster, deployment.Namespace, deployment.OwnerKind, deployment.OwnerName, deployment.Container));
        Assert.Equal(["locked", "learning"], deployment.Groups.Select(group => group.State));
        Assert.Equal(3UL, deployment.Items);
        Assert.Equal(2UL, deployment.OpenIncidents);
        Assert.Equal("1 more start; 12 quiet hours", deployment.Groups[1].WaitsFor);
    }

    [Fact]
    public async Task ListDeviations_OfEachKindThatThereIs_IsAQuestion()
    {
        await using var collector = await TestCollector.StartAsync();

        // A command only says whose what runs below it is: it never deviates itself.
        foreach (var kind in System.Enum.GetValues<Runtime.Collector.Baselines.ItemKind>().Where(kind => kind != Runtime.Collector.Baselines.ItemKind.Command).Select(Runtime.Collector.Baselines.Item.Name))
        {
            collector.Store.Deviations.Add(Sample.Deviation("dev-" + kind, "inc1") with { Kind = kind });
            var answer = await collector.Client().ListDeviationsAsync(new() { Kind = kind }, cancellationToken: Stop);
            Assert.Equal("dev-" + kind, answer.Deviations.Single().Id);
        }
    }

    [Fact]
    public async Task ListIncidents_Paged_GivesAllOnce()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.AddRange(Enumerable.Range(0, 25).Select(i => Sample.Incident($"inc{i:D5}")));
        var client = collector.Client();

        List<string> seen = [];
        var token = "";
        do
        {
            var page = await client.ListIncidentsAsync(new() { PageSize = 10, PageToken = token }, cancellationToken: Stop);
            seen.AddRange(page.Incidents.Select(incident => incident.Id));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(collector.Store.Incidents.Select(incident => incident.Id), seen);
    }

    public static TheoryData<ListIncidentsRequest, string> WrongLists => new()
    {
        { new() { PageSize = 1001 }, "page_size = \"1001\": must be 1 to 1000" },
        { new() { PageSize = -1 }, "page_size = \"-1\": must be 1 to 1000" },
        { new() { PageToken = "!!" }, "page_token = \"!!\": must be the next_page_token" },
        { new() { PageToken = "AAAAAAAAAAAAAAAA" }, "page_token = \"AAAAAAAAAAAAAAAA\": must be the next_page_token" },
        { new() { Kind = "files" }, "kind = \"files\": must be one of exec, edge" },
        { new() { State = "Open" }, "state = \"Open\": must be one of open, closed, approved" },
        { new() { MinSeverity = (Severity)9 }, "min_severity = \"9\"" },
        { new() { Since = new Timestamp { Seconds = 1, Nanos = -4 } }, "since = \"1 s, -4 ns\"" },
        { new() { Since = new Timestamp { Seconds = 20 }, Until = new Timestamp { Seconds = 10 } }, "must not be after until" },
        { new() { Text = new string('x', 257) }, "text = \"xxx" },
    };

    [Theory]
    [MemberData(nameof(WrongLists))]
    public async Task ListIncidents_WithAWrongField_NamesFieldValueAndRule(ListIncidentsRequest request, string words)
    {
        await using var collector = await TestCollector.StartAsync();
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await collector.Client().ListIncidentsAsync(request, cancellationToken: Stop));
        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains(words, fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PageToken_WithOtherFilters_IsRefused()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.AddRange(Enumerable.Range(0, 3).Select(i => Sample.Incident($"inc{i:D5}")));
        var client = collector.Client();
        var token = (await client.ListIncidentsAsync(new() { PageSize = 1 }, cancellationToken: Stop)).NextPageToken;

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await client.ListIncidentsAsync(new() { PageToken = token, State = "open" }, cancellationToken: Stop));

        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Equal(2, (await client.ListIncidentsAsync(new() { PageToken = token, PageSize = 500 }, cancellationToken: Stop)).Incidents.Count);
    }

    [Fact]
    public async Task GetIncident_ByPrefix_HasEverything()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.AddRange([Sample.Incident("abcd1234"), Sample.Incident("abff1234")]);
        collector.Store.Deviations.Add(Sample.Deviation("dev00001", "abcd1234"));
        collector.Store.Deliveries.Add(new("slack", "delivered", 1, Sample.Noon, "200 OK"));

        var incident = await collector.Client().GetIncidentAsync(new() { Id = "abcd" }, cancellationToken: Stop);

        Assert.Equal("abcd1234", incident.Id);
        Assert.Equal("slack", incident.Deliveries.Single().Notifier);
        Assert.Equal(["/tmp/xmrig", "/usr/sbin/nginx"], incident.Deviations.Single().Lineage.Select(process => process.Binary));
        Assert.Equal(["upper_layer", "network_facing"], incident.Deviations[0].Lineage[0].Flags);
    }

    [Theory]
    [InlineData("abc", StatusCode.InvalidArgument, "at least its first 4")]
    [InlineData("ab/..", StatusCode.InvalidArgument, "letters and digits")]
    [InlineData("zzzz", StatusCode.NotFound, "no incident has an id")]
    [InlineData("abcd", StatusCode.InvalidArgument, "abcd1111, abcd2222")]
    public async Task GetIncident_WithAWrongId_SaysWhy(string id, StatusCode code, string words)
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.AddRange([Sample.Incident("abcd1111"), Sample.Incident("abcd2222")]);
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await collector.Client().GetIncidentAsync(new() { Id = id }, cancellationToken: Stop));
        Assert.Equal(code, fault.StatusCode);
        Assert.Contains(words, fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CloseIncident_WritesTheCallerToTheAudit_AndOnlyOnce()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("abcd1111"));
        var client = collector.Client();

        var closed = await client.CloseIncidentAsync(new() { Id = "abcd1111", Verdict = "benign", Note = "load test" }, cancellationToken: Stop);
        var again = await Assert.ThrowsAsync<RpcException>(async () => await client.CloseIncidentAsync(new() { Id = "abcd1111", Verdict = "benign" }, cancellationToken: Stop));

        Assert.Equal("closed", closed.State);
        Assert.EndsWith($"(uid {Libc.EffectiveUser()})", closed.Audit.Single().Who, StringComparison.Ordinal);
        Assert.Equal(("close benign", "load test"), (closed.Audit[0].Action, closed.Audit[0].Note));
        Assert.Equal(StatusCode.FailedPrecondition, again.StatusCode);
        Assert.Contains("closed already, by", again.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CloseIncident_OverHttp_TakesABody()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("abcd1111"));
        using var http = collector.Http();

        using var answer = await http.PostAsync("/v1/incidents/abcd1111:close", new StringContent("""{"verdict":"malicious"}""", null, "application/json"), Stop);
        using var wrong = await http.PostAsync("/v1/incidents/abcd1111:close", new StringContent("""{"verdict":"maybe"}""", null, "application/json"), Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(IncidentState.Closed, collector.Store.Incidents[0].State);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("must be one of benign, malicious, unknown", await wrong.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApproveDeviation_Twice_SaysItIsApproved()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Deviations.Add(Sample.Deviation("dev00001", "abcd1111"));
        var client = collector.Client();

        Assert.Equal("approved", (await client.ApproveDeviationAsync(new() { Id = "dev0" }, cancellationToken: Stop)).State);
        var again = await Assert.ThrowsAsync<RpcException>(async () => await client.ApproveDeviationAsync(new() { Id = "dev0" }, cancellationToken: Stop));

        Assert.Equal(StatusCode.FailedPrecondition, again.StatusCode);
    }

    [Fact]
    public async Task GetDigest_HasLinesOfEachCluster_AlsoAsJson()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Digests = Sample.Digests();

        var answer = await collector.Client().GetDigestAsync(new(), cancellationToken: Stop);
        Assert.Null(collector.Store.DigestsSince);
        using var http = collector.Http();
        var json = JsonDocument.Parse(await http.GetStringAsync("/v1/digest?since=2026-04-25T07:30:00Z", Stop));

        Assert.Equal(Sample.Noon.AddHours(-5), answer.Last.ToDateTimeOffset());
        var digest = Assert.Single(answer.Digests);
        Assert.Equal(("default", 7UL, 2UL), (digest.Cluster, digest.More, digest.Quiet));
        var line = digest.Lines[0];
        Assert.Equal(("aaaa0001", 600, 500, true, 2U, "web-5d9c-x1"), (line.IncidentId, line.EValue, line.Threshold, line.Delayed, line.PodCount, line.Pods[0]));
        Assert.Null(line.Told);
        Assert.Equal((false, Sample.Noon.AddHours(-5)), (digest.Lines[1].Delayed, digest.Lines[1].Told.ToDateTimeOffset()));
        Assert.Equal(Sample.Noon.AddHours(-4.5), collector.Store.DigestsSince);
        Assert.Equal("bbbb0002", json.RootElement.GetProperty("digests")[0].GetProperty("lines")[1].GetProperty("incidentId").GetString());
    }

    [Fact]
    public async Task TestNotifier_Unknown_NamesTheKnown()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Notifiers["slack"] = new(true, "200 ok", TimeSpan.FromMilliseconds(12));
        var client = collector.Client();

        Assert.Equal(12U, (await client.TestNotifierAsync(new() { Name = "slack" }, cancellationToken: Stop)).Milliseconds);
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await client.TestNotifierAsync(new() { Name = "slick" }, cancellationToken: Stop));

        Assert.Equal(StatusCode.NotFound, fault.StatusCode);
        Assert.Contains("the settings have slack", fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StoreFault_IsToldWithoutItsInsides()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Fault = new InvalidOperationException("password of the store");
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await collector.Client().GetStatusAsync(new(), cancellationToken: Stop));
        Assert.Equal(StatusCode.Internal, fault.StatusCode);
        Assert.DoesNotContain("password", fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FollowEvents_WithSince_GivesStoredAndNewWithoutAGap()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Append([.. Enumerable.Range(0, 1200).Select(_ => Sample.Exec())]);
        using var limit = new CancellationTokenSource(_limit);

        using var call = collector.Client().FollowEvents(new() { Since = Timestamp.FromDateTimeOffset(Sample.Noon) }, cancellationToken: limit.Token);
        List<long> ids = [];
        var adding = Task.Run(() =>
        {
            for (var i = 0; i < 1300; i++)
            {
                collector.Store.Append(Sample.Exec());
            }
        }, Stop);
        while (ids.Count < 2500 && await call.ResponseStream.MoveNext(limit.Token))
        {
            ids.Add(call.ResponseStream.Current.Id);
        }

        await adding;
        Assert.Equal(Enumerable.Range(1, 2500).Select(i => (long)i), ids);
    }

    [Fact]
    public async Task FollowEvents_FromNow_SkipsWhatIsStoredAndFilters()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Append(Sample.Connect("10.0.0.1"));
        using var limit = new CancellationTokenSource(_limit);

        using var call = collector.Client().FollowEvents(new() { Kind = "network" }, cancellationToken: limit.Token);
        await call.ResponseHeadersAsync;
        collector.Store.Append(Sample.Exec(), Sample.Connect("10.0.0.2"));

        Assert.True(await call.ResponseStream.MoveNext(limit.Token));
        Assert.Equal("connect 10.0.0.2:443", call.ResponseStream.Current.Summary);
        Assert.Equal("10.0.0.2:443", call.ResponseStream.Current.Details["remote"]);
    }
}
