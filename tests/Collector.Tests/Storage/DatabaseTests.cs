using Microsoft.Data.Sqlite;
using Runtime.Collector.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class DatabaseTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task Write_BesideOneThatFails_IsKept()
    {
        using var store = new TempStore();
        // Holds the writer, so that the next three wait together and share a transaction.
        using var gate = new ManualResetEventSlim();
        var first = store.Database.WriteAsync(_ => { gate.Wait(Soon); return 0; }, Soon);
        var good = store.Database.WriteAsync(session => Audit(session, "good"), Soon);
        var bad = store.Database.WriteAsync(session => { Audit(session, "bad"); return session.Execute("INSERT INTO nowhere VALUES (1)"); }, Soon);
        var late = store.Database.WriteAsync(session => Audit(session, "late"), Soon);
        gate.Set();
        await Task.WhenAll(first, good, late);
        await Assert.ThrowsAsync<SqliteException>(() => bad);
        Assert.Equal(["good", "late"], await AuditsAsync(store));
        Assert.Null(store.Database.Fault);
    }

    [Theory]
    [InlineData("UPDATE audit SET who = 'nobody'")]
    [InlineData("DELETE FROM audit")]
    public async Task Audit_ChangedOrRemoved_IsRefused(string sql)
    {
        using var store = new TempStore();
        await store.Database.WriteAsync(session => Audit(session, "entry"), Soon);
        var refused = await Assert.ThrowsAsync<SqliteException>(() => store.Database.WriteAsync(session => session.Execute(sql), Soon));
        Assert.Contains("append-only", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["entry"], await AuditsAsync(store));
    }

    [Fact]
    public async Task Open_OfNewerSchema_IsRefusedWithBothVersions()
    {
        var folder = Directory.CreateTempSubdirectory("runtime-store-").FullName;
        using (var store = new TempStore(folder))
        {
            await store.Database.WriteAsync(session => session.Execute("INSERT INTO schema_version VALUES (999, 0)"), Soon);
        }

        var refused = Assert.Throws<StoreOpenException>(() => new TempStore(folder));
        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
        Assert.Contains("newer collector", refused.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Open_OfWhatIsNoDatabase_NamesTheKeyAndThePath()
    {
        var folder = Directory.CreateTempSubdirectory("runtime-store-").FullName;
        File.WriteAllText(Path.Combine(folder, "collector.db"), string.Concat(Enumerable.Repeat("not a database ", 100)));
        var refused = Assert.Throws<StoreOpenException>(() => new TempStore(folder));
        Assert.Contains("Storage__Path", refused.Message, StringComparison.Ordinal);
        Assert.Contains(folder, refused.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Write_WhileTheStoreIsFull_FailsAndGoesOnWhenThereIsRoom()
    {
        using var store = new TempStore();
        await store.AddAsync(1, Sample.Exec());
        var pages = await store.Database.ReadAsync(session => session.Number("PRAGMA page_count")!.Value, Soon);
        await store.Database.WriteAsync(session => session.Number($"PRAGMA max_page_count = {pages}"), Soon);

        var full = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AddAsync(2, Many(400)));
        Assert.Contains("full", full.Message, StringComparison.Ordinal);
        Assert.NotNull(store.Database.Fault);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AddAsync(2, Many(400)));
        Assert.Single(store.Logs.All, line => line.Contains("Nothing is stored", StringComparison.Ordinal));
        store.Time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AddAsync(2, Many(400)));
        Assert.Equal(2, store.Logs.All.Count(line => line.Contains("Nothing is stored", StringComparison.Ordinal)));
        Assert.Equal(1, (await store.Query.GetFiguresAsync(Soon)).Events);

        await store.Database.WriteAsync(session => session.Number("PRAGMA max_page_count = 1000000"), Soon);
        Assert.Equal(400, (await store.AddAsync(2, Many(400))).Count);
        Assert.Null(store.Database.Fault);
        Assert.Equal(401, (await store.Query.GetFiguresAsync(Soon)).Events);
    }

    [Fact]
    public async Task Write_OnAFullDisk_LosesNothingThatWasAcknowledged()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root to mount a small tmpfs");
        var folder = Directory.CreateTempSubdirectory("runtime-full-").FullName;
        Assert.Equal(0, await Child.RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder));
        try
        {
            var acknowledged = 1UL;
            using (var store = new TempStore(folder))
            {
                await store.AddAsync(1, Sample.Exec());
                var filler = Path.Combine(folder, "filler");
                Fill(filler);
                await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
                {
                    while (true)
                    {
                        await store.AddAsync(acknowledged + 1, Many(50));
                        acknowledged++;
                    }
                });
                Assert.NotNull(store.Database.Fault);
                File.Delete(filler);
                await store.AddAsync(++acknowledged, Many(50));
                Assert.Null(store.Database.Fault);
            }

            using var again = new TempStore(folder);
            Assert.Equal(1 + (50 * ((long)acknowledged - 1)), (await again.Query.GetFiguresAsync(Soon)).Events);
        }
        finally
        {
            Assert.Equal(0, await Child.RunAsync("umount", folder));
            Directory.Delete(folder);
        }
    }

    [Fact]
    public void Options_WithSeveralFaults_NameThemAll()
    {
        var faults = new StorageOptions { Path = "here.db", EventRetention = TimeSpan.Zero, WriteQueueLength = 1 }.Validate();
        Assert.Equal(3, faults.Count);
        Assert.Contains(faults, fault => fault.StartsWith("Storage__Path is 'here.db'; it must be an absolute path", StringComparison.Ordinal));
    }

    private static Runtime.Collector.Ingest.Observation[] Many(int count) => [.. Enumerable.Range(0, count).Select(i => Sample.Exec($"/usr/bin/tool-{i}", null, null, new string('x', 500)))];

    private static void Fill(string path)
    {
        using var file = File.Create(path);
        var block = new byte[4096];
        try
        {
            // Leaves some pages to the store, so that it fails in its own good time.
            for (var i = 0; i < 300; i++)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full already.
        }
    }

    private static int Audit(SqlSession session, string note) => session.Execute("INSERT INTO audit (time, who, action, scope_id, subject, note) VALUES (0, 'w', 'a', 's', 'i', $1)", note);

    private static Task<List<string>> AuditsAsync(TempStore store) => store.Database.ReadAsync(session => session.Rows("SELECT note FROM audit ORDER BY id", reader => reader.GetString(0)), Soon);
}
