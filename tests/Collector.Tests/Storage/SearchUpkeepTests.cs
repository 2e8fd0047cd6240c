using Runtime.Collector.Query.Search;
using Runtime.Collector.Scopes;
using Runtime.Collector.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

/// <summary>What is kept for searches goes when what it is of goes, and comes for what was stored before there was a search.</summary>
public sealed class SearchUpkeepTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Fact]
    public async Task Prune_OfOldRows_TakesTheirFactsAndLeavesTheSightings()
    {
        using var store = new TempStore();
        var stored = await store.AddAsync(1, Sample.Exec("/usr/bin/curl"), Sample.Write("/tmp/once"));
        await ApplyAsync(store, Sample.Web.Id, stored[^1].Id, 0);
        store.Time.Advance(TimeSpan.FromDays(31));
        await store.AddAsync(2, Sample.Exec("/usr/bin/new", at: store.Time.GetUtcNow()));

        await store.Retention.PruneAsync(Soon);

        Assert.Equal(1, await CountAsync(store, "facts"));
        Assert.Equal(1, await CountAsync(store, "observations"));
        Assert.Equal(1, (await store.Search.FindSightingsAsync(SearchPattern.Exactly("/usr/bin/curl"), null, 10, Soon)).Deployments);
    }

    [Fact]
    public async Task Prune_AfterTheScopesRetention_ForgetsSightingsAndWordsThatNobodyNames()
    {
        using var store = new TempStore();
        var stored = await store.AddAsync(1, Sample.Exec("/usr/bin/curl"), Sample.Write("/tmp/once"));
        await ApplyAsync(store, Sample.Web.Id, stored[^1].Id, 0);
        store.Time.Advance(TimeSpan.FromDays(91));
        var late = await store.AddAsync(2, Sample.Exec("/usr/bin/curl", at: store.Time.GetUtcNow()));

        await store.Retention.PruneAsync(Soon);

        var words = await store.Database.ReadAsync(session => session.Rows("SELECT value FROM words", reader => reader.GetString(0)), Soon);
        Assert.Contains("/usr/bin/curl", words);
        Assert.Contains("/usr/sbin/nginx", words);
        Assert.DoesNotContain("/tmp/once", words);
        Assert.Equal(0, (await store.Search.FindSightingsAsync(SearchPattern.Exactly("/tmp/once"), null, 10, Soon)).Deployments);
        Assert.Equal(late[0].Id, Assert.Single(await SearchStoreTests.AllAsync(store, "binary:/usr/bin/curl parent:/usr/sbin/nginx", 10)).Event!.Id);
    }

    [Fact]
    public async Task Prune_OfNamesWithoutEnd_KeepsTheLastSeenOfEachScope()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Sample.Exec("/first", at: Sample.Now.AddHours(-1)));
        await store.Database.WriteAsync(
            session =>
            {
                var scope = session.Number("SELECT number FROM scopes")!.Value;
                return session.Execute(
                    """
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
                    INSERT INTO sightings SELECT 1000000 + i, 2, $1, $3, $3, 1 FROM n
                    """, scope, SearchPruning.MaxSightings, Sample.Now.ToMicros());
            },
            Soon);

        await store.Retention.PruneAsync(Soon);

        Assert.Equal(SearchPruning.MaxSightings, await CountAsync(store, "sightings"));
        Assert.Equal(0, (await store.Search.FindSightingsAsync(SearchPattern.Exactly("/first"), null, 10, Soon)).Deployments);
    }

    /// <summary>The number of a scope that is gone may be another's tomorrow.</summary>
    [Fact]
    public async Task Forget_OfAScope_TakesItsSightings()
    {
        using var store = new TempStore();
        var stored = await store.AddAsync(1, Sample.Exec("/only/here"));
        await ApplyAsync(store, Sample.Web.Id, stored[^1].Id, 0);
        store.Time.Advance(TimeSpan.FromDays(91));

        await store.Retention.PruneAsync(Soon);

        Assert.Equal(0, await CountAsync(store, "scopes"));
        Assert.Equal(0, await CountAsync(store, "sightings"));
    }

    [Fact]
    public async Task Open_OfAStoreFromBeforeTheSearch_MakesItsRowsSearchable()
    {
        var folder = Directory.CreateTempSubdirectory("runtime-before-").FullName;
        using (var before = new TempStore(folder))
        {
            // More than one step of the work.
            for (var batch = 0; batch < 3; batch++)
            {
                await before.AddAsync((ulong)(batch + 1), [.. Enumerable.Range(0, 1000).Select(i => Sample.Exec($"/bin/{batch}/{i}", at: Sample.Now.AddSeconds(i)))]);
            }

            await before.Database.WriteAsync(
                session =>
                {
                    session.Script("DELETE FROM facts; DELETE FROM words; DELETE FROM images; DELETE FROM sightings; DELETE FROM search_state; INSERT INTO search_state SELECT 1, 0, max(id) FROM observations");
                    return 0;
                },
                Soon);
            Assert.Empty(await SearchStoreTests.AllAsync(before, "binary:/bin/2/999", 10));
        }

        using (var store = new TempStore(folder))
        {
            Assert.Single(await SearchStoreTests.AllAsync(store, "binary:/bin/2/999 image.registry:docker.io", 10));
            Assert.Equal(3000, await CountAsync(store, "facts"));
            Assert.Single(store.Logs.All, line => line.Contains("are made searchable", StringComparison.Ordinal));
        }

        using (var again = new TempStore(folder))
        {
            Assert.Equal(3000, await CountAsync(again, "facts"));
            Assert.DoesNotContain(again.Logs.All, line => line.Contains("are made searchable", StringComparison.Ordinal));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static Task<long> ApplyAsync(TempStore store, string scope, long through, long revision) =>
        store.Scopes.SaveAsync(scope, new ScopeRecord { AppliedThrough = through, State = [1] }, revision, Sample.Now, Soon);

    private static async Task<long> CountAsync(TempStore store, string table) => await store.Database.ReadAsync(session => session.Number($"SELECT count(*) FROM {table}"), Soon) ?? 0;
}
