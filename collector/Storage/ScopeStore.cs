using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Storage;

/// <summary>The log's reading side for scopes, and their states with what they brought forth.</summary>
internal sealed class ScopeStore(Database database, OutboxSignal outbox) : IScopeLog
{
    // Bounded by the scopes that applied something since the start: each has a state in the store too.
    private readonly ConcurrentDictionary<string, long> _applied = new(StringComparer.Ordinal);

    /// <summary>How far scopes are in memory.</summary>
    public IReadOnlyDictionary<string, long> Applied => _applied;

    public Task<IReadOnlyList<LogRow>> ReadAsync(string scopeId, long after, int limit, CancellationToken cancellationToken)
    {
        var scope = Scope.Parse(scopeId);
        return database.ReadAsync<IReadOnlyList<LogRow>>(
            session => session.Rows(
                "SELECT id, body FROM observations WHERE scope = (SELECT number FROM scopes WHERE scope_id = $1) AND id > $2 ORDER BY id LIMIT $3",
                reader => ReadRow(reader, scope), scopeId, after, limit),
            cancellationToken);
    }

    public Task<IReadOnlyList<LogPosition>> ListBehindAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<LogPosition>>(
        session => session.Rows(
            "SELECT s.scope_id, s.last_log FROM scopes s LEFT JOIN scope_state t ON t.scope = s.number WHERE s.last_log > coalesce(t.applied_through, 0)",
            reader => new LogPosition(reader.GetString(0), reader.GetInt64(1))),
        cancellationToken);

    public Task<IReadOnlyList<string>> ListScopesAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<string>>(
        session => session.Rows("SELECT scope_id FROM scopes ORDER BY number", reader => reader.GetString(0)), cancellationToken);

    public void NoteApplied(string scopeId, long through) => _applied[scopeId] = through;

    /// <summary>The scope was removed from the store.</summary>
    public void Forget(string scopeId) => _applied.TryRemove(scopeId, out _);

    public Task<StoredScope?> LoadAsync(string scopeId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Rows(
            "SELECT t.state, coalesce(t.applied_through, 0), coalesce(t.revision, 0) FROM scopes s LEFT JOIN scope_state t ON t.scope = s.number WHERE s.scope_id = $1",
            reader => new StoredScope(reader.IsDBNull(0) ? [] : reader.GetFieldValue<byte[]>(0), reader.GetInt64(1), reader.GetInt64(2)),
            scopeId).FirstOrDefault(),
        cancellationToken);

    public Task<Incident?> FindIncidentAsync(string scopeId, string incidentId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Rows(
            "SELECT document FROM incidents WHERE id = $1 AND scope = (SELECT number FROM scopes WHERE scope_id = $2)",
            reader => JsonSerializer.Deserialize(reader.GetString(0), StoreJson.Default.Incident), incidentId, scopeId).FirstOrDefault(),
        cancellationToken);

    public Task<Deviation?> FindDeviationAsync(string scopeId, string deviationId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Rows(
            "SELECT document FROM deviations WHERE id = $1 AND scope = (SELECT number FROM scopes WHERE scope_id = $2)",
            reader => JsonSerializer.Deserialize(reader.GetString(0), StoreJson.Default.Deviation), deviationId, scopeId).FirstOrDefault(),
        cancellationToken);

