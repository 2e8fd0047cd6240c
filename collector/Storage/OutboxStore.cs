using System.Collections.Concurrent;
using System.Text.Json;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Storage;

/// <summary>One signal for each notifier. Any thread.</summary>
internal sealed class OutboxSignal
{
    // Bounded by the notifiers of the settings.
    private readonly ConcurrentDictionary<string, CommitSignal> _signals = new(StringComparer.Ordinal);

    public void Raise(string notifier) => Of(notifier).Raise();

    public Task NextAsync(string notifier, CancellationToken cancellationToken) => Of(notifier).NextAsync(cancellationToken);

    private CommitSignal Of(string notifier) => _signals.GetOrAdd(notifier, _ => new CommitSignal());
}

/// <summary>Deliveries. Rows are made by <see cref="ScopeStore"/> in the transaction that stores the incident, and by <see cref="DigestStore"/>.</summary>
internal sealed class OutboxStore(Database database, OutboxSignal signal) : IOutbox
{
    /// <summary>Rows of incidents that wait with a revision of at least $2; 0 is everything.</summary>
    private const string Urgent = """
        ($2 = 0 OR (incident_id <> '' AND incident_id IN (SELECT incident_id FROM deliveries WHERE notifier = $1 AND due IS NOT NULL AND severity >= $2)))
        """;

    public Task<IReadOnlyList<Delivery>> TakeDueAsync(string notifier, Severity from, int limit, DateTimeOffset now, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<Delivery>>(
        session => session.Rows(
            $"SELECT id, idempotency_key, kind, document, attempts, enqueued, due, tried FROM deliveries WHERE notifier = $1 AND due <= $3 AND {Urgent} ORDER BY due, id LIMIT $4",
            reader => new Delivery(
                reader.GetInt64(0), notifier, reader.GetString(1), ReadMessage(reader.GetString(2), reader.GetString(3)),
                reader.GetInt32(4), StoreTime.FromMicros(reader.GetInt64(5)), StoreTime.FromMicros(reader.GetInt64(6)))
            {
                Tried = reader.IsDBNull(7) ? null : StoreTime.FromMicros(reader.GetInt64(7)),
            },
            notifier, (int)from, now.ToMicros(), limit),
        cancellationToken);

    public Task MarkDeliveredAsync(long id, string answer, DateTimeOffset when, CancellationToken cancellationToken) =>
        SettleAsync(id, "delivered", answer, when, null, cancellationToken);

    public Task MarkFailedAsync(long id, string answer, DateTimeOffset when, DateTimeOffset? nextAttempt, CancellationToken cancellationToken) =>
        SettleAsync(id, nextAttempt is null ? "failed" : "waiting", answer, when, nextAttempt, cancellationToken);

    public Task<DateTimeOffset?> NextDueAsync(string notifier, Severity from, CancellationToken cancellationToken) => database.ReadAsync<DateTimeOffset?>(
        session => session.Number($"SELECT min(due) FROM deliveries WHERE notifier = $1 AND due IS NOT NULL AND {Urgent}", notifier, (int)from) is { } due ? StoreTime.FromMicros(due) : null,
        cancellationToken);

    public Task<IReadOnlyList<WaitingMessages>> ListWaitingAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<WaitingMessages>>(Waiting, cancellationToken);

    public Task<int> DropWaitingAsync(string notifier, DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute("DELETE FROM deliveries WHERE notifier = $1 AND due IS NOT NULL AND enqueued < $2", notifier, before.ToMicros()), cancellationToken);

    public static List<WaitingMessages> Waiting(SqlSession session) => session.Rows(
        "SELECT notifier, count(*) FROM deliveries WHERE due IS NOT NULL GROUP BY notifier ORDER BY notifier", reader => new WaitingMessages(reader.GetString(0), reader.GetInt64(1)));

    public Task WaitForNewAsync(string notifier, CancellationToken cancellationToken) => signal.NextAsync(notifier, cancellationToken);

    private static Message ReadMessage(string kind, string document) => kind == DigestStore.DeliveryKind
        ? new DigestMessage(JsonSerializer.Deserialize(document, StoreJson.Default.Digest)!)
        : new AlertMessage(JsonSerializer.Deserialize(document, StoreJson.Default.Incident)!);

    private Task<int> SettleAsync(long id, string state, string answer, DateTimeOffset when, DateTimeOffset? due, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute(
            "UPDATE deliveries SET state = $2, answer = $3, answered = $4, due = $5, attempts = attempts + 1, tried = coalesce(tried, $4) WHERE id = $1",
            id, state, answer, when.ToMicros(), due?.ToMicros()),
        cancellationToken);
}
