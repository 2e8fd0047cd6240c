using System.Net;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Runtime.Collector.Tests.Hosting;
using Runtime.V1;
using Xunit;
using SearchHit = Runtime.Collector.Query.Search.SearchHit;

namespace Runtime.Collector.Tests.Query;

/// <summary>Searches through a real socket, as gRPC and as JSON.</summary>
public sealed class SearchServiceTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Search_AnswersAllThreeKindsOfRecords()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Hits.AddRange([
            new SearchHit(Sample.Noon, true, Sample.Exec(), null, null), new SearchHit(Sample.Noon, true, null, Sample.Deviation("dev00001", "aaaa0001"), null),
            new SearchHit(Sample.Noon, false, null, null, Sample.Incident("aaaa0001")),
        ]);

        var first = await collector.Client().SearchAsync(new() { Query = "since:7d", PageSize = 2 }, cancellationToken: Stop);
        var second = await collector.Client().SearchAsync(new() { Query = "since:7d", PageSize = 2, PageToken = first.NextPageToken }, cancellationToken: Stop);

        Assert.Equal([V1.SearchHit.RecordOneofCase.Event, V1.SearchHit.RecordOneofCase.Deviation], first.Hits.Select(hit => hit.RecordCase));
        Assert.Equal((true, "docker.io/library/nginx:1.25"), (first.Hits[0].New, first.Hits[0].Event.Image));
        Assert.Equal("aaaa0001", Assert.Single(second.Hits).Incident.Id);
        Assert.Empty(second.NextPageToken);
        Assert.Equal(["events", "deviations", "incidents"], second.Searched);
    }

    [Fact]
    public async Task Search_ThatCannotBeAsked_TellsEveryPlace()
    {
        await using var collector = await TestCollector.StartAsync();

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await collector.Client().SearchAsync(new() { Query = "bynary:/x since:y" }, cancellationToken: Stop));

        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains("column 1: there is no field \"bynary\"; did you mean \"binary\"?; column 17: since:", fault.Status.Detail, StringComparison.Ordinal);
        var status = Google.Rpc.Status.Parser.ParseFrom(fault.Trailers.GetValueBytes("grpc-status-details-bin"));
        var violations = status.Details.Single(detail => detail.Is(Google.Rpc.BadRequest.Descriptor)).Unpack<Google.Rpc.BadRequest>().FieldViolations;
        Assert.Equal(["query", "query"], violations.Select(violation => violation.Field));
        Assert.StartsWith("column 17, length 1: since: must be", violations[1].Description, StringComparison.Ordinal);
        var faults = status.Details.Single(detail => detail.Is(SearchFaults.Descriptor)).Unpack<SearchFaults>();
        Assert.Equal([(0, 6), (16, 1)], faults.Faults.Select(place => (place.Column, place.Length)));
        Assert.Equal("bynary:/x since:y", faults.Query);
    }

    [Fact]
    public async Task Search_OverHttp_IsTheSameWithPlacesInTheDetails()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Hits.Add(new SearchHit(Sample.Noon, true, Sample.Exec(), null, null));
        using var http = collector.Http();

        using var found = JsonDocument.Parse(await http.GetStringAsync("/v1/search?query=binary%3A%2Fusr%2F*%20new%3Atrue", Stop));
        Assert.Equal("exec", found.RootElement.GetProperty("hits")[0].GetProperty("event").GetProperty("kind").GetString());

        var refused = await http.GetAsync("/v1/search?query=since%3Ay", Stop);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var text = await refused.Content.ReadAsStringAsync(Stop);
        Assert.Contains("column 7: since: must be", text, StringComparison.Ordinal);
        using var body = JsonDocument.Parse(text);
        Assert.Equal("query", body.RootElement.GetProperty("details")[0].GetProperty("fieldViolations")[0].GetProperty("field").GetString());
        Assert.Equal(6, body.RootElement.GetProperty("details")[1].GetProperty("faults")[0].GetProperty("column").GetInt32());
    }

    [Fact]
    public async Task Requests_OutsideTheirBounds_AreRefused()
    {
        await using var collector = await TestCollector.StartAsync();
        var client = collector.Client();
        await Refused(() => client.SearchAsync(new() { PageSize = 1001 }, cancellationToken: Stop), "page_size");
        await Refused(() => client.SearchAsync(new() { PageToken = "zzz" }, cancellationToken: Stop), "page_token");
        await Refused(() => client.SearchAsync(new() { Query = new string('x', 3000) }, cancellationToken: Stop), "at most 2000 characters");
        await Refused(() => client.FindSightingsAsync(new() { What = "" }, cancellationToken: Stop), "what");
        await Refused(() => client.FindSightingsAsync(new() { What = new string('x', 300) }, cancellationToken: Stop), "what");
        await Refused(() => client.FindSightingsAsync(new() { What = "/*a*b*c*d*" }, cancellationToken: Stop), "at most 4 *");
        await Refused(() => client.FindSightingsAsync(new() { What = "/x", Limit = -1 }, cancellationToken: Stop), "limit");
        await Refused(() => client.ListNewsAsync(new(), cancellationToken: Stop), "since");
        await Refused(() => client.ListNewsAsync(new() { Since = Sample.Noon.ToTimestamp(), Until = Sample.Noon.AddDays(-1).ToTimestamp() }, cancellationToken: Stop), "must not be after until");
        await Refused(() => client.ListNewsAsync(new() { Since = Sample.Noon.ToTimestamp(), Query = "binary:/x" }, cancellationToken: Stop), "binary says nothing of deployments");
        await Refused(() => client.DecideItemsAsync(new() { Scope = "web", Reason = "x" }, cancellationToken: Stop), "decisions");
        await Refused(() => client.DecideItemsAsync(Decision("exec", "/x", ""), cancellationToken: Stop), "reason");
        await Refused(() => client.DecideItemsAsync(Decision("", "/x"), cancellationToken: Stop), "kind");
        await Refused(() => client.DecideItemsAsync(Decision("command", "/x"), cancellationToken: Stop), "kind");
        await Refused(() => client.DecideItemsAsync(Decision("file_write", "/x|create|/y/%{any}|other"), cancellationToken: Stop), "template");

        static DecideItemsRequest Decision(string kind, string key, string reason = "why") => new() { Scope = "web", Reason = reason, Decisions = { new ItemDecision { Kind = kind, Key = key, Approve = true } } };

        static async Task Refused<T>(Func<AsyncUnaryCall<T>> ask, string words)
        {
            var fault = await Assert.ThrowsAsync<RpcException>(async () => await ask());
            Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
            Assert.Contains(words, fault.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ListNews_HasItemsAndDeviationsOfDeploymentsThatHaveAny()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.AddRange([Sample.Summary(Sample.Web), Sample.Summary(Sample.Webhook)]);
        collector.Store.Baselines[Sample.Webhook.Id] = Sample.Baseline(Sample.Webhook) with { Items = [] };

        var news = await collector.Client().ListNewsAsync(new() { Since = Sample.Noon.AddDays(-2).ToTimestamp(), Query = "namespace:shop" }, cancellationToken: Stop);

        var web = Assert.Single(news.Deployments);
        Assert.Equal((Sample.Web.Id, "/usr/sbin/nginx > /bin/sh"), (web.ScopeId, Assert.Single(web.Items).Key));
        Assert.Equal((2u, ""), (news.Searched, news.NextPageToken));

        var first = await collector.Client().ListNewsAsync(new() { Since = Sample.Noon.AddDays(-9).ToTimestamp(), PageSize = 1 }, cancellationToken: Stop);
        Assert.Equal(3, Assert.Single(first.Deployments).Items.Count);
        Assert.Equal(Sample.Web.Id, first.NextPageToken);
    }

    [Fact]
    public async Task DecideItems_TellsWhoAndWhy()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));

        var answer = await collector.Client().DecideItemsAsync(
            new() { Scope = "shop/web", Reason = "review 7", Decisions = { new ItemDecision { Kind = "exec", Key = "/a", Approve = true }, new ItemDecision { Kind = "edge", Key = "/a > /b" } } }, cancellationToken: Stop);

        Assert.Equal([("exec", "approved"), ("edge", "removed")], answer.Items.Select(item => (item.Kind, item.State)));
        var (scope, decisions, who, reason) = Assert.Single(collector.Store.Decided);
        Assert.Equal((Sample.Web.Id, "review 7", 2), (scope, reason, decisions.Count));
        Assert.Contains("(uid ", who, StringComparison.Ordinal);
    }
}