    public Task<IReadOnlyList<Deviation>> ListDeviationsAsync(string scopeId, string incidentId, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<Deviation>>(
        session => session.Rows(
            "SELECT document FROM deviations WHERE incident_id = $1 AND scope = (SELECT number FROM scopes WHERE scope_id = $2)",
            reader => JsonSerializer.Deserialize(reader.GetString(0), StoreJson.Default.Deviation)!, incidentId, scopeId),
        cancellationToken);

    public async Task<long> SaveAsync(string scopeId, ScopeRecord record, long revision, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Documents are made here, not on the writer's thread, which everyone waits for.
        var incidents = record.Outcome.Incidents.Select(incident => (incident, Document: JsonSerializer.Serialize(incident, StoreJson.Default.Incident))).ToArray();
        var deviations = record.Outcome.Deviations.Select(deviation => (deviation, Document: JsonSerializer.Serialize(deviation, StoreJson.Default.Deviation))).ToArray();
        var alerts = record.Alerts.Select(alert => (alert, Document: JsonSerializer.Serialize(alert.Incident, StoreJson.Default.Incident))).ToArray();
        var saved = await database.WriteAsync(
            session =>
            {
                var scope = session.Number("SELECT number FROM scopes WHERE scope_id = $1", scopeId) ?? throw new ScopeStateConflictException($"scope {scopeId} was removed");
                var next = SaveState(session, scopeId, scope, record, revision, now);
                foreach (var (incident, document) in incidents)
                {
                    SaveIncident(session, scope, incident, document);
                }

                foreach (var (deviation, document) in deviations)
                {
                    session.Execute("""
                        INSERT INTO deviations (id, scope, incident_id, kind, severity, first_seen, last_seen, text, document) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                        ON CONFLICT (id) DO UPDATE SET incident_id = $3, severity = $5, last_seen = $7, text = $8, document = $9
                        """,
                        deviation.Id, scope, deviation.IncidentId, deviation.Kind, (int)deviation.Severity,
                        deviation.Time.ToMicros(), deviation.LastSeen.ToMicros(), SearchText.Of(deviation), document);
                }

                foreach (var (alert, document) in alerts)
                {
                    session.Execute("""
                        INSERT INTO deliveries (idempotency_key, notifier, incident_id, document, attempts, enqueued, due, state, answered, answer, severity)
                        VALUES ($1, $2, $3, $4, 0, $5, $5, 'waiting', $5, '', $6) ON CONFLICT (idempotency_key) DO NOTHING
                        """, alert.IdempotencyKey, alert.Notifier, alert.Incident.Id, document, now.ToMicros(), (int)alert.Incident.Severity);
                }

                MuteStore.Note(session, record.Outcome, now);
                foreach (var entry in record.Audit)
                {
                    session.Execute(
                        "INSERT INTO audit (time, who, action, scope_id, subject, note) VALUES ($1, $2, $3, $4, $5, $6)",
                        entry.Time.ToMicros(), entry.Who, entry.Action, scopeId, entry.Subject, entry.Note);
                }

                return next;
            },
            cancellationToken);
        foreach (var notifier in record.Alerts.Select(alert => alert.Notifier).Distinct())
        {
            outbox.Raise(notifier);
        }

        return saved;
    }

    private static long SaveState(SqlSession session, string scopeId, long scope, ScopeRecord record, long revision, DateTimeOffset now)
    {
        var stored = session.Number("SELECT revision FROM scope_state WHERE scope = $1", scope) ?? 0;
        if (stored != revision)
        {
            throw new ScopeStateConflictException($"scope {scopeId} is at revision {stored}, the writer holds {revision}");
        }

        session.Execute("""
            INSERT INTO scope_state (scope, applied_through, revision, saved, state) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (scope) DO UPDATE SET applied_through = $2, revision = $3, saved = $4, state = $5
            """, scope, record.AppliedThrough, revision + 1, now.ToMicros(), record.State);
        return revision + 1;
    }

    private static void SaveIncident(SqlSession session, long scope, Incident incident, string document) => session.Execute("""
        INSERT INTO incidents (id, scope, severity, state, first_seen, last_seen, text, document, e_value, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (id) DO UPDATE SET severity = $3, state = $4, last_seen = $6, text = $7, document = $8, e_value = $9, digest = $10
        """,
        incident.Id, scope, (int)incident.Severity, (int)incident.State, incident.FirstSeen.ToMicros(), incident.LastSeen.ToMicros(), SearchText.Of(incident), document,
        incident.EValue, incident.IsForDigest ? 1 : 0);

    internal static LogRow ReadRow(SqliteDataReader reader, Scope scope)
    {
        var id = reader.GetInt64(0);
        try
        {
            return new LogRow(id, ObservationCodec.Decode(id, scope, reader.GetFieldValue<byte[]>(1)));
        }
        catch (InvalidDataException)
        {
            // Counted and told by the scope, which knows whose row it is.
            return new LogRow(id, null);
        }
    }
}
