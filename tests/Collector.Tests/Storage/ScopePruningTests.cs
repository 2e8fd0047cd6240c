using System.Diagnostics.Metrics;
using Runtime.Collector.Incidents;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;
using Runtime.Collector.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class ScopePruningTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Prune_OfAScopeThatIsGone_RemovesItWithItsBaselineAndTellsIt()
    {
        using var store = new TempStore();
        await GoneAsync(store);
        using var removed = new Measurements(store.Meters, "collector.scopes.removed");
        store.Time.Advance(store.Options.ScopeRetention - Hour);
        await store.AddAsync(2, Sample.Exec("/usr/bin/api", Sample.Api) with { Container = Sample.WebContainer with { Id = new string('b', 64) } });
        await store.Retention.PruneAsync(Soon);
        Assert.Equal(2, (await store.Query.ListScopesAsync(new ListFilter(), Soon)).Items.Count);
        Assert.NotEmpty((await store.Scopes.LoadAsync(Sample.Web.Id, Soon))!.State);

        store.Time.Advance(2 * Hour);
        Assert.True(await store.Retention.PruneAsync(Soon) > 0);

        Assert.Equal([Sample.Api.Id], (await store.Query.ListScopesAsync(new ListFilter(), Soon)).Items.Select(scope => scope.ScopeId));
        Assert.Equal(1, (await store.Query.GetFiguresAsync(Soon)).Scopes);
        Assert.Null(await store.Scopes.LoadAsync(Sample.Web.Id, Soon));
        Assert.Equal([(1L, "")], removed.All);
        Assert.Contains(store.Logs.All, line => line.Contains($"The baseline of {Sample.Web.Id} was removed: nothing was seen of it since 2026-11-23", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Prune_WhileAContainerOrAnEventIsLeft_KeepsTheScope()
    {
        using var store = new TempStore(change: options => (options.EventRetention, options.ScopeRetention) = (TimeSpan.FromDays(200), TimeSpan.FromDays(90)));
        await GoneAsync(store);
        store.Time.Advance(TimeSpan.FromDays(150));
        await store.Retention.PruneAsync(Soon);
        Assert.NotNull(await store.Scopes.LoadAsync(Sample.Web.Id, Soon));

        // Its events go; a container of it is seen.
        store.Time.Advance(TimeSpan.FromDays(60));
        await store.Database.WriteAsync(session => session.Execute("UPDATE containers SET last_seen = $1", store.Time.GetUtcNow().ToMicros()), Soon);
        await store.Retention.PruneAsync(Soon);
        Assert.Equal(0, (await store.Query.GetFiguresAsync(Soon)).Events);
        Assert.NotNull(await store.Scopes.LoadAsync(Sample.Web.Id, Soon));
    }

    [Fact]
    public async Task Prune_OfAScopeWithIncidents_KeepsTheirNameAsLongAsThem()
    {
        using var store = new TempStore();
        await GoneAsync(store, new ScopeOutcome([Sample.Deviation("d1", "i1", Sample.Web.Id)], [Sample.Incident("i1", Sample.Web.Id, state: IncidentState.Closed)], []));
        store.Time.Advance(store.Options.ScopeRetention + Hour);
        await store.Retention.PruneAsync(Soon);

        Assert.Empty((await store.Query.ListScopesAsync(new ListFilter(), Soon)).Items);
        Assert.Equal("i1", Assert.Single((await store.Query.ListIncidentsAsync(new ListFilter(Scope: "web"), Soon)).Items).Id);
        Assert.Empty(await store.Scopes.ListBehindAsync(Soon));
        Assert.Equal(0, await CountAsync(store, "scope_state"));

        store.Time.Advance(store.Options.IncidentRetention);
        await store.Retention.PruneAsync(Soon);
        Assert.Equal(0, await CountAsync(store, "scopes"));
    }

    [Fact]
    public async Task Scope_ThatComesBackAfterItWasRemoved_StartsAnew()
    {
        using var store = new TempStore();
        await GoneAsync(store, new ScopeOutcome([], [Sample.Incident("i1", Sample.Web.Id)], []));
        store.Time.Advance(store.Options.ScopeRetention + Hour);
        await store.Retention.PruneAsync(Soon);

        var back = await store.AddAsync(2, Sample.Exec("/usr/bin/back", at: store.Time.GetUtcNow()));

        Assert.Equal([new LogPosition(Sample.Web.Id, back[0].Id)], await store.Scopes.ListBehindAsync(Soon));
        var loaded = await store.Scopes.LoadAsync(Sample.Web.Id, Soon);
        Assert.Equal((0, 0L, 0L), (loaded!.State.Length, loaded.AppliedThrough, loaded.Revision));
        Assert.Equal("/usr/bin/back", Assert.Single(await store.Scopes.ReadAsync(Sample.Web.Id, 0, 10, Soon)).Observation!.Process.Binary);

        // Whoever still held the old state must not write it.
        await Assert.ThrowsAsync<ScopeStateConflictException>(() => store.Scopes.SaveAsync(Sample.Web.Id, new ScopeRecord { State = [1], AppliedThrough = 1 }, 1, Sample.Now, Soon));
    }

    /// <summary>One event of web, applied and saved.</summary>
    private static async Task GoneAsync(TempStore store, ScopeOutcome? outcome = null)
    {
        var stored = await store.AddAsync(1, Sample.Exec());
        var record = new ScopeRecord { State = [1, 2, 3], AppliedThrough = stored[^1].Id, Outcome = outcome ?? ScopeOutcome.Nothing };
        await store.Scopes.SaveAsync(Sample.Web.Id, record, 0, Sample.Now, Soon);
    }

    private static Task<long?> CountAsync(TempStore store, string table) => store.Database.ReadAsync(session => session.Number($"SELECT count(*) FROM {table}"), Soon);
}
