using System.Globalization;
using System.Text.Json;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query;

namespace Runtime.Collector.Storage;

/// <summary>
/// Daily digests, made in the transaction that notes them as told: what is in the outbox and what counts as told never part, whenever the program dies.
/// </summary>
internal sealed class DigestStore(Database database, OutboxSignal outbox, DigestAudience audience) : IDigestLog
{
    /// <summary>In deliveries.kind.</summary>
    public const string DeliveryKind = "digest";

    public Task<DateTimeOffset?> LastSlotAsync(CancellationToken cancellationToken) => database.ReadAsync<DateTimeOffset?>(
        session => Last(session) is { } last ? last.Slot : null, cancellationToken);

    public async Task<IReadOnlyList<Digest>> TellAsync(DateTimeOffset slot, DateTimeOffset now, IReadOnlyList<string> notifiers, CancellationToken cancellationToken)
    {
        var digests = await database.WriteAsync(session => Tell(session, slot, now, notifiers, audience), cancellationToken);
        foreach (var notifier in digests.Count > 0 ? notifiers : [])
        {
            outbox.Raise(notifier);
        }

        return digests;
    }

    /// <param name="since">Null: what the last digest had, and what came since.</param>
    public static CurrentDigests Current(SqlSession session, DateTimeOffset? since, DateTimeOffset now)
    {
        var last = Last(session)?.Told;
        var digests = since is { } from
            ? Read(session, "i.last_seen >= $1", from.ToMicros(), from, now)
            : Read(session, "(i.digest = 1 OR i.digested >= $1)", last?.ToMicros() ?? 0, last ?? DateTimeOffset.UnixEpoch, now);
        return new CurrentDigests(last, digests);
    }

    private static List<Digest> Tell(SqlSession session, DateTimeOffset slot, DateTimeOffset now, IReadOnlyList<string> notifiers, DigestAudience audience)
    {
        var last = Last(session);
        if (last is { } told && told.Slot >= slot && told.Slot <= now)
        {
            return [];
        }

        session.Execute(
            "INSERT INTO digests (one, slot, told) VALUES (1, $1, $2) ON CONFLICT (one) DO UPDATE SET slot = $1, told = $2", slot.ToMicros(), now.ToMicros());
        if (last is null)
        {
            // A store that is new, or older than digests: its first one comes when it is due, not when the program happens to start.
            return [];
        }

        var digests = Read(session, "i.digest = $1", 1, last.Value.Told, now);
        foreach (var notifier in notifiers)
        {
            var own = audience.FilterOf(notifier) is { } isFor ? Filtered(session, isFor, last.Value.Told, now) : digests;
            foreach (var digest in own)
            {
                session.Execute("""
                    INSERT INTO deliveries (idempotency_key, notifier, incident_id, document, attempts, enqueued, due, state, answered, answer, kind, severity)
                    VALUES ($1, $2, '', $3, 0, $4, $5, 'waiting', $4, '', 'digest', 0)
                    """, IdempotencyKey(digest, notifier), notifier, JsonSerializer.Serialize(digest, StoreJson.Default.Digest), now.ToMicros(), audience.DueOf(notifier, now).ToMicros());
            }
        }

        session.Execute("UPDATE incidents SET digest = 2, digested = $1 WHERE digest > 0 AND digest = 1", now.ToMicros());
        return digests;
    }

    // By the time that it was made: a clock that was set back makes another digest, not the same again.
    private static string IdempotencyKey(Digest digest, string notifier) => string.Create(
        CultureInfo.InvariantCulture, $"digest/{digest.Cluster}/{digest.Until.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}/{notifier}");

    private static (DateTimeOffset Slot, DateTimeOffset Told)? Last(SqlSession session) => session.Rows(
        "SELECT slot, told FROM digests", reader => ((DateTimeOffset, DateTimeOffset)?)(StoreTime.FromMicros(reader.GetInt64(0)), StoreTime.FromMicros(reader.GetInt64(1)))).FirstOrDefault();

