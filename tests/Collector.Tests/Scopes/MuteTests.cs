using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Mutes;
using Runtime.Collector.Query;
using Runtime.Collector.Tests.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Mutes from the store to the outbox, through restarts.</summary>
public sealed class MuteTests : IDisposable
{
    private static readonly CancellationToken Soon = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-mutes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Mute_SurvivesARestart_CountsWhatItSilencesAndEndsWithTheImage()
    {
        await using (var host = await CollectorHost.StartAsync(_folder))
        {
            await host.AddAsync(1, Sample.Exec());
            Assert.Equal([Sample.WebContainer.ImageDigest], await host.MuteLog.ListImagesAsync(Sample.Web.Id, Sample.Now, Soon));
            Assert.Null(await host.Mutes.AddAsync(Mute("aaaa"), Soon));
            Assert.Null(await host.Mutes.AddAsync(Mute("bbbb") with { Kind = "", Key = "" }, Soon));
        }

        await using var again = await CollectorHost.StartAsync(_folder);
        await again.AddAsync(2, Memfd(102));
        await again.AddAsync(3, Memfd(103));
        Assert.Empty(await again.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, DateTimeOffset.UtcNow.AddMinutes(1), Soon));
        var incident = Assert.Single((await again.Query.ListIncidentsAsync(new ListFilter(), Soon)).Items);
        Assert.True(incident.IsMuted);
        Assert.Contains("aaaa", incident.MutedBy);
        var mute = Assert.Single((await again.MuteLog.ListAsync(new ListFilter(), false, DateTimeOffset.UtcNow, Soon)).Items, mute => mute.Id == "aaaa");
        Assert.Equal(1, mute.Silenced);
        Assert.NotNull(mute.LastSilenced);

        // Another image: the mute is over, in the store too, and what goes on is told.
        var other = Sample.Exec() with { Container = Sample.WebContainer with { Id = new string('b', 64), ImageDigest = "sha256:" + new string('2', 64) } };
        await again.AddAsync(4, other);
        await again.AddAsync(5, Memfd(104));
        Assert.Single(await again.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, DateTimeOffset.UtcNow.AddMinutes(1), Soon));
        var ended = (await again.MuteLog.ListAsync(new ListFilter(), true, DateTimeOffset.UtcNow, Soon)).Items[0];
        Assert.Equal(("image_changed", other.Container.ImageDigest), (ended.EndState, ended.EndedBy));
        Assert.Empty((await again.MuteLog.ListAsync(new ListFilter(), false, DateTimeOffset.UtcNow, Soon)).Items);
    }

    [Fact]
    public async Task Mute_ThatIsRemovedOrOver_SilencesNothing()
    {
        await using var host = await CollectorHost.StartAsync(_folder);
        await host.AddAsync(1, Sample.Exec());
        await host.Mutes.AddAsync(Mute("aaaa"), Soon);
        await host.Mutes.AddAsync(Mute("bbbb") with { Expires = DateTimeOffset.UtcNow.AddSeconds(-1) }, Soon);
        Assert.True(await host.Mutes.RemoveAsync(Mute("aaaa"), "ann", Soon));
        Assert.False(await host.Mutes.RemoveAsync(Mute("aaaa"), "ann", Soon));
        Assert.False(await host.Mutes.RemoveAsync(Mute("bbbb"), "ann", Soon));
        await host.AddAsync(2, Memfd(102));
        Assert.Single(await host.Outbox.TakeDueAsync("slack", Severity.Unspecified, 10, DateTimeOffset.UtcNow.AddMinutes(1), Soon));
        Assert.Equal(
            ["add mute aaaa known", "add mute bbbb known", "remove mute aaaa "],
            await host.Database.ReadAsync(session => session.Rows("SELECT action || ' ' || subject || ' ' || note FROM audit ORDER BY id", reader => reader.GetString(0)), Soon));
    }

    [Fact]
    public async Task Mutes_OfOneDeployment_HaveABound()
    {
        using var store = new TempStore(_folder);
        using var book = new MuteBook(store.Mutes, store.Time);
        for (var i = 0; i < Collector.Mutes.Mute.MostOfScope; i++)
        {
            Assert.Null(await book.AddAsync(Mute($"m{i}") with { Expires = store.Time.GetUtcNow().AddHours(1) }, Soon));
        }

        Assert.Contains("there are 64 mutes of default/shop/Deployment/web/app", await book.AddAsync(Mute("more") with { Expires = store.Time.GetUtcNow().AddHours(1) }, Soon), StringComparison.Ordinal);
        store.Time.Advance(TimeSpan.FromHours(2));
        Assert.Null(await book.AddAsync(Mute("more") with { Expires = store.Time.GetUtcNow().AddHours(1) }, Soon));

        // What is over for long goes.
        store.Time.Advance(store.Options.IncidentRetention + TimeSpan.FromDays(1));
        await store.Retention.PruneAsync(Soon);
        Assert.Empty((await store.Mutes.ListAsync(new ListFilter(), true, store.Time.GetUtcNow(), Soon)).Items);
    }

    private static ExecObservation Memfd(int second) => ScopeGrainTests.Memfd() with { First = Sample.Now.AddSeconds(second), Last = Sample.Now.AddSeconds(second) };

    private static Mute Mute(string id) => new()
    {
        Id = id, ScopeId = Sample.Web.Id, Kind = "tier0", Key = "*", Cause = "", Owner = "team", CreatedBy = "ann", Reason = "known", Created = Sample.Now, Expires = DateTimeOffset.UtcNow.AddHours(1),
        Images = [Sample.WebContainer.ImageDigest],
    };
}
