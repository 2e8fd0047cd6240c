using System.Globalization;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

public sealed class ScopeKillTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;

    [Fact]
    public async Task Collector_KilledAgainAndAgain_LearnsEveryAcknowledgedRowOnce()
    {
        var folder = Directory.CreateTempSubdirectory("runtime-kill-").FullName;
        for (var round = 0; round < 3; round++)
        {
            using var child = Child.Start("collector", folder);
            var acknowledged = 0UL;
            for (var line = 0; line < 60 + (37 * round); line++)
            {
                acknowledged = ulong.Parse((await child.StandardOutput.ReadLineAsync(Soon))!, CultureInfo.InvariantCulture);
            }

            child.Kill();
            await child.WaitForExitAsync(Soon);
            using var store = new TempStore(folder);
            Assert.True((await store.Ingest.OpenEpochAsync(Sample.Agent, Sample.Now, Soon)).LastSequence >= acknowledged);
        }

        await using var host = await CollectorHost.StartAsync(folder);
        var behind = await host.Log.ListBehindAsync(Soon);
        var newest = (await host.Query.ListEventsAsync(new ListFilter(PageSize: 1), Soon)).Items[0];
        await host.Scopes.ApplyAsync([newest], Soon);
        var learnt = BaselineItems.Of((await host.Scopes.GetBaselineAsync(Sample.Web.Id, Soon))!);

        // The same rows through one engine that nobody killed.
        var engine = new ScopeEngine(Sample.Web, CollectorHost.Baselines);
        for (var after = 0L; await host.Log.ReadAsync(Sample.Web.Id, after, 1000, Soon) is { Count: > 0 } rows; after = rows[^1].Id)
        {
            foreach (var row in rows)
            {
                engine.Apply(row.Observation!);
            }
        }

        Assert.Equal(BaselineItems.Of(engine.View(DateTimeOffset.UtcNow)), learnt);
        var incidents = (await host.Query.ListIncidentsAsync(new ListFilter(), Soon)).Items;
        Assert.NotEmpty(incidents);
        var keys = await host.Database.ReadAsync(session => session.Rows("SELECT notifier, count(*), count(DISTINCT incident_id) FROM deliveries GROUP BY notifier", row => (row.GetString(0), row.GetInt64(1), row.GetInt64(2))), Soon);
        Assert.Equal(2, keys.Count);
        Assert.All(behind, scope => Assert.Equal(Sample.Web.Id, scope.ScopeId));
        await host.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Learns for ever, batch after batch; tells each sequence when it was committed.</summary>
    internal static async Task CollectForEverAsync(string folder)
    {
        var host = await CollectorHost.StartAsync(folder, new ScopesOptions { CheckpointInterval = TimeSpan.FromSeconds(1) });
        var sequence = (await host.Ingest.OpenEpochAsync(Sample.Agent, Sample.Now, CancellationToken.None)).LastSequence;
        while (true)
        {
            sequence++;
            var at = Sample.Now.AddSeconds(sequence * 60);
            var attack = sequence % 50 == 0 ? ScopeGrainTests.Memfd() with { First = at, Last = at } : Sample.Exec("/bin/sh", null, at);
            await host.AddAsync(sequence, Sample.Exec($"/usr/bin/tool-{sequence % 30}", null, at), Sample.Exec("/bin/ls", null, at), attack);
            Console.WriteLine(sequence);
        }
    }
}
