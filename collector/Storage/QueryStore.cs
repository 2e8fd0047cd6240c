using System.Text.Json;
using Microsoft.Data.Sqlite;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Query;

namespace Runtime.Collector.Storage;

/// <summary>What people ask. A few questions run at once; the rest wait, so that the road to an alert never waits for a search.</summary>
internal sealed class QueryStore(Database database, ScopeStore scopes, LogSignal log, TimeProvider time) : IQueryStore, IDisposable
{
    private const int QuestionsAtOnce = 4;
    private const int ScopeMatches = 10;
    private const int IdMatches = 3;
    private const int IncidentDeviations = 1000;

    /// <summary>A replica that was not seen for so long is gone.</summary>
    private static readonly TimeSpan ReplicaAge = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim _lane = new(QuestionsAtOnce);

    public void Dispose() => _lane.Dispose();

    public Task<StoreFigures> GetFiguresAsync(CancellationToken cancellationToken) => AskAsync(
        session => new StoreFigures(
            session.Number("SELECT rows FROM log_size") ?? 0,
            Waiting(session),
            OutboxStore.Waiting(session),
            session.Number("SELECT count(*) FROM incidents WHERE state = 0") ?? 0,
            session.Number("SELECT count(*) FROM scopes WHERE last_log > 0") ?? 0,
            StoreBytes()),
        cancellationToken);

    public Task<IReadOnlyList<StoredAgent>> ListAgentsAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyList<StoredAgent>>(
        session => session.Rows(
            """
            SELECT a.agent_id, a.cluster, a.node, a.version, a.kernel_release, a.last_seen, coalesce(e.last_sequence, 0),
                   a.probe_interval_ms, a.stopped
            FROM agents a LEFT JOIN epochs e ON e.agent_id = a.agent_id AND e.epoch = a.epoch ORDER BY a.node, a.agent_id
            """,
            reader => new StoredAgent(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                StoreTime.FromMicros(reader.GetInt64(5)), (ulong)reader.GetInt64(6))
            {
                ProbeInterval = TimeSpan.FromMilliseconds(reader.GetInt64(7)), IsStopped = reader.GetInt64(8) != 0,
            }).Select(agent => agent with { Losses = LossesOf(session, agent.AgentId) }).ToList(),
        cancellationToken);

    private static List<StoredLoss> LossesOf(SqlSession session, string agentId) => session.Rows(
        "SELECT kind, reason, count, first_seen, last_seen FROM losses WHERE agent_id = $1 ORDER BY count DESC, kind, reason",
        reader => new StoredLoss(reader.GetString(0), reader.GetString(1), (ulong)reader.GetInt64(2), StoreTime.FromMicros(reader.GetInt64(3)), StoreTime.FromMicros(reader.GetInt64(4))), agentId);

    public Task<Page<ScopeSummary>> ListScopesAsync(ListFilter filter, CancellationToken cancellationToken)
    {
        // One without a log was removed, and only incidents still name it.
        var sql = new FilterSql()
            .And(true, "last_log > 0")
            .InScope("number", filter.Scope)
            .InScope("number", filter.Text)
            .And(filter.Since is not null, "last_seen >= {0}", filter.Since?.ToMicros())
            .And(filter.Until is not null, "first_seen <= {0}", filter.Until?.ToMicros())
            .Below("number", filter.PageToken);
        var text = $"""
            SELECT number, scope_id, first_seen, last_seen, (SELECT count(*) FROM incidents i WHERE i.scope = scopes.number AND i.state = 0)
            FROM scopes {sql.Where} ORDER BY number DESC {sql.Limit(filter.PageSize + 1)}
            """;
        return AskAsync(session => FilterSql.Cut(session.Rows(text, reader => (FilterSql.Token(reader.GetInt64(0)), Summary(session, reader)), sql.Values), filter), cancellationToken);
    }

    public Task<Page<ImageSummary>> ListImagesAsync(ListFilter filter, CancellationToken cancellationToken) =>
        AskAsync(session => ImageList.Read(session, filter, time.GetUtcNow() - ReplicaAge), cancellationToken);

    public Task<IReadOnlyList<string>> FindScopesAsync(string part, CancellationToken cancellationToken)
    {
        var sql = new FilterSql().InScope("number", part);
        var text = $"SELECT scope_id FROM scopes {sql.Where} ORDER BY scope_id {sql.Limit(ScopeMatches)}";
        return AskAsync<IReadOnlyList<string>>(
            session =>
            {
                var exact = session.Rows("SELECT scope_id FROM scopes WHERE scope_id = $1", reader => reader.GetString(0), part);
                return exact.Count > 0 ? exact : session.Rows(text, reader => reader.GetString(0), sql.Values);
            },
            cancellationToken);
    }

    public Task<Page<Deviation>> ListDeviationsAsync(ListFilter filter, CancellationToken cancellationToken) =>
        ListDocumentsAsync("deviations", filter, Active("deviations", filter).And(filter.Kind.Length > 0, "kind = {0}", filter.Kind), ReadDeviation, cancellationToken);

