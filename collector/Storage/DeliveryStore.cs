using Microsoft.Data.Sqlite;
using Runtime.Collector.Detection;
using Runtime.Collector.Query;

namespace Runtime.Collector.Storage;

/// <summary>The outbox as a log for people: the rows that <see cref="OutboxStore"/> hands out and marks.</summary>
internal sealed class DeliveryStore(Database database, OutboxSignal signal) : IDeliveryLog
{
    // What was sent stands in the document: severity is 5 there for every row from before it had a column.
    private const string Columns = """
        id, notifier, kind, incident_id, coalesce(json_extract(document, '$.Revision'), 0), coalesce(json_extract(document, '$.Title'), ''),
        coalesce(json_extract(document, '$.Severity'), 0), state, attempts, enqueued, answered, due, answer
        """;

    public Task<Page<DeliveryEntry>> ListAsync(DeliveryFilter filter, CancellationToken cancellationToken)
    {
        var sql = new FilterSql()
            .And(filter.Notifier.Length > 0, "notifier = {0}", filter.Notifier)
            .And(filter.State.Length > 0, "state = {0}", filter.State)
            .And(filter.IncidentId.Length > 0, "incident_id = {0}", filter.IncidentId)
            .Below("id", filter.PageToken);
        var text = $"SELECT {Columns} FROM deliveries {sql.Where} ORDER BY id DESC {sql.Limit(filter.PageSize + 1)}";
        return database.ReadAsync(
            session => FilterSql.Cut(session.Rows(text, reader => (FilterSql.Token(reader.GetInt64(0)), Read(reader)), sql.Values), new ListFilter(filter.PageSize)), cancellationToken);
    }

    public Task<IReadOnlyList<DeliveryCount>> CountAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<DeliveryCount>>(
        // A bare column beside one max() is of the row that has it (sqlite.org/lang_select.html, "Bare columns in an aggregate query").
        session => session.Rows(
            """
            SELECT notifier, sum(state = 'waiting'), sum(state = 'failed'), max(CASE WHEN attempts > 0 THEN answered END), answer
            FROM deliveries GROUP BY notifier ORDER BY notifier
            """,
            reader => new DeliveryCount(
                reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.IsDBNull(3) ? null : StoreTime.FromMicros(reader.GetInt64(3)), reader.IsDBNull(3) ? "" : reader.GetString(4))),
        cancellationToken);

    public Task<DeliveryEntry?> FindAsync(long id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Rows($"SELECT {Columns} FROM deliveries WHERE id = $1", Read, id).FirstOrDefault(), cancellationToken);

    public async Task<bool> RepeatAsync(long id, string who, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var notifier = await database.WriteAsync(
            session =>
            {
                if (session.Execute("UPDATE deliveries SET state = 'waiting', due = $2, tried = NULL WHERE id = $1 AND state = 'failed'", id, now.ToMicros()) == 0)
                {
                    return null;
                }

                session.Execute(
                    """
                    INSERT INTO audit (time, who, action, scope_id, subject, note)
                    SELECT $1, $2, 'repeat delivery', coalesce(json_extract(document, '$.ScopeId'), ''), idempotency_key, answer FROM deliveries WHERE id = $3
                    """, now.ToMicros(), who, id);
                return session.Rows("SELECT notifier FROM deliveries WHERE id = $1", reader => reader.GetString(0), id).Single();
            },
            cancellationToken);
        if (notifier is not null)
        {
            signal.Raise(notifier);
        }

        return notifier is not null;
    }

    private static DeliveryEntry Read(SqliteDataReader reader)
    {
        var attempts = reader.GetInt32(8);
        return new DeliveryEntry(
            reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4), reader.GetString(5), (Severity)reader.GetInt32(6), reader.GetString(7), attempts,
            StoreTime.FromMicros(reader.GetInt64(9)), attempts > 0 ? StoreTime.FromMicros(reader.GetInt64(10)) : null, reader.IsDBNull(11) ? null : StoreTime.FromMicros(reader.GetInt64(11)), reader.GetString(12));
    }
}
