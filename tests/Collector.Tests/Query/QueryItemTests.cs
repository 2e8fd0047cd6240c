using System.Net;
using Grpc.Core;
using Runtime.Collector.Security;
using Runtime.Collector.Tests.Hosting;
using Runtime.V1;
using Xunit;

namespace Runtime.Collector.Tests.Query;

/// <summary>Baselines as callers see them, and what people change in them.</summary>
public sealed class QueryItemTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("default/shop/Deployment/web/app")]
    [InlineData("shop/web/app")]
    [InlineData("webhook")]
    [InlineData("hook")]
    [InlineData("node1")]
    public async Task GetBaseline_ByShortForm_FindsTheOne(string words)
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.AddRange([Sample.Summary(Sample.Web), Sample.Summary(Sample.WebSidecar), Sample.Summary(Sample.Webhook), Sample.Summary(Sample.Host)]);

        var baseline = await collector.Client().GetBaselineAsync(new() { Scope = words }, cancellationToken: Stop);

        Assert.Contains(words.Split('/')[^1], baseline.Deployment.ScopeId, StringComparison.Ordinal);
        Assert.Equal(3, baseline.Items.Count);
        Assert.Equal("root (uid 0)", baseline.Items[1].ApprovedBy);
        Assert.Null(baseline.Items[0].ApprovedAt);
    }

    [Fact]
    public async Task GetBaseline_Ambiguous_ListsTheCandidates()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.AddRange([Sample.Summary(Sample.Web), Sample.Summary(Sample.OtherWeb), Sample.Summary(Sample.Webhook)]);

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await collector.Client().GetBaselineAsync(new() { Scope = "web" }, cancellationToken: Stop));

        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains("default/shop/Deployment/web/app, default/test/Deployment/web/app", fault.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("webhook", fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetBaseline_Unknown_IsNotFound()
    {
        await using var collector = await TestCollector.StartAsync();
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await collector.Client().GetBaselineAsync(new() { Scope = "nothing" }, cancellationToken: Stop));
        Assert.Equal(StatusCode.NotFound, fault.StatusCode);
    }

    [Fact]
    public async Task ExpandItem_BringsNamesBackAndKeepsWho()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));
        collector.Store.Baselines[Sample.Web.Id] = Sample.Unsettled(Sample.Web);
        var client = collector.Client();

        var shown = await client.GetBaselineAsync(new() { Scope = "shop/web" }, cancellationToken: Stop);
        var template = shown.Items.Single();
        Assert.Equal((1214UL, 2), (template.Names, template.Examples.Count));
        Assert.Equal(("/usr/sbin/nginx|create|/opt/app/", 40UL), (shown.Deployment.Groups[0].Churning[0].Prefix, shown.Deployment.Groups[0].Churning[0].Items));

        var expanded = await client.ExpandItemAsync(new() { Scope = "shop/web", Key = template.Key, Note = "too wide" }, cancellationToken: Stop);

        Assert.Equal((Sample.Web.Id, template.Key, 2, 1212UL), (expanded.ScopeId, expanded.Key, expanded.Items.Count, expanded.Forgotten));
        var kept = Assert.Single(collector.Store.Expanded);
        Assert.Equal((Sample.Web.Id, template.Key, "too wide"), (kept.Scope, kept.Key, kept.Note));
        Assert.Contains("(uid ", kept.Who, StringComparison.Ordinal);

        using var http = collector.Http();
        using var answer = await http.PostAsync("/v1/baseline:expand", new StringContent($$"""{"scope":"shop/web","key":"{{template.Key}}"}""", global::System.Text.Encoding.UTF8, "application/json"), Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("shop/web", "/usr/sbin/nginx|create|/var/cache/x|other", StatusCode.NotFound, "no item of this key that stands for several names")]
    [InlineData("shop/web", "", StatusCode.InvalidArgument, "key = \"\": must be an item's key")]
    [InlineData("nothing", "x", StatusCode.NotFound, "nothing")]
    public async Task ExpandItem_OfNothing_SaysWhy(string scope, string key, StatusCode code, string words)
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));
        collector.Store.Baselines[Sample.Web.Id] = Sample.Unsettled(Sample.Web);
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await collector.Client().ExpandItemAsync(new() { Scope = scope, Key = key }, cancellationToken: Stop));
        Assert.Equal(code, fault.StatusCode);
        Assert.Contains(words, fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RemoveBaselineItem_ByScopeAndKey_NamesTheCaller()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));

        var removed = await collector.Client().RemoveBaselineItemAsync(new() { Scope = "shop/web", Key = "/usr/sbin/nginx > /bin/sh", Reason = "no shell here" }, cancellationToken: Stop);
        using var http = collector.Http();
        using var answer = await http.PostAsync(
            "/v1/baseline:remove", new StringContent("""{"scope":"web","kind":"egress","key":"10.0.0.0/24:5432","reason":"another database"}""", null, "application/json"), Stop);

        Assert.Equal(("removed", "no shell here", Sample.Noon), (removed.State, removed.RemovedReason, removed.RemovedAt.ToDateTimeOffset()));
        Assert.EndsWith($"(uid {Libc.EffectiveUser()})", removed.RemovedBy, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            [(Sample.Web.Id, "edge", "/usr/sbin/nginx > /bin/sh", "no shell here"), (Sample.Web.Id, "egress", "10.0.0.0/24:5432", "another database")],
            collector.Store.Removals.Select(removal => (removal.ScopeId, removal.Kind, removal.Key, removal.Reason)));
    }

    [Theory]
    [InlineData("shop/web", "", "/usr/sbin/nginx", " ", StatusCode.InvalidArgument, "reason = \" \": must say why")]
    [InlineData("shop/web", "", "", "x", StatusCode.InvalidArgument, "key = \"\": must be an item's key")]
    [InlineData("shop/web", "file", "/usr/sbin/nginx", "x", StatusCode.InvalidArgument, "kind = \"file\": must be one of exec")]
    [InlineData("shop/web", "", "/usr/sbin", "x", StatusCode.NotFound, "has no such item; it must be the whole key")]
    [InlineData("shop/web", "edge", "/usr/sbin/nginx", "x", StatusCode.NotFound, "has no such item of kind edge")]
    [InlineData("shop/web", "", "twice", "x", StatusCode.InvalidArgument, "kind = \"\": must say which: the key is of the kinds egress, listen")]
    [InlineData("shop/web", "", "gone", "x", StatusCode.FailedPrecondition, "exec gone was removed already, by ann at 2026-04-25 12:00:00Z")]
    [InlineData("nothing", "", "x", "x", StatusCode.NotFound, "no deployment is known by this name")]
    public async Task RemoveBaselineItem_WithAWrongField_SaysWhy(string scope, string kind, string key, string reason, StatusCode code, string words)
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));
        collector.Store.MoreItems.AddRange([
            Sample.Item("egress", "twice"), Sample.Item("listen", "twice"), Sample.Item("exec", "gone") with { State = "removed", RemovedBy = "ann", RemovedAt = Sample.Noon },
        ]);

        var fault = await Assert.ThrowsAsync<RpcException>(
            async () => await collector.Client().RemoveBaselineItemAsync(new() { Scope = scope, Kind = kind, Key = key, Reason = reason }, cancellationToken: Stop));

        Assert.Equal(code, fault.StatusCode);
        Assert.Contains(words, fault.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(collector.Store.Removals);
    }

    /// <summary>A person can only type what the table shows.</summary>
    [Fact]
    public async Task RemoveBaselineItem_ByTheKeyAsShown_FindsTheOneWithControlCharacters()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Scopes.Add(Sample.Summary(Sample.Web));
        collector.Store.MoreItems.Add(Sample.Item("exec", "/tmp/a\u001b[2J\n"));

        await collector.Client().RemoveBaselineItemAsync(new() { Scope = "web", Key = "/tmp/a\\x1B[2J\\n", Reason = "x" }, cancellationToken: Stop);

        Assert.Equal("/tmp/a\u001b[2J\n", Assert.Single(collector.Store.Removals).Key);
    }
}
