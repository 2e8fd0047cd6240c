using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Storage;

/// <summary>Hashes of images' files, by cluster. Any thread.</summary>
internal sealed class HashStore(Database database, IngestOptions options)
{
    // More leave than must, so that not each new one looks for the oldest.
    private const int Slack = 64;

    private static readonly TimeSpan UseGrain = TimeSpan.FromDays(1);

    /// <returns>In order; null for a file that nobody told of, or of which nodes disagreed.</returns>
    public async Task<IReadOnlyList<FileHash?>> FindAsync(string cluster, IReadOnlyList<ImageFile> files, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = await database.ReadAsync(session => files.Select(file => Find(session, cluster, file)).ToArray(), cancellationToken);
        var old = (now - UseGrain).ToMicros();
        var touched = files.Where((_, i) => found[i] is { } row && row.Used < old).ToArray();
        if (touched.Length > 0)
        {
            await database.WriteAsync(session => touched.Sum(file => Touch(session, cluster, file, now)), cancellationToken);
        }

        return [.. found.Select(row => row is { Hash.Sha256.Length: > 0 } ? row.Hash : null)];
    }

    /// <param name="node">That tells; its word counts once.</param>
    /// <returns>In order; what became of each.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was kept.</exception>
    public Task<IReadOnlyList<HashOutcome>> ReportAsync(string cluster, string node, IReadOnlyList<(ImageFile File, byte[] Sha256)> reports, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<HashOutcome>>(
            session =>
            {
                var outcomes = reports.Select(report => Report(session, cluster, node, report.File, report.Sha256, now)).ToArray();
                if (outcomes.Contains(HashOutcome.New) && session.Number("SELECT count(*) FROM file_hashes")!.Value - options.SharedHashes is > 0 and var over)
                {
                    session.Execute("""
                        DELETE FROM file_hashes WHERE (cluster, image, path, size, modified) IN
                          (SELECT cluster, image, path, size, modified FROM file_hashes ORDER BY used LIMIT $1)
                        """, Math.Min(over + Slack, over + options.SharedHashes / 2));
                }

                return outcomes;
            },
            cancellationToken);

    private static HashOutcome Report(SqlSession session, string cluster, string node, ImageFile file, byte[] sha256, DateTimeOffset now)
    {
        if (Find(session, cluster, file)?.Hash is not { } known)
        {
            session.Execute("INSERT INTO file_hashes (cluster, image, path, size, modified, sha256, node, confirmed, used) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
                cluster, file.ImageDigest, file.Path, (long)file.Size, file.ModifiedUnixNs, sha256, node, now.ToMicros());
            return HashOutcome.New;
        }

        if (known.Sha256.Length == 0)
        {
            return HashOutcome.Disputed;
        }

        var agrees = known.Sha256.AsSpan().SequenceEqual(sha256);
        if (!agrees || (!known.IsConfirmed && known.Node != node))
        {
            // Who is right is not known, and the next report must not make it look so: the row stays, empty.
            session.Execute("UPDATE file_hashes SET sha256 = $6, confirmed = $7 WHERE cluster = $1 AND image = $2 AND path = $3 AND size = $4 AND modified = $5",
                cluster, file.ImageDigest, file.Path, (long)file.Size, file.ModifiedUnixNs, agrees ? sha256 : [], agrees ? 1L : 0L);
        }

        return agrees ? HashOutcome.Agreed : HashOutcome.Disagreed;
    }

    private static int Touch(SqlSession session, string cluster, ImageFile file, DateTimeOffset now) => session.Execute(
        "UPDATE file_hashes SET used = $6 WHERE cluster = $1 AND image = $2 AND path = $3 AND size = $4 AND modified = $5",
        cluster, file.ImageDigest, file.Path, (long)file.Size, file.ModifiedUnixNs, now.ToMicros());

    private static Row? Find(SqlSession session, string cluster, ImageFile file) => session.Rows(
        "SELECT sha256, node, confirmed, used FROM file_hashes WHERE cluster = $1 AND image = $2 AND path = $3 AND size = $4 AND modified = $5",
        reader => new Row(new(reader.GetFieldValue<byte[]>(0), reader.GetString(1), reader.GetInt64(2) != 0), reader.GetInt64(3)),
        cluster, file.ImageDigest, file.Path, (long)file.Size, file.ModifiedUnixNs).FirstOrDefault();

    private sealed record Row(FileHash Hash, long Used);
}