    public Task<Page<Incident>> ListIncidentsAsync(ListFilter filter, CancellationToken cancellationToken)
    {
        var state = Enum.TryParse<IncidentState>(filter.State, ignoreCase: true, out var known) ? (int)known : -1;
        var sql = Active("incidents", filter)
            .And(filter.State.Length > 0, "state = {0}", state)
            .And(filter.Kind.Length > 0, "id IN (SELECT incident_id FROM deviations WHERE kind = {0})", filter.Kind);
        return ListDocumentsAsync("incidents", filter, sql, ReadIncident, cancellationToken);
    }

    public Task<IReadOnlyList<Incident>> FindIncidentsAsync(string idPrefix, CancellationToken cancellationToken) =>
        FindAsync("SELECT document FROM incidents WHERE id >= $1 AND id < $1 || char(1114111) ORDER BY id LIMIT $2", ReadIncident, idPrefix, IdMatches, cancellationToken);

    public Task<IReadOnlyList<Deviation>> FindDeviationsAsync(string idPrefix, CancellationToken cancellationToken) =>
        FindAsync("SELECT document FROM deviations WHERE id >= $1 AND id < $1 || char(1114111) ORDER BY id LIMIT $2", ReadDeviation, idPrefix, IdMatches, cancellationToken);

    public Task<IReadOnlyList<Deviation>> ListIncidentDeviationsAsync(string incidentId, CancellationToken cancellationToken) =>
        FindAsync("SELECT document FROM deviations WHERE incident_id = $1 ORDER BY number LIMIT $2", ReadDeviation, incidentId, IncidentDeviations, cancellationToken);

