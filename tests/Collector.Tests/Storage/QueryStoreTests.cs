using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class QueryStoreTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task ListEvents_WithEachFilter_GivesWhatMatches()
    {
        using var store = new TempStore();
        await store.AddAsync(
            1, Sample.Exec("/usr/bin/curl", null, null, "https://x.example/100%_done"), Sample.Exec("/usr/bin/id", Sample.Api, Sample.Now.AddHours(-5)),
            Sample.Connect("203.0.113.9"), Sample.Write("/tmp/miner.json"), Sample.Exit(), Sample.Loss());
        await Expect(new ListFilter(Kind: "network"), 1);
        await Expect(new ListFilter(Kind: "exec"), 2);
        await Expect(new ListFilter(Scope: Sample.Api.Id), 1);
        await Expect(new ListFilter(Scope: "DEPLOYMENT/API"), 1);
        await Expect(new ListFilter(Text: "CURL"), 1);
        await Expect(new ListFilter(Text: "100%_done"), 1);
        await Expect(new ListFilter(Text: "100x_done"), 0);
        await Expect(new ListFilter(Text: "203.0.113.9:443"), 1);
        await Expect(new ListFilter(Text: "miner.json"), 1);
        await Expect(new ListFilter(Until: Sample.Now.AddHours(-1)), 1);
        await Expect(new ListFilter(Since: Sample.Now.AddHours(-1)), 5);
        await Expect(new ListFilter(Since: Sample.Now.AddHours(-1), Kind: "exec", Text: "curl", Scope: "web"), 1);

        async Task Expect(ListFilter filter, int count) => Assert.Equal(count, (await store.Query.ListEventsAsync(filter, Soon)).Items.Count);
    }

    [Fact]
    public async Task ListEvents_PageByPage_GivesEachOnceWhileMoreArrive()
    {
        using var store = new TempStore();
        var stored = await store.AddAsync(1, [.. Enumerable.Range(0, 25).Select(i => Sample.Exec($"/bin/{i}"))]);
        var seen = new List<long>();
        var token = "";
        for (var page = 0; page == 0 || token.Length > 0; page++)
        {
            var answer = await store.Query.ListEventsAsync(new ListFilter(PageSize: 10, PageToken: token), Soon);
            seen.AddRange(answer.Items.Select(row => row.Id));
            token = answer.NextPageToken;
            await store.AddAsync((ulong)(2 + page), Sample.Exec("/bin/late"));
        }

        Assert.Equal(stored.Select(row => row.Id).Reverse(), seen);
    }

    [Fact]
    public async Task ListImages_OfContentsThatTellOrDoNot_SayWhenEachWasBuilt()
    {
        using var store = new TempStore();
        var built = Sample.Now.AddDays(-400);
        static Observation Built(string id, char digest, DateTimeOffset? created) =>
            Sample.Exec() with { Container = Sample.WebContainer with { Id = id, Image = "nginx:1", ImageDigest = "sha256:" + new string(digest, 64), ImageCreated = created } };
        await store.AddAsync(1, Built("a", '1', built), Built("b", '1', null), Built("c", '2', null));

        // What was told once stays when the agent starts anew and the runtime does not answer.
        await store.AddAsync(2, Built("a", '1', null));

        Assert.Equal([built, null], (await store.Query.ListImagesAsync(new ListFilter(), Soon)).Items.Select(image => image.Created));
    }

    [Fact]
    public async Task ListImages_OfSeveralDeployments_GivesEachContentWithWhereItRuns()
    {
        using var store = new TempStore();
        await store.AddAsync(1, In("d", Sample.Api, "ghcr.io/x/api:3", '3'));
        store.Time.Advance(TimeSpan.FromDays(3));
        await store.AddAsync(2, In("a", Sample.Web, "nginx:1", '1'), In("b", Sample.Web, "nginx:1", '2'), In("c", Sample.Api, "nginx:1", '2'), Sample.Loss());
        var now = store.Time.GetUtcNow();

        var images = (await store.Query.ListImagesAsync(new ListFilter(), Soon)).Items;

        Assert.Equal([("ghcr.io/x/api:3", '3'), ("nginx:1", '1'), ("nginx:1", '2')], images.Select(image => (image.Reference, image.Digest[^1])));
        Assert.Equal((0, 1, 1), (images[0].Replicas, images[0].Deployments, images[0].Nodes));
        Assert.Equal([Sample.Api.Id, Sample.Web.Id], images[2].ScopeIds);
        Assert.Equal(["node-1"], images[2].NodeNames);
        Assert.Equal((2, 2, now), (images[2].Replicas, images[2].Deployments, images[2].LastSeen));
        Assert.Single((await store.Query.ListImagesAsync(new ListFilter(Text: "GHCR"), Soon)).Items);
        Assert.Equal('1', Assert.Single((await store.Query.ListImagesAsync(new ListFilter(Text: "sha256:1111"), Soon)).Items).Digest[^1]);
        Assert.Equal(2, (await store.Query.ListImagesAsync(new ListFilter(Since: now.AddDays(-1)), Soon)).Items.Count);

        var first = await store.Query.ListImagesAsync(new ListFilter(PageSize: 2), Soon);
        var rest = await store.Query.ListImagesAsync(new ListFilter(PageSize: 2, PageToken: first.NextPageToken), Soon);
        Assert.Equal(images.Select(image => image.Digest), first.Items.Concat(rest.Items).Select(image => image.Digest));
        Assert.Empty(rest.NextPageToken);

        static Observation In(string container, Scope scope, string image, char digest) => Sample.Exec("/bin/x", scope) with
        {
            Container = Sample.WebContainer with { Id = new string(container[0], 64), PodUid = "uid-" + container, Image = image, ImageDigest = "sha256:" + new string(digest, 64) },
        };
    }

    [Fact]
    public async Task WaitForEvents_EndsAtTheNextCommit()
    {
        using var store = new TempStore();
        var first = await store.AddAsync(1, Sample.Exec());
        Assert.Equal(first[0].Id, await store.Query.WaitForEventsAsync(0, Soon));
        var waits = store.Query.WaitForEventsAsync(first[0].Id, Soon);
        Assert.False(waits.IsCompleted);
        var second = await store.AddAsync(2, Sample.Exec("/b"), Sample.Exec("/c"));
        Assert.Equal(second[1].Id, await waits);
        var read = await store.Query.ReadEventsAfterAsync(first[0].Id, new ListFilter(), 10, Soon);
        Assert.Equal(["/b", "/c"], read.Select(row => row.Process.Binary));
    }

    [Fact]
    public async Task ListIncidents_WithEachFilter_GivesWhatMatches()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Sample.Exec(), Sample.Exec("/b", Sample.Api));
        var old = Sample.Now.AddDays(-3);
        await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { Outcome = new ScopeOutcome([Sample.Deviation("d1", "ab1", Sample.Web.Id)], [Sample.Incident("ab1", Sample.Web.Id), Sample.Incident("ab2", Sample.Web.Id, Severity.Low, IncidentState.Closed, old)], []) }, 0, Sample.Now, Soon);
        await store.Scopes.SaveAsync(Sample.Api.Id, new ScopeRecord { Outcome = new ScopeOutcome([], [Sample.Incident("b1", Sample.Api.Id, Severity.Critical)], []) }, 0, Sample.Now, Soon);
        await Expect(new ListFilter(), "b1", "ab2", "ab1");
        await Expect(new ListFilter(State: "closed"), "ab2");
        await Expect(new ListFilter(State: "open", Scope: "web"), "ab1");
        await Expect(new ListFilter(MinSeverity: Severity.High), "b1", "ab1");
        await Expect(new ListFilter(Kind: "exec"), "ab1");
        await Expect(new ListFilter(Since: Sample.Now.AddDays(-1)), "b1", "ab1");
        await Expect(new ListFilter(Until: Sample.Now.AddDays(-1)), "ab2");
        await Expect(new ListFilter(Text: "xmrig"), "b1", "ab2", "ab1");
        Assert.Equal(["ab1", "ab2"], (await store.Query.FindIncidentsAsync("ab", Soon)).Select(incident => incident.Id));
        Assert.Equal(["ab1"], (await store.Query.FindIncidentsAsync("ab1", Soon)).Select(incident => incident.Id));
        Assert.Equal(2, (await store.Query.GetFiguresAsync(Soon)).OpenIncidents);

        async Task Expect(ListFilter filter, params string[] ids) => Assert.Equal(ids, (await store.Query.ListIncidentsAsync(filter, Soon)).Items.Select(incident => incident.Id));
    }

    [Fact]
    public async Task ListScopes_TellsReplicasImagesAndIncidents()
    {
        using var store = new TempStore();
        var second = Sample.WebContainer with { Id = new string('c', 64), PodUid = "uid-2", Image = "docker.io/library/nginx:1.26" };
        await store.AddAsync(1, Sample.Exec(), Sample.Exec() with { Container = second });
        store.Time.Advance(TimeSpan.FromHours(25));
        await store.AddAsync(2, Sample.Exec() with { Container = second });
        await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { Outcome = new ScopeOutcome([], [Sample.Incident("i", Sample.Web.Id)], []) }, 0, Sample.Now, Soon);
        var scope = Assert.Single((await store.Query.ListScopesAsync(new ListFilter(Text: "shop"), Soon)).Items);
        Assert.Equal((Sample.Web.Id, 1, 1L), (scope.ScopeId, scope.Replicas, scope.OpenIncidents));
        Assert.Equal(["docker.io/library/nginx:1.25", "docker.io/library/nginx:1.26"], scope.Images);
        Assert.Equal([Sample.Web.Id], await store.Query.FindScopesAsync("web", Soon));
        Assert.Equal([Sample.Web.Id], await store.Query.FindScopesAsync(Sample.Web.Id, Soon));
        Assert.Empty(await store.Query.FindScopesAsync("100%", Soon));
    }

    /// <summary>The count compared incidents' scopes with the incidents' own numbers, and said the same of every deployment.</summary>
    [Fact]
    public async Task ListScopes_OfSeveral_CountsEachOnesOwnOpenIncidents()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Sample.Exec(), Sample.Exec("/b", Sample.Api));
        Incident[] incidents = [Sample.Incident("i1", Sample.Api.Id), Sample.Incident("i2", Sample.Api.Id), Sample.Incident("i3", Sample.Api.Id, state: IncidentState.Closed)];
        await store.Scopes.SaveAsync(Sample.Api.Id, new ScopeRecord { Outcome = new ScopeOutcome([], incidents, []) }, 0, Sample.Now, Soon);
        var open = (await store.Query.ListScopesAsync(new ListFilter(), Soon)).Items.ToDictionary(scope => scope.ScopeId, scope => scope.OpenIncidents);
        Assert.Equal((0L, 2L), (open[Sample.Web.Id], open[Sample.Api.Id]));
    }
}
