using System.Text.Json;
using Microsoft.Data.Sqlite;
using Runtime.Collector.Mutes;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Storage;

/// <summary>Mutes. Their counters, and their end by a new image, are written by <see cref="ScopeStore"/> in the transaction that stores what they silenced.</summary>
internal sealed class MuteStore(Database database) : IMuteLog
{
    private const string Columns = "document, ended, end_state, ended_by, silenced, last_silenced";

    public Task<IReadOnlyList<Mute>> ListActiveAsync(DateTimeOffset now, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<Mute>>(
        session => session.Rows($"SELECT {Columns} FROM mutes WHERE ended IS NULL AND expires > $1 ORDER BY number", reader => Read(reader, 0), now.ToMicros()), cancellationToken);

    public Task<Page<Mute>> ListAsync(ListFilter filter, bool all, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var sql = new FilterSql()
            .And(!all, "ended IS NULL AND expires > {0}", now.ToMicros())
            .And(filter.Scope.Length > 0, "instr(scope_id, {0}) > 0", filter.Scope)
            .Below("number", filter.PageToken);
        var text = $"SELECT number, {Columns} FROM mutes {sql.Where} ORDER BY number DESC {sql.Limit(filter.PageSize + 1)}";
        return database.ReadAsync(session => FilterSql.Cut(session.Rows(text, reader => (FilterSql.Token(reader.GetInt64(0)), Read(reader, 1)), sql.Values), filter), cancellationToken);
    }

    public Task<IReadOnlyList<Mute>> FindAsync(string idPrefix, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<Mute>>(
        session => session.Rows($"SELECT {Columns} FROM mutes WHERE id >= $1 AND id < $1 || char(1114111) ORDER BY id LIMIT 3", reader => Read(reader, 0), idPrefix), cancellationToken);

    public Task<IReadOnlyList<string>> ListImagesAsync(string scopeId, DateTimeOffset now, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<string>>(
        session => session.Rows(
            """
            SELECT DISTINCT CASE image_digest WHEN '' THEN image ELSE image_digest END AS name FROM containers
            WHERE scope = (SELECT number FROM scopes WHERE scope_id = $1) AND last_seen >= $2 AND (image_digest <> '' OR image <> '') ORDER BY name LIMIT $3
            """,
            reader => reader.GetString(0), scopeId, (now - TimeSpan.FromDays(1)).ToMicros(), Mute.MostImages),
        cancellationToken);

    public Task AddAsync(Mute mute, CancellationToken cancellationToken) => database.WriteAsync(
        session =>
        {
            session.Execute(
                "INSERT INTO mutes (id, scope_id, expires, document) VALUES ($1, $2, $3, $4)",
                mute.Id, mute.ScopeId, mute.Expires.ToMicros(), JsonSerializer.Serialize(mute, StoreJson.Default.Mute));
            return Audit(session, mute, new AuditRow(mute.Created, mute.CreatedBy, "add mute", mute.Id, mute.Reason));
        },
        cancellationToken);

    public Task<bool> RemoveAsync(Mute mute, string who, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        session =>
            session.Execute("UPDATE mutes SET ended = $2, end_state = 'removed', ended_by = $3 WHERE id = $1 AND ended IS NULL AND expires > $2", mute.Id, now.ToMicros(), who) > 0
            && Audit(session, mute, new AuditRow(now, who, "remove mute", mute.Id, "")),
        cancellationToken);

    /// <summary>In the transaction that stores what they silenced.</summary>
    public static void Note(SqlSession session, ScopeOutcome outcome, DateTimeOffset now)
    {
        foreach (var id in outcome.Silenced.SelectMany(incident => incident.MutedBy))
        {
            session.Execute("UPDATE mutes SET silenced = silenced + 1, last_silenced = $2 WHERE id = $1", id, now.ToMicros());
        }

        foreach (var ended in outcome.EndedMutes)
        {
            session.Execute("UPDATE mutes SET ended = $2, end_state = 'image_changed', ended_by = $3 WHERE id = $1 AND ended IS NULL", ended.Id, now.ToMicros(), ended.Image);
        }
    }

    private static bool Audit(SqlSession session, Mute mute, AuditRow row) => session.Execute(
        "INSERT INTO audit (time, who, action, scope_id, subject, note) VALUES ($1, $2, $3, $4, $5, $6)", row.Time.ToMicros(), row.Who, row.Action, mute.ScopeId, row.Subject, row.Note) > 0;

    private static Mute Read(SqliteDataReader reader, int first) => JsonSerializer.Deserialize(reader.GetString(first), StoreJson.Default.Mute)! with
    {
        Ended = Time(reader, first + 1),
        EndState = reader.GetString(first + 2),
        EndedBy = reader.GetString(first + 3),
        Silenced = reader.GetInt64(first + 4),
        LastSilenced = Time(reader, first + 5),
    };

    private static DateTimeOffset? Time(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : StoreTime.FromMicros(reader.GetInt64(column));
}