    public Task<IReadOnlyList<DeliveryView>> ListDeliveriesAsync(string incidentId, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<DeliveryView>>(
        session => session.Rows(
            "SELECT notifier, state, attempts, answered, answer FROM deliveries WHERE incident_id = $1 ORDER BY id",
            reader => new DeliveryView(reader.GetString(0), reader.GetString(1), reader.GetInt32(2), StoreTime.FromMicros(reader.GetInt64(3)), reader.GetString(4)),
            incidentId),
        cancellationToken);

    public Task<CurrentDigests> GetDigestsAsync(DateTimeOffset? since, CancellationToken cancellationToken) =>
        AskAsync(session => DigestStore.Current(session, since, time.GetUtcNow()), cancellationToken);

    public Task<Page<Observation>> ListEventsAsync(ListFilter filter, CancellationToken cancellationToken)
    {
        // A range of time is walked along its own index, so that a page costs what it holds and not what lies in front of it.
        var byTime = filter.Since is not null || filter.Until is not null;
        var sql = byTime ? Events(filter).Below("o.time", "o.id", filter.PageToken) : Events(filter).Below("o.id", filter.PageToken);
        var text = $"""
            SELECT {(byTime ? "o.time" : "0")}, o.id, s.scope_id, o.body FROM observations o JOIN scopes s ON s.number = o.scope {sql.Where}
            ORDER BY {(byTime ? "o.time DESC, " : "")}o.id DESC {sql.Limit(filter.PageSize + 1)}
            """;
        return AskAsync(
            session => FilterSql.Cut(
                session.Rows(text, reader => (byTime ? FilterSql.Token(reader.GetInt64(0), reader.GetInt64(1)) : FilterSql.Token(reader.GetInt64(1)), ReadObservation(reader, 1)), sql.Values), filter),
            cancellationToken);
    }

    public Task<IReadOnlyList<Observation>> ReadEventsAfterAsync(long afterId, ListFilter filter, int limit, CancellationToken cancellationToken)
    {
        // In the order of ids whatever the filter: the plus keeps the index on time out, whose rows would be sorted anew for each page.
        // What lies before the first row of that time is passed over at once, and only then.
        var sql = Events(filter, "+o.time")
            .And(true, "o.id > {0}", afterId)
            .And(afterId == 0 && filter.Since is not null, "o.id >= (SELECT min(id) FROM observations WHERE time >= {0})", filter.Since?.ToMicros());
        var text = $"SELECT o.id, s.scope_id, o.body FROM observations o JOIN scopes s ON s.number = o.scope {sql.Where} ORDER BY o.id {sql.Limit(limit)}";
        return AskAsync<IReadOnlyList<Observation>>(session => session.Rows(text, reader => ReadObservation(reader, 0), sql.Values), cancellationToken);
    }

    public async Task<long> WaitForEventsAsync(long afterId, CancellationToken cancellationToken)
    {
        // What was committed before this start is not in the signal.
        var stored = await AskAsync(session => session.Number("SELECT max(id) FROM observations") ?? 0, cancellationToken);
        return stored > afterId ? stored : await log.WaitAboveAsync(afterId, cancellationToken);
    }

    private async Task<T> AskAsync<T>(Func<SqlSession, T> question, CancellationToken cancellationToken)
    {
        await _lane.WaitAsync(cancellationToken);
        try
        {
            return await database.ReadAsync(question, cancellationToken);
        }
        finally
        {
            _lane.Release();
        }
    }

    private Task<IReadOnlyList<T>> FindAsync<T>(string sql, Func<SqliteDataReader, int, T> read, string value, int limit, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<T>>(session => session.Rows(sql, reader => read(reader, 0), value, limit), cancellationToken);

    private Task<Page<T>> ListDocumentsAsync<T>(string table, ListFilter filter, FilterSql sql, Func<SqliteDataReader, int, T> read, CancellationToken cancellationToken)
    {
        var text = $"SELECT number, document FROM {table} {sql.Where} ORDER BY number DESC {sql.Limit(filter.PageSize + 1)}";
        return AskAsync(session => FilterSql.Cut(session.Rows(text, reader => (FilterSql.Token(reader.GetInt64(0)), read(reader, 1)), sql.Values), filter), cancellationToken);
    }

    /// <summary>Deviations and incidents that were alive at some time between since and until.</summary>
    /// <remarks>Times are asked for apart: against an order by number SQLite would rather go through the whole table than use their indexes.</remarks>
    private static FilterSql Active(string table, ListFilter filter) => new FilterSql()
        .InScope("scope", filter.Scope)
        .And(filter.MinSeverity > Severity.Unspecified, "severity >= {0}", (int)filter.MinSeverity)
        .And(filter.Since is not null, $"number IN (SELECT number FROM {table} WHERE last_seen >= {{0}})", filter.Since?.ToMicros())
        .And(filter.Until is not null, $"number IN (SELECT number FROM {table} WHERE first_seen <= {{0}})", filter.Until?.ToMicros())
        .HasText(filter.Text)
        .Below("number", filter.PageToken);

    private static FilterSql Events(ListFilter filter, string time = "o.time") => new FilterSql()
        .InScope("o.scope", filter.Scope)
        .And(filter.Kind.Length > 0, "o.kind = {0}", filter.Kind)
        // They come by the minute whether anything happens or not, and would bury what did.
        .And(filter.Kind.Length == 0, "o.kind <> 'resource'")
        .And(filter.Since is not null, time + " >= {0}", filter.Since?.ToMicros())
        .And(filter.Until is not null, time + " <= {0}", filter.Until?.ToMicros())
        .HasText(filter.Text);

    private ScopeSummary Summary(SqlSession session, SqliteDataReader reader)
    {
        var number = reader.GetInt64(0);
        var since = (time.GetUtcNow() - ReplicaAge).ToMicros();
        var replicas = session.Number("SELECT count(DISTINCT instance) FROM containers WHERE scope = $1 AND last_seen >= $2", number, since) ?? 0;
        var images = session.Rows(
            "SELECT DISTINCT image FROM containers WHERE scope = $1 AND image <> '' ORDER BY image LIMIT 100", row => row.GetString(0), number);
        return new ScopeSummary(
            reader.GetString(1), StoreTime.FromMicros(reader.GetInt64(2)), StoreTime.FromMicros(reader.GetInt64(3)),
            Scope.Parse(reader.GetString(1)).IsHost ? 1 : (int)replicas, images, reader.GetInt64(4));
    }

    /// <summary>Rows that no scope has applied, neither in its stored state nor in memory.</summary>
    private long Waiting(SqlSession session) => session
        .Rows(
            "SELECT s.number, s.scope_id, s.last_log, coalesce(t.applied_through, 0) FROM scopes s LEFT JOIN scope_state t ON t.scope = s.number WHERE s.last_log > coalesce(t.applied_through, 0)",
            reader => (Number: reader.GetInt64(0), Id: reader.GetString(1), Last: reader.GetInt64(2), Applied: reader.GetInt64(3)))
        .Select(scope => scope with { Applied = Math.Max(scope.Applied, scopes.Applied.GetValueOrDefault(scope.Id)) })
        .Where(scope => scope.Last > scope.Applied)
        .Sum(scope => session.Number("SELECT count(*) FROM observations WHERE scope = $1 AND id > $2", scope.Number, scope.Applied) ?? 0);

    private long StoreBytes() => new FileInfo[] { new(database.Path), new(database.Path + "-wal") }.Where(file => file.Exists).Sum(file => file.Length);

    /// <param name="column">Of the id; scope and body follow.</param>
    private static Observation ReadObservation(SqliteDataReader reader, int column) =>
        ObservationCodec.Decode(reader.GetInt64(column), Scope.Parse(reader.GetString(column + 1)), reader.GetFieldValue<byte[]>(column + 2));

    private static Incident ReadIncident(SqliteDataReader reader, int column) => JsonSerializer.Deserialize(reader.GetString(column), StoreJson.Default.Incident)!;

    private static Deviation ReadDeviation(SqliteDataReader reader, int column) => JsonSerializer.Deserialize(reader.GetString(column), StoreJson.Default.Deviation)!;
}
