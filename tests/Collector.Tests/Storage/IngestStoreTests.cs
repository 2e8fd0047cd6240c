using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class IngestStoreTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task Commit_OfASequenceThatIsThere_StoresNothing()
    {
        using var store = new TempStore();
        Assert.Single(await store.AddAsync(5, Sample.Exec()));
        Assert.Empty(await store.AddAsync(5, Sample.Exec()));
        Assert.Empty(await store.AddAsync(4, Sample.Exec()));
        Assert.Single(await store.AddAsync(6, Sample.Exec()));
        Assert.Equal(2, (await store.Query.GetFiguresAsync(Soon)).Events);
    }

    [Fact]
    public async Task OpenEpoch_OfEachEpoch_AnswersItsOwnSequence()
    {
        using var store = new TempStore();
        await store.AddAsync(9, Sample.Exec());
        var next = Sample.Agent with { Epoch = "epoch-2" };
        Assert.Equal(0UL, (await store.Ingest.OpenEpochAsync(next, Sample.Now, Soon)).LastSequence);
        Assert.False((await store.Ingest.CommitAsync(next, Sample.Batch(1, Sample.Exec()), Sample.Now, Soon)).Duplicate);
        Assert.Equal(9UL, (await store.Ingest.OpenEpochAsync(Sample.Agent, Sample.Now, Soon)).LastSequence);
        Assert.Equal(1UL, (await store.Ingest.OpenEpochAsync(next, Sample.Now, Soon)).LastSequence);
    }

    [Fact]
    public async Task Commit_WithALossWithoutOwner_PutsItUnderEveryScopeOfTheNode()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Sample.Exec());
        var other = Sample.Exec() with { Scope = Sample.Api, Container = Sample.WebContainer with { Id = "b" } };
        await store.AddAsync(2, other);
        var loss = new NodeLoss("process", "ring_full", 12, Sample.Now, Sample.Now);
        var result = await store.Ingest.CommitAsync(Sample.Agent, Sample.Batch(3) with { NodeLosses = [loss] }, Sample.Now, Soon);
        Assert.Equal(
            ["default/-/Host/node-1/-", Sample.Api.Id, Sample.Web.Id],
            result.Stored.Cast<LossObservation>().Where(stored => stored.Count == 12).Select(stored => stored.Scope.Id).Order(StringComparer.Ordinal));
        Assert.Equal(12UL, Assert.Single(await store.Query.ListAgentsAsync(Soon)).Lost);
    }

    [Fact]
    public async Task OpenEpoch_OfAnAgentThatWasAway_TellsItsScopesThatNobodyWatched()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Sample.Exec());
        var before = store.Time.GetUtcNow();
        store.Time.Advance(TimeSpan.FromHours(3));
        var opened = await store.Ingest.OpenEpochAsync(Sample.Agent with { Epoch = "epoch-2" }, store.Time.GetUtcNow(), Soon);
        var row = Assert.Single(await store.Scopes.ReadAsync(Sample.Web.Id, 1, 10, Soon));
        var loss = Assert.IsType<LossObservation>(row.Observation);
        Assert.Equal(("agent", "agent_away", before, store.Time.GetUtcNow()), (loss.Kind, loss.Reason, loss.First, loss.Last));
        Assert.Equal(row.Observation.Id, opened.Stored.Single(stored => stored.Scope.Id == Sample.Web.Id).Id);
        Assert.Equal(0UL, Assert.Single(await store.Query.ListAgentsAsync(Soon)).Lost);

        Assert.Empty((await store.Ingest.OpenEpochAsync(Sample.Agent with { Epoch = "epoch-2" }, store.Time.GetUtcNow(), Soon)).Stored);
        Assert.Single(await store.Scopes.ReadAsync(Sample.Web.Id, 1, 10, Soon));
    }

    [Fact]
    public async Task Container_ThatIsCompletedLater_MovesToItsScope()
    {
        using var store = new TempStore();
        var provisional = new Runtime.Collector.Inventory.Scope("default", "", "Container", "aaaaaaaaaaaa", "");
        var unknown = Sample.Exec() with { Scope = provisional, Container = Sample.WebContainer with { Complete = false, PodUid = "", Image = "" } };
        await store.AddAsync(1, unknown);
        await store.AddAsync(2, Sample.Exec());
        var scopes = (await store.Query.ListScopesAsync(new(), Soon)).Items;
        Assert.Equal(1, scopes.Single(scope => scope.ScopeId == Sample.Web.Id).Replicas);
        Assert.Equal(0, scopes.Single(scope => scope.ScopeId == provisional.Id).Replicas);
    }
}