    /// <param name="wanted">A condition of ours, on incidents as i, with $1 for <paramref name="value"/>.</param>
    private static List<Digest> Read(SqlSession session, string wanted, long value, DateTimeOffset since, DateTimeOffset until)
    {
        // Bounded by the deployments that have such an incident.
        var counts = session.Rows(
            $"SELECT s.scope_id, count(*) FROM incidents i CROSS JOIN scopes s ON s.number = i.scope WHERE i.digest > 0 AND {wanted} GROUP BY s.scope_id",
            reader => (ClusterPart: ClusterPart(reader.GetString(0)), Count: reader.GetInt64(1)), value);
        var digests = new List<Digest>();
        foreach (var cluster in counts.GroupBy(scope => scope.ClusterPart, StringComparer.Ordinal).OrderBy(cluster => cluster.Key, StringComparer.Ordinal))
        {
            // '0' follows '/': all ids that begin with the part.
            var (from, to) = (cluster.Key + "/", cluster.Key + "0");
            var lines = session.Rows(
                $"""
                SELECT document, digested FROM incidents WHERE number IN (
                SELECT i.number FROM incidents i CROSS JOIN scopes s ON s.number = i.scope
                WHERE i.digest > 0 AND {wanted} AND s.scope_id >= $2 AND s.scope_id < $3 ORDER BY i.e_value DESC, i.id LIMIT $4)
                """,
                reader => DigestLine.Of(
                    JsonSerializer.Deserialize(reader.GetString(0), StoreJson.Default.Incident)!, reader.GetInt64(1) is > 0 and var told ? StoreTime.FromMicros(told) : null),
                value, from, to, Digest.MaxLines);
            digests.Add(new Digest
            {
                Cluster = Scope.Parse(cluster.Key + "/-/-/-/-").Cluster,
                Since = since,
                Until = until,
                Lines = [.. lines.OrderByDescending(line => line.EValue).ThenBy(line => line.IncidentId, StringComparer.Ordinal)],
                More = cluster.Sum(scope => scope.Count) - lines.Count,
                Quiet = session.Number(
                    $"SELECT count(*) FROM incidents i CROSS JOIN scopes s ON s.number = i.scope WHERE i.digest > 0 AND NOT {wanted} AND s.scope_id >= $2 AND s.scope_id < $3",
                    value, from, to) ?? 0,
            });
        }

        return digests;
    }

    /// <summary>What came since the last one and is for one notifier: in the same form, one for each cluster that has something of it.</summary>
    private static List<Digest> Filtered(SqlSession session, Func<Incident, bool> isFor, DateTimeOffset since, DateTimeOffset until)
    {
        // Bounded by the clusters; of each the lines that are told, and two counts.
        var clusters = new SortedDictionary<string, (List<DigestLine> Lines, long All, long Quiet)>(StringComparer.Ordinal);
        session.Rows(
            "SELECT i.document, i.digested, i.digest, s.scope_id FROM incidents i CROSS JOIN scopes s ON s.number = i.scope WHERE i.digest > 0 ORDER BY i.e_value DESC, i.id",
            reader =>
            {
                var incident = JsonSerializer.Deserialize(reader.GetString(0), StoreJson.Default.Incident)!;
                if (isFor(incident))
                {
                    var part = ClusterPart(reader.GetString(3));
                    var (lines, all, quiet) = clusters.GetValueOrDefault(part, ([], 0, 0));
                    var isNew = reader.GetInt64(2) == 1;
                    if (isNew && lines.Count < Digest.MaxLines)
                    {
                        lines.Add(DigestLine.Of(incident, reader.GetInt64(1) is > 0 and var told ? StoreTime.FromMicros(told) : null));
                    }

                    clusters[part] = (lines, all + (isNew ? 1 : 0), quiet + (isNew ? 0 : 1));
                }

                return 0;
            });
        return [.. clusters.Where(cluster => cluster.Value.All > 0).Select(cluster => new Digest
        {
            Cluster = Scope.Parse(cluster.Key + "/-/-/-/-").Cluster,
            Since = since,
            Until = until,
            Lines = cluster.Value.Lines,
            More = cluster.Value.All - cluster.Value.Lines.Count,
            Quiet = cluster.Value.Quiet,
        })];
    }

    private static string ClusterPart(string scopeId) => scopeId[..scopeId.IndexOf('/', StringComparison.Ordinal)];
}
