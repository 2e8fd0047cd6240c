using System.Globalization;
using Microsoft.Data.Sqlite;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class DigestStoreTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;
    private static readonly DateTimeOffset Seven = new(2026, 11, 24, 7, 0, 0, TimeSpan.Zero);
    private static readonly string[] Both = ["chat", "hook"];
    private static readonly Scope Elsewhere = new("edge", "shop", "Deployment", "web", "app");

    [Fact]
    public async Task Tell_WhatDidNotAlert_IsTheStrongestOfEachClusterOnce()
    {
        using var store = await FirstAsync();
        await SaveAsync(store, Sample.Web, [
            .. Enumerable.Range(1, 24).Select(e => Weak($"weak{e:D2}", e)),
            Weak("alerted", 50) with { AlertedRevision = 1 }, Weak("closed", 50) with { State = IncidentState.Closed }, Weak("approved", 50) with { State = IncidentState.Approved },
            Weak("below", 0.9), Weak("delayed", 900) with { DelayedRevision = 1, Threshold = 100 },
        ]);
        await SaveAsync(store, Elsewhere, [Weak("far", 3, Elsewhere)]);

        var digests = await store.Digests.TellAsync(Seven, Seven, Both, Soon);

        Assert.Equal(["default", "edge"], digests.Select(digest => digest.Cluster));
        Assert.Equal(["delayed", .. Enumerable.Range(6, 19).Reverse().Select(e => $"weak{e:D2}")], digests[0].Lines.Select(line => line.IncidentId));
        Assert.Equal((true, false), (digests[0].Lines[0].IsDelayed, digests[0].Lines[1].IsDelayed));
        Assert.Equal((5, 0), (digests[0].More, digests[0].Quiet));
        Assert.Equal(("far", 3, 100, Sample.Now, null), (digests[1].Lines[0].IncidentId, digests[1].Lines[0].EValue, digests[1].Lines[0].Threshold, digests[1].Lines[0].FirstSeen, digests[1].Lines[0].Told));
        foreach (var notifier in Both)
        {
            var rows = await DueAsync(store, notifier);
            Assert.Equal([$"digest/default/2026-11-24T07:00:00.000000Z/{notifier}", $"digest/edge/2026-11-24T07:00:00.000000Z/{notifier}"], rows.Select(row => row.IdempotencyKey));
            Assert.Equal(Text(digests), Text(rows.Select(row => Assert.IsType<DigestMessage>(row.Message).Digest)));
        }

        // The same slot again, and an earlier one, whatever came meanwhile: as after a kill between the commit and whatever would have come next.
        await SaveAsync(store, Sample.Web, [Weak("later", 2)]);
        Assert.Empty(await store.Digests.TellAsync(Seven, Seven.AddMinutes(1), Both, Soon));
        Assert.Empty(await store.Digests.TellAsync(Seven.AddHours(-3), Seven.AddMinutes(1), Both, Soon));
        Assert.Equal("later", Assert.Single(await store.Digests.TellAsync(Seven.AddDays(1), Seven.AddDays(1), Both, Soon)).Lines.Single().IncidentId);

        // A day on which nothing came has none.
        Assert.Empty(await store.Digests.TellAsync(Seven.AddDays(2), Seven.AddDays(2), Both, Soon));
        Assert.Equal(3, (await DueAsync(store, "chat")).Count);
        Assert.Equal(Seven.AddDays(2), await store.Digests.LastSlotAsync(Soon));

        // What is seen again is told again, and says that it was told before; the rest is only counted.
        await SaveAsync(store, Sample.Web, [Weak("weak24", 24) with { Count = 7 }]);
        var again = Assert.Single(await store.Digests.TellAsync(Seven.AddDays(3), Seven.AddDays(3), Both, Soon));
        Assert.Equal(("weak24", 7UL, Seven), (again.Lines.Single().IncidentId, again.Lines[0].Count, again.Lines[0].Told));
        Assert.Equal((0, 25, Seven.AddDays(2)), (again.More, again.Quiet, again.Since));
    }

    [Fact]
    public async Task Tell_ToANotifierThatIsForSome_HoldsWhatIsItsOwn()
    {
        using var store = await FirstAsync(audience: new DigestAudience(new Dictionary<string, Func<Incident, bool>> { ["hook"] = incident => incident.Id.StartsWith("own", StringComparison.Ordinal) }, new Dictionary<string, TimeOnly>()));
        await SaveAsync(store, Sample.Web, [.. Enumerable.Range(1, 30).SelectMany(e => new[] { Weak($"own{e:D2}", e), Weak($"weak{e:D2}", e) })]);
        await SaveAsync(store, Elsewhere, [Weak("far", 3, Elsewhere)]);
        await store.Digests.TellAsync(Seven, Seven, Both, Soon);

        var own = Assert.IsType<DigestMessage>(Assert.Single(await DueAsync(store, "hook")).Message).Digest;
        Assert.Equal([.. Enumerable.Range(11, 20).Reverse().Select(e => $"own{e:D2}")], own.Lines.Select(line => line.IncidentId));
        Assert.Equal(("default", 10, 0), (own.Cluster, own.More, own.Quiet));
        Assert.Equal(["default", "edge"], (await DueAsync(store, "chat")).Select(row => Assert.IsType<DigestMessage>(row.Message).Digest.Cluster));

        // A day with nothing of its own has none; what it had before is only counted.
        await SaveAsync(store, Sample.Web, [Weak("weak31", 31)]);
        await store.Digests.TellAsync(Seven.AddDays(1), Seven.AddDays(1), Both, Soon);
        Assert.Single(await DueAsync(store, "hook"));
        await SaveAsync(store, Sample.Web, [Weak("own31", 31)]);
        await store.Digests.TellAsync(Seven.AddDays(2), Seven.AddDays(2), Both, Soon);
        var next = Assert.IsType<DigestMessage>((await DueAsync(store, "hook"))[1].Message).Digest;
        Assert.Equal(("own31", 0, 30), (next.Lines.Single().IncidentId, next.More, next.Quiet));
    }

    [Fact]
    public async Task Tell_ToANotifierWithATimeOfItsOwn_WaitsForIt()
    {
        var times = new Dictionary<string, TimeOnly> { ["hook"] = new(9, 30), ["early"] = new(6, 30) };
        using var store = await FirstAsync(audience: new DigestAudience(new Dictionary<string, Func<Incident, bool>>(), times));
        await SaveAsync(store, Sample.Web, [Weak("weak", 5)]);
        await store.Digests.TellAsync(Seven, Seven, ["chat", "hook", "early"], Soon);
        Assert.Equal(Seven, await store.Outbox.NextDueAsync("chat", Severity.Unspecified, Soon));
        Assert.Equal(Seven.AddHours(2.5), await store.Outbox.NextDueAsync("hook", Severity.Unspecified, Soon));
        Assert.Equal(Seven.AddHours(23.5), await store.Outbox.NextDueAsync("early", Severity.Unspecified, Soon));
        Assert.Empty(await store.Outbox.TakeDueAsync("hook", Severity.Unspecified, 100, Seven.AddHours(2), Soon));
    }

    /// <summary>What an agent kept on its disk comes late and carries old times: the store counts by what was stored since.</summary>
    [Fact]
    public async Task Tell_OfWhatCameLate_HasItInTheNextOne()
    {
        using var store = await FirstAsync();
        await store.Digests.TellAsync(Seven, Seven, Both, Soon);
        await SaveAsync(store, Sample.Web, [Weak("late", 5) with { FirstSeen = Seven.AddDays(-3), LastSeen = Seven.AddDays(-3) }]);
        Assert.Equal("late", Assert.Single(await store.Digests.TellAsync(Seven.AddDays(1), Seven.AddDays(1), Both, Soon)).Lines.Single().IncidentId);
    }

    [Fact]
    public async Task Tell_InAStoreThatNeverHadOne_BeginsWithTheNext()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Sample.Exec());
        await SaveAsync(store, Sample.Web, [Weak("old", 5)]);
        Assert.Null(await store.Digests.LastSlotAsync(Soon));
        Assert.Empty(await store.Digests.TellAsync(Seven, Seven.AddHours(6), Both, Soon));
        Assert.Equal("old", Assert.Single(await store.Digests.TellAsync(Seven.AddDays(1), Seven.AddDays(1), Both, Soon)).Lines.Single().IncidentId);
    }

    [Fact]
    public async Task Tell_ThatCannotBeStored_LeavesAllToTheNextTry()
    {
        using var store = await FirstAsync();
        await SaveAsync(store, Sample.Web, [Weak("weak", 5)]);
        await store.Database.WriteAsync(session => session.Execute("CREATE TRIGGER full BEFORE INSERT ON deliveries WHEN NEW.notifier = 'hook' BEGIN SELECT RAISE(ABORT, 'no room'); END"), Soon);
        await Assert.ThrowsAsync<SqliteException>(() => store.Digests.TellAsync(Seven, Seven, Both, Soon));
        Assert.Empty(await DueAsync(store, "chat"));
        await store.Database.WriteAsync(session => session.Execute("DROP TRIGGER full"), Soon);
        Assert.Single(await store.Digests.TellAsync(Seven, Seven.AddMinutes(1), Both, Soon));
        Assert.Single(await DueAsync(store, "chat"));
    }

    [Fact]
    public async Task Tell_AfterAClockThatWasAYearAhead_GoesOn()
    {
        using var store = await FirstAsync();
        await store.Digests.TellAsync(Seven.AddDays(365), Seven.AddDays(365), Both, Soon);
        await SaveAsync(store, Sample.Web, [Weak("weak", 5)]);
        Assert.Single(await store.Digests.TellAsync(Seven.AddDays(1), Seven.AddDays(1), Both, Soon));
    }

    [Fact]
    public async Task Current_IsWhatWasToldLastAndWhatCameSince()
    {
        using var store = await FirstAsync();
        await SaveAsync(store, Sample.Web, [Weak("first", 5)]);
        await store.Digests.TellAsync(Seven, Seven, Both, Soon);
        await SaveAsync(store, Sample.Web, [Weak("second", 6)]);
        await store.Digests.TellAsync(Seven.AddDays(1), Seven.AddDays(1), Both, Soon);
        await SaveAsync(store, Sample.Web, [Weak("third", 7) with { LastSeen = Sample.Now.AddDays(1) }]);

        var current = await store.Query.GetDigestsAsync(null, Soon);

        Assert.Equal(Seven.AddDays(1), current.Last);
        var digest = Assert.Single(current.Digests);
        Assert.Equal([("third", null), ("second", Seven.AddDays(1))], digest.Lines.Select(line => (line.IncidentId, line.Told)));
        Assert.Equal(1, digest.Quiet);
        var since = Assert.Single((await store.Query.GetDigestsAsync(Sample.Now, Soon)).Digests);
        Assert.Equal(["third", "second", "first"], since.Lines.Select(line => line.IncidentId));
        Assert.Equal("third", Assert.Single(Assert.Single((await store.Query.GetDigestsAsync(Sample.Now.AddHours(1), Soon)).Digests).Lines).IncidentId);
    }

    [Fact]
    public async Task Line_OfAHugeIncident_IsBounded()
    {
        using var store = await FirstAsync();
        await SaveAsync(store, Sample.Web, [Weak("big", 5) with { Title = new string('t', 5000), Pods = [.. Enumerable.Range(0, 256).Select(i => $"web-{i}")] }]);
        var line = Assert.Single(await store.Digests.TellAsync(Seven, Seven, Both, Soon)).Lines.Single();
        Assert.Equal((300, 5, 256), (line.Title.Length, line.Pods.Count, line.PodCount));
    }

    [Fact]
    public async Task Prune_OldDigestsThatWereSent_GoWithIncidentsOfTheirAge()
    {
        using var store = await FirstAsync();
        await SaveAsync(store, Sample.Web, [Weak("weak", 5)]);
        await store.Digests.TellAsync(Seven, Seven, Both, Soon);
        await store.Outbox.MarkDeliveredAsync((await DueAsync(store, "chat"))[0].Id, "200", Seven, Soon);
        store.Time.SetUtcNow(Seven + store.Options.IncidentRetention - TimeSpan.FromHours(1));
        await store.Retention.PruneAsync(Soon);
        Assert.Equal(2, await CountAsync(store));
        store.Time.Advance(TimeSpan.FromHours(2));
        await store.Retention.PruneAsync(Soon);

        // The one that waits is its notifier's matter.
        Assert.Equal(1, await CountAsync(store));
        Assert.Single(await DueAsync(store, "hook"));
    }

    [Fact]
    public async Task Open_OfAStoreFromBeforeDigests_KnowsWhatIsWeak()
    {
        var folder = Directory.CreateTempSubdirectory("runtime-store-").FullName;
        using (var store = await FirstAsync(folder))
        {
            await SaveAsync(store, Sample.Web, [Weak("weak", 5), Weak("alerted", 50) with { AlertedRevision = 1 }, Weak("sure", double.PositiveInfinity) with { AlertedRevision = 1 }, Weak("below", 0.5)]);
            await store.Database.WriteAsync(
                session =>
                {
                    session.Script("""
                        DROP TABLE threads; DROP TABLE mutes; DROP INDEX deliveries_settled; DROP INDEX deliveries_by_state;
                        ALTER TABLE deliveries DROP COLUMN severity; ALTER TABLE deliveries DROP COLUMN tried;
                        DROP INDEX incidents_for_digest; DROP TABLE digests;
                        ALTER TABLE incidents DROP COLUMN e_value; ALTER TABLE incidents DROP COLUMN digest; ALTER TABLE incidents DROP COLUMN digested;
                        ALTER TABLE deliveries DROP COLUMN kind; ALTER TABLE containers DROP COLUMN image_created;
                        DROP TABLE facts; DROP TABLE words; DROP TABLE images; DROP TABLE sightings; DROP TABLE search_state; DELETE FROM schema_version WHERE version >= 5;
                        """);
                    return 0;
                },
                Soon);
        }

        using (var store = new TempStore(folder))
        {
            await store.Digests.TellAsync(Seven, Seven, Both, Soon);
            var line = Assert.Single(Assert.Single(await store.Digests.TellAsync(Seven.AddDays(1), Seven.AddDays(1), Both, Soon)).Lines);
            Assert.Equal(("weak", 5), (line.IncidentId, line.EValue));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Collector_KilledAgainAndAgain_TellsEachIncidentOnce()
    {
        var folder = Directory.CreateTempSubdirectory("runtime-kill-").FullName;
        for (var round = 0; round < 4; round++)
        {
            using var child = Child.Start("digest", folder);
            for (var line = 0; line < 25 + (13 * round); line++)
            {
                Assert.NotNull(await child.StandardOutput.ReadLineAsync(Soon));
            }

            child.Kill();
            await child.WaitForExitAsync(Soon);
        }

        using var store = new TempStore(folder);
        var last = (await store.Digests.LastSlotAsync(Soon))!.Value;
        await store.Digests.TellAsync(last.AddDays(1), last.AddDays(1), Both, Soon);
        var saved = await store.Database.ReadAsync(session => session.Rows("SELECT id FROM incidents ORDER BY id", row => row.GetString(0)), Soon);
        Assert.True(saved.Count > 100, $"{saved.Count} incidents");
        foreach (var notifier in Both)
        {
            var rows = await store.Outbox.TakeDueAsync(notifier, Severity.Unspecified, 100_000, last.AddYears(1), Soon);
            Assert.Equal(saved, rows.SelectMany(row => ((DigestMessage)row.Message).Digest.Lines).Select(line => line.IncidentId).Order(StringComparer.Ordinal));
            Assert.Equal(rows.Count, rows.Select(row => row.IdempotencyKey).Distinct().Count());
        }

        store.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Stores new incidents and makes a digest each day, for ever; tells each day when it was committed.</summary>
    internal static async Task TellForEverAsync(string folder)
    {
        using var store = new TempStore(folder);
        if (await store.Digests.LastSlotAsync(Soon) is not { } slot)
        {
            await store.AddAsync(1, Sample.Exec());
            await store.Digests.TellAsync(Seven, Seven, Both, Soon);
            slot = Seven;
        }

        while (true)
        {
            await SaveAsync(store, Sample.Web, [Weak($"{Guid.NewGuid():N}", 5), Weak($"{Guid.NewGuid():N}", 6)]);
            slot = slot.AddDays(1);
            await store.Digests.TellAsync(slot, slot, Both, Soon);
            Console.WriteLine(slot.ToString("O", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>A store whose first slot passed, with two deployments.</summary>
    private static async Task<TempStore> FirstAsync(string? folder = null, DigestAudience? audience = null)
    {
        var store = new TempStore(folder, audience: audience);
        await store.AddAsync(1, Sample.Exec(), Sample.Exec(scope: Elsewhere));
        Assert.Empty(await store.Digests.TellAsync(Seven.AddDays(-1), Seven.AddDays(-1), Both, Soon));
        return store;
    }

    private static async Task SaveAsync(TempStore store, Scope scope, Incident[] incidents)
    {
        var revision = (await store.Scopes.LoadAsync(scope.Id, Soon))!.Revision;
        await store.Scopes.SaveAsync(scope.Id, new ScopeRecord { Outcome = new ScopeOutcome([], incidents, []) }, revision, Sample.Now, Soon);
    }

    private static Incident Weak(string id, double evidence, Scope? scope = null) =>
        Sample.Incident(id, (scope ?? Sample.Web).Id, Severity.Low) with { EValue = evidence, AlertedRevision = 0 };

    private static Task<IReadOnlyList<Delivery>> DueAsync(TempStore store, string notifier) => store.Outbox.TakeDueAsync(notifier, Severity.Unspecified, 100, Seven.AddYears(2), Soon);

    private static Task<long> CountAsync(TempStore store) => store.Database.ReadAsync(session => session.Number("SELECT count(*) FROM deliveries") ?? 0, Soon);

    private static string Text(IEnumerable<Digest> digests) => global::System.Text.Json.JsonSerializer.Serialize(digests.ToList());
}
