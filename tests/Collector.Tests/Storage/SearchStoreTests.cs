using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class SearchStoreTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;
    private static readonly Scope Host = new("default", "", Scope.HostKind, "node-1", "");
    private static readonly ContainerInfo ApiContainer = Sample.WebContainer with
    {
        Id = new string('b', 64), PodName = "api-1", PodUid = "uid-9", Image = "ghcr.io/team/api@sha256:" + new string('2', 64), ImageDigest = "sha256:" + new string('2', 64),
        ImageCreated = Sample.Now.AddDays(-10),
    };

    /// <summary>Five events: nginx writes (rename) /tmp/a.log; nginx connects; web runs curl; api runs id, five hours ago; a binary is read.</summary>
    private static async Task<TempStore> FilledAsync()
    {
        var store = new TempStore();
        await store.AddAsync(
            1,
            Sample.Write("/tmp/a[1].log"),
            Sample.Connect("203.0.113.9"),
            Sample.Exec("/usr/bin/curl", null, Sample.Now.AddMinutes(-1), "https://x.example/100%_done"),
            Sample.Exec("/usr/bin/id", Sample.Api, Sample.Now.AddHours(-5)) with { Container = ApiContainer, Count = 7 },
            new BinaryObservation
            {
                Scope = Sample.Web, AgentId = "agent-1", Node = "node-1", Container = Sample.WebContainer, First = Sample.Now.AddDays(-1), Last = Sample.Now.AddDays(-1), Lineage = [Sample.Process()],
                Path = "/usr/lib/x.so", Sha256 = new string('e', 64),
            });
        var deviation = Sample.Deviation("dev1", "inc1", Sample.Web.Id) with { Time = Sample.Now.AddMinutes(-2), Count = 4 };
        var approved = Sample.Deviation("dev2", "inc2", Sample.Api.Id, Severity.Low) with { Time = Sample.Now.AddMinutes(-3), State = DeviationState.Approved, Container = null, Kind = "egress", Key = "203.0.113.0/24:443", Lineage = [] };
        await store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { Outcome = new ScopeOutcome([deviation], [Sample.Incident("inc1", Sample.Web.Id) with { Images = ["docker.io/library/nginx:1.25"] }], []) }, 0, Sample.Now, Soon);
        await store.Scopes.SaveAsync(
            Sample.Api.Id, new ScopeRecord { Outcome = new ScopeOutcome([approved], [Sample.Incident("inc2", Sample.Api.Id, Severity.Low, IncidentState.Closed, Sample.Now.AddDays(-2)) with { AlertedRevision = 0 }], []) }, 0, Sample.Now, Soon);
        return store;
    }

    /// <summary>What each field finds, in the order of time: w rename, c connect, x curl, i id, b binary; deviations and incidents by their id.</summary>
    [Theory]
    [InlineData("", "c inc1 w x dev1 dev2 i b inc2")]
    [InlineData("type:event", "c w x i b")]
    [InlineData("type:deviation,incident", "inc1 dev1 dev2 inc2")]
    [InlineData("-type:event", "inc1 dev1 dev2 inc2")]
    [InlineData("kind:exec", "x dev1 i")]
    [InlineData("kind:process", "x dev1 i")]
    [InlineData("kind:file,network", "c w")]
    [InlineData("-kind:exec", "c w dev2 b")]
    [InlineData("deployment:web", "c inc1 w x dev1 b")]
    [InlineData("deployment:shop/a*", "dev2 i inc2")]
    [InlineData("deployment:shop/api/app", "dev2 i inc2")]
    [InlineData("deployment:default/shop/Deployment/api/app", "dev2 i inc2")]
    [InlineData("deployment:web deployment:api", "")]
    [InlineData("deployment:nothing", "")]
    [InlineData("-deployment:web", "dev2 i inc2")]
    [InlineData("cluster:default namespace:shop workload:deployment container:app type:event", "c w x i b")]
    [InlineData("namespace:s?op type:event", "c w x i b")]
    [InlineData("pod:api-1", "i")]
    [InlineData("pod:web-*", "c inc1 w x dev1 b inc2")]
    [InlineData("-pod:web-* type:event", "i")]
    [InlineData("container.id:bbbb* type:event", "i")]
    [InlineData("node:node-1 type:event", "c w x i b")]
    [InlineData("image:*nginx*", "c inc1 w x dev1 b")]
    [InlineData("image.registry:DOCKER.io", "c inc1 w x dev1 b")]
    [InlineData("image.registry:ghcr.io", "i")]
    [InlineData("image.repository:team/api", "i")]
    [InlineData("image.tag:1.25 type:event", "c w x b")]
    [InlineData("image.digest:sha256:22*", "i")]
    [InlineData("image.first_seen:<6h", "i")]
    [InlineData("image.created:<30d", "i")]
    [InlineData("image.created:>7d", "i")]
    [InlineData("image.created:<7d", "")]
    [InlineData("image.created:>2026-11-13T11:00Z", "i")]
    [InlineData("-image.created:<30d type:event", "c w x b")]
    [InlineData("binary:/usr/bin/*", "x i")]
    [InlineData("binary:/usr/bin/curl", "x")]
    [InlineData("binary:*/curl,*/xmrig", "x dev1")]
    [InlineData("-binary:/usr/bin/* type:event", "c w b")]
    [InlineData("parent:*/nginx", "x i")]
    [InlineData("-parent:*/nginx type:event", "c w b")]
    [InlineData("uid:101 type:event", "c w x i b")]
    [InlineData("uid:>101 type:event", "")]
    [InlineData("operation:rename", "w")]
    [InlineData("path:/tmp/a[1].log", "w")]
    [InlineData("path:/tmp/a[1]*", "w")]
    [InlineData("path:/TMP/*", "")]
    [InlineData("sha256:EEEE*", "b")]
    [InlineData("name:API.example.com", "c")]
    [InlineData("name:*.example.com", "c")]
    [InlineData("address:203.0.113.0/24", "c")]
    [InlineData("address:203.0.113.9", "c")]
    [InlineData("address:10.0.0.0/8", "")]
    [InlineData("-address:10.0.0.0/8", "c w x i b")]
    [InlineData("port:443", "c")]
    [InlineData("port:1-1023", "c")]
    [InlineData("port:<443", "")]
    [InlineData("count:>=7", "i")]
    [InlineData("count:>3 type:deviation", "dev1")]
    [InlineData("new:true", "c w x dev1 dev2 i b")]
    [InlineData("severity:>=high", "inc1 dev1")]
    [InlineData("severity:low", "dev2 inc2")]
    [InlineData("-severity:low", "inc1 dev1")]
    [InlineData("state:open", "inc1 dev1")]
    [InlineData("state:closed", "inc2")]
    [InlineData("state:approved", "dev2")]
    [InlineData("evidence:>=400", "inc1 dev1 dev2 inc2")]
    [InlineData("evidence:>400", "")]
    [InlineData("technique:t1496", "inc1 inc2")]
    [InlineData("technique:T1610", "dev1 dev2")]
    [InlineData("key:203.0.113.*", "dev2")]
    [InlineData("incident:inc1", "dev1")]
    [InlineData("id:inc*", "inc1 inc2")]
    [InlineData("last_seen:<1h", "inc1 dev1 dev2")]
    [InlineData("last_seen:>1h", "inc2")]
    [InlineData("alerted:true", "inc1")]
    [InlineData("alerted:false", "inc2")]
    [InlineData("since:1h", "c inc1 w x dev1 dev2")]
    [InlineData("until:2026-11-23T08:00Z", "i b inc2")]
    [InlineData("since:6h until:4h", "i")]
    [InlineData("text:\"100%_DONE\"", "x")]
    [InlineData("100x_done", "")]
    [InlineData("xmrig", "inc1 dev1 dev2 inc2")]
    [InlineData("binary:*/id or severity:critical,high", "inc1 dev1 i")]
    [InlineData("deployment:web (operation:rename or port:443) -path:/etc/*", "c w")]
    [InlineData("binary:/usr/bin/curl deployment:web since:1h new:true kind:exec", "x")]
    public async Task Search_ByEachField_FindsWhatHasIt(string query, string expected)
    {
        using var store = await FilledAsync();
        Assert.Equal(expected, string.Join(' ', (await AllAsync(store, query, 100)).Select(Name)));
        Assert.Equal(expected, string.Join(' ', (await AllAsync(store, query, 1)).Select(Name)));
    }

    /// <summary>Of every type of record, by the content of the reference that was built last, whichever came first, and one that tells nothing takes nothing away.</summary>
    [Fact]
    public async Task Search_ByWhenTheImageWasBuilt_TakesTheNewestContentOfTheReference()
    {
        using var store = await FilledAsync();
        Assert.Empty(await AllAsync(store, "image.created:<365d -deployment:api", 10));
        ContainerInfo[] contents = [
            Sample.WebContainer with { Id = "c1", ImageCreated = Sample.Now.AddDays(-3) },
            Sample.WebContainer with { Id = "c2", ImageCreated = Sample.Now.AddDays(-40) },
            Sample.WebContainer with { Id = "c3" },
        ];
        await store.AddAsync(2, [.. contents.Select(content => Sample.Exec("/bin/x") with { Container = content })]);
        await store.AddAsync(3, Sample.Exec("/bin/y") with { Container = contents[1] });
        await store.AddAsync(4, Sample.Exec("/bin/z") with { Container = contents[2] });

        Assert.Equal("/bin/x /bin/x /bin/x /bin/y /bin/z b c dev1 inc1 w x", string.Join(' ', (await AllAsync(store, "image.created:<4d", 100)).Select(Name).Order(StringComparer.Ordinal)));
        Assert.Empty(await AllAsync(store, "image.created:>30d", 100));
    }

    [Fact]
    public async Task Search_WithEveryFieldAtOnce_IsOneStatementThatSqliteTakes()
    {
        using var store = await FilledAsync();
        foreach (var type in new[] { RecordTypes.Events, RecordTypes.Deviations, RecordTypes.Incidents })
        {
            var query = string.Join(' ', SearchFields.All.Where(field => (field.Of & type) != 0 && field.Name != "type").Select(field => field.Example));
            Assert.Empty(await AllAsync(store, query, 10));
            Assert.Empty(await AllAsync(store, string.Join(' ', query.Split(' ').Take(3).Select(term => "(" + term + " or deployment:none) deployment:none")), 10));
        }
    }

    /// <summary>Values that would end a statement, were they part of one.</summary>
    [Theory]
    [InlineData("binary:\"' OR 1=1 --\"")]
    [InlineData("path:\"'); DELETE FROM facts; --\"")]
    [InlineData("\"%' OR '1'='1\"")]
    [InlineData("image:\"x') OR (1\"")]
    [InlineData("key:\"' || (SELECT state FROM scope_state) || '*\"")]
    [InlineData("deployment:\"'\",\"$1\"")]
    public async Task Search_OfHostileValues_FindsNothingAndHarmsNothing(string query)
    {
        using var store = await FilledAsync();
        Assert.Empty(await AllAsync(store, query, 10));
        Assert.Equal(9, (await AllAsync(store, "", 10)).Count);
    }

    /// <summary>Between pages come a newer event, one that an agent had spooled, of an older time, and a deviation and an incident of long ago.</summary>
    [Fact]
    public async Task Pages_WhileDataArrives_AreOfTheMomentOfTheFirst()
    {
        using var store = await FilledAsync();
        var reader = Reader(store);
        var sequence = 10UL;
        foreach (var query in new[] { "", "since:2d", "binary:/usr/* or -binary:/usr/*", "deployment:web" })
        {
            var whole = (await reader.SearchAsync(query, 1000, "", Soon)).Hits.Select(Name).ToList();
            var paged = new List<string>();
            var token = "";
            var n = 0;
            do
            {
                var page = await reader.SearchAsync(query, 1, token, Soon);
                paged.AddRange(page.Hits.Select(Name));
                token = page.NextPageToken;
                n++;
                store.Time.Advance(TimeSpan.FromHours(1));
                await store.AddAsync(sequence++, Sample.Exec("/usr/bin/late", null, store.Time.GetUtcNow()), Sample.Exec("/usr/bin/spooled", null, Sample.Now.AddHours(-3 - n)));
                var revision = (await store.Scopes.LoadAsync(Sample.Web.Id, Soon))!.Revision;
                await store.Scopes.SaveAsync(
                    Sample.Web.Id,
                    new ScopeRecord { Outcome = new ScopeOutcome([Sample.Deviation($"late{sequence}", "inc1", Sample.Web.Id) with { Time = Sample.Now.AddHours(-3 - n) }], [Sample.Incident($"old{sequence}", Sample.Web.Id, at: Sample.Now.AddHours(-3 - n))], []) },
                    revision, Sample.Now, Soon);
            }
            while (token.Length > 0 && paged.Count <= whole.Count);

            Assert.Equal(whole, paged);
            Assert.True(n >= 5, $"{query}: {n} pages");
        }
    }

    [Fact]
    public async Task PageToken_OfAnotherQueryOrMadeUp_IsRefused()
    {
        using var store = await FilledAsync();
        var reader = Reader(store);
        var token = (await reader.SearchAsync("since:9d", 1, "", Soon)).NextPageToken;
        Assert.NotEmpty((await reader.SearchAsync("since:9d", 1, token, Soon)).Hits);
        await Assert.ThrowsAsync<QueryFault>(() => reader.SearchAsync("since:8d", 1, token, Soon));
        foreach (var madeUp in new[] { "x", "AAAA", new string('A', 100), new string('A', 1000), "é" })
        {
            await Assert.ThrowsAsync<QueryFault>(() => reader.SearchAsync("since:9d", 1, madeUp, Soon));
        }
    }

    [Fact]
    public async Task Empty_SaysWhatKeepsItAway()
    {
        using var store = await FilledAsync();
        var reader = Reader(store);
        Assert.Equal(["without binary:/nothing there is something"], (await reader.SearchAsync("kind:exec binary:/nothing", 10, "", Soon)).Reasons);
        Assert.Equal(["no deployment fits deployment:wbe"], (await reader.SearchAsync("deployment:wbe kind:exec", 10, "", Soon)).Reasons);
        Assert.Equal(["deviations", "incidents"], (await reader.SearchAsync("severity:critical", 10, "", Soon)).Searched);
        Assert.Empty((await reader.SearchAsync("kind:exec", 10, "", Soon)).Reasons);
    }

    [Fact]
    public async Task Resources_ComeOnlyWhereTheirKindIsNamed()
    {
        using var store = await FilledAsync();
        await store.AddAsync(2, new ResourceObservation { Scope = Sample.Web, AgentId = "agent-1", Node = "node-1", Container = Sample.WebContainer, First = Sample.Now, Last = Sample.Now, Lineage = [Sample.Process("/busy")], Samples = [] });
        Assert.Equal(9, (await AllAsync(store, "", 100)).Count);
        Assert.Single(await AllAsync(store, "kind:resource", 100));
        Assert.Equal(0, (await store.Search.FindSightingsAsync(SearchPattern.Exactly("/busy"), null, 10, Soon)).Deployments);
    }

    [Fact]
    public async Task New_IsOnlyTheFirstSightInItsDeployment()
    {
        using var store = await FilledAsync();
        await store.AddAsync(2, Sample.Exec("/usr/bin/curl"), Sample.Exec("/usr/bin/curl", Sample.Api), Sample.Exec("/usr/bin/nc"), Sample.Exec("/usr/bin/nc"));
        var found = await AllAsync(store, "kind:exec new:true type:event since:2h", 100);
        Assert.Equal(["/usr/bin/nc", "/usr/bin/curl", "/usr/bin/curl"], found.Select(hit => hit.Event!.Process.Binary));
        Assert.Equal(2, (await AllAsync(store, "binary:*/nc or (binary:*/curl new:false)", 100)).Count(hit => !hit.IsNew));
    }

    [Fact]
    public async Task Sightings_TellWhereAndWhenFirst()
    {
        using var store = await FilledAsync();
        await store.AddAsync(2, Sample.Exec("/usr/bin/curl", Sample.Api, Sample.Now.AddDays(-3)), Sample.Connect("203.0.113.77", 80, Sample.Api), Sample.Exec("/x", Host) with { Container = null });
        var reader = Reader(store);

        var curl = await reader.FindSightingsAsync("/usr/bin/curl", 10, Soon);
        Assert.Equal((2L, 3L, false), (curl.Deployments, curl.AllDeployments, curl.IsCut));
        Assert.Equal([(Sample.Api.Id, "program", Sample.Now.AddDays(-3)), (Sample.Web.Id, "program", Sample.Now.AddMinutes(-1))], curl.Sightings.Select(found => (found.ScopeId, found.Role, found.FirstSeen)));

        Assert.Equal(2, (await reader.FindSightingsAsync("203.0.113.0/24", 10, Soon)).Deployments);
        Assert.Equal(1, (await reader.FindSightingsAsync("203.0.113.77", 10, Soon)).Deployments);
        Assert.Equal(0, (await reader.FindSightingsAsync("10.0.0.0/8", 10, Soon)).Deployments);
        Assert.Equal("content", Assert.Single((await reader.FindSightingsAsync("sha256:" + new string('E', 64), 10, Soon)).Sightings).Role);
        Assert.Equal("name", (await reader.FindSightingsAsync("*.EXAMPLE.com", 10, Soon)).Sightings[0].Role);
        var cut = await reader.FindSightingsAsync("/usr/*", 2, Soon);
        Assert.True(cut.IsCut);
        Assert.Equal((2, 2L), (cut.Sightings.Count, cut.Deployments));
        var nothing = await reader.FindSightingsAsync("/usr/bin/xmrig", 10, Soon);
        Assert.Equal((0L, 3L), (nothing.Deployments, nothing.AllDeployments));
        Assert.NotNull(nothing.Since);
    }

    [Fact]
    public async Task Sightings_CountWhatCameAgain()
    {
        using var store = await FilledAsync();
        await store.AddAsync(2, Sample.Exec("/usr/bin/curl") with { Count = 5 }, Sample.Exec("/usr/bin/curl") with { Count = 6, Last = Sample.Now.AddHours(1) });
        var curl = Assert.Single((await store.Search.FindSightingsAsync(SearchPattern.Exactly("/usr/bin/curl"), null, 10, Soon)).Sightings);
        Assert.Equal((12L, Sample.Now.AddMinutes(-1), Sample.Now.AddHours(1)), (curl.Count, curl.FirstSeen, curl.LastSeen));
    }

    /// <summary>An image's registry is asked of what its containers had, not of what is written in a scope's name.</summary>
    [Fact]
    public async Task FindScopes_ByRegistryAndName_PagesById()
    {
        using var store = await FilledAsync();
        await store.AddAsync(2, Sample.Exec("/x", Host) with { Container = null });
        Assert.Equal([Sample.Api.Id], await Find("image.registry:ghcr.io"));
        Assert.Equal([Sample.Web.Id], await Find("image.registry:docker.io -deployment:api"));
        Assert.Equal([Host.Id, Sample.Web.Id], await Find("-image.registry:ghcr.io"));
        Assert.Equal([Sample.Api.Id, Sample.Web.Id], await Find("deployment:shop/web or image.repository:team/*"));
        Assert.Equal([Sample.Web.Id], await store.Search.FindScopesAsync(null, Sample.Api.Id, 10, Soon));
        Assert.Equal([Host.Id], await store.Search.FindScopesAsync(null, "", 1, Soon));

        async Task<IReadOnlyList<string>> Find(string query) => await store.Search.FindScopesAsync(SearchParser.Parse(query, Sample.Now), "", 10, Soon);
    }

    [Fact]
    public async Task Follow_GivesWhatIsStoredAfterwards_InThatOrder()
    {
        using var store = await FilledAsync();
        var now = (await store.Search.BeginAsync(Soon)).Events;
        await using var later = Reader(store).Follow("binary:/usr/bin/* -binary:*/id", now, Soon).GetAsyncEnumerator(Soon);
        var next = later.MoveNextAsync();
        await store.AddAsync(2, Sample.Exec("/usr/bin/id"), Sample.Exec("/usr/bin/nc", at: Sample.Now.AddDays(-9)));
        Assert.True(await next);
        Assert.Equal("/usr/bin/nc", later.Current.Event!.Process.Binary);
        Assert.True(later.Current.IsNew);

        await using var all = Reader(store).Follow("since:10d kind:exec", now, Soon).GetAsyncEnumerator(Soon);
        var seen = new List<string>();
        while (seen.Count < 4 && await all.MoveNextAsync())
        {
            seen.Add(all.Current.Event!.Process.Binary);
        }

        Assert.Equal(["/usr/bin/curl", "/usr/bin/id", "/usr/bin/id", "/usr/bin/nc"], seen);
        Assert.Throws<SearchFaultException>(() => Reader(store).Follow("severity:high", now, Soon));
    }

    private static SearchReader Reader(TempStore store) => new(store.Search, new StillScopes(), new EventFollower(store.Query, store.Meters), store.Time);

    /// <summary>More than any store of these tests has: an answer that goes round does not end.</summary>
    private const int MostHits = 20_000;

    internal static async Task<List<SearchHit>> AllAsync(TempStore store, string query, int pageSize)
    {
        var root = SearchParser.Parse(query, Sample.Now);
        var hits = new List<SearchHit>();
        var cursor = await store.Search.BeginAsync(Soon);
        while (true)
        {
            var page = await store.Search.SearchAsync(root, cursor, pageSize, Soon);
            hits.AddRange(page.Hits);
            Assert.InRange(hits.Count, 0, MostHits);
            if (page.Next is null)
            {
                return hits;
            }

            cursor = page.Next;
        }
    }

    private static string Name(SearchHit hit) => hit switch
    {
        { Event: FileObservation } => "w",
        { Event: NetworkObservation } => "c",
        { Event: BinaryObservation } => "b",
        { Event: { } exec } => exec.Process.Binary == "/usr/bin/id" ? "i" : exec.Process.Binary == "/usr/bin/curl" ? "x" : exec.Process.Binary,
        { Deviation: { } deviation } => deviation.Id,
        _ => hit.Incident!.Id,
    };
}
