using System.Globalization;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class KillTests
{
    private const int RowsInBatch = 5;

    [Fact]
    public async Task Commit_FollowedByKill_IsThereOnce()
    {
        var folder = Directory.CreateTempSubdirectory("runtime-kill-").FullName;
        for (var round = 0; round < 4; round++)
        {
            using var child = Child.Start("store", folder);
            var acknowledged = 0UL;
            var wanted = 40 + (17 * round);
            for (var line = 0; line < wanted; line++)
            {
                var text = await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
                acknowledged = ulong.Parse(text!, CultureInfo.InvariantCulture);
            }

            child.Kill();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);

            using var store = new TempStore(folder);
            var last = (await store.Ingest.OpenEpochAsync(Sample.Agent, Sample.Now, TestContext.Current.CancellationToken)).LastSequence;
            Assert.True(last >= acknowledged, $"acknowledged {acknowledged}, stored {last}");
            var stored = await store.Database.ReadAsync(session => session.Rows("SELECT text, count(*) FROM observations GROUP BY text", reader => (reader.GetString(0), reader.GetInt64(1))), TestContext.Current.CancellationToken);
            Assert.Equal((int)last, stored.Count);
            Assert.All(stored, row => Assert.Equal(RowsInBatch, row.Item2));
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Goes on where the store is, batch after batch; tells each sequence when it was committed.</summary>
    internal static async Task WriteForEverAsync(string folder)
    {
        using var store = new TempStore(folder);
        var sequence = (await store.Ingest.OpenEpochAsync(Sample.Agent, Sample.Now, CancellationToken.None)).LastSequence;
        while (true)
        {
            sequence++;
            await store.AddAsync(sequence, [.. Enumerable.Repeat(Sample.Exec($"/usr/bin/batch-{sequence}"), RowsInBatch)]);
            Console.WriteLine(sequence);
        }
    }
}
