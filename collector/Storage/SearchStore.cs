using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Runtime.Collector.Inventory;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Search;

namespace Runtime.Collector.Storage;

/// <summary>
/// Searches facts, deviations and incidents. Events are found through the index of the term with the fewest rows, or, where every term has many, by going
/// through facts from the newest on: narrow rows, some millions a second. Few searches run at once, each for a bounded time.
/// </summary>
internal sealed class SearchStore(Database database, TimeProvider time) : ISearchStore, IDisposable
{
    private const int SearchesAtOnce = 2;

    // Up to here sorting what an index gives is cheaper than going through newer rows that do not fit.
    private const int FewRows = 5000;
    private const int MaxImagesOfScope = 100;

    /// <summary>Of one page.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _lane = new(SearchesAtOnce);

    public void Dispose() => _lane.Dispose();

    public Task<SearchCursor> BeginAsync(CancellationToken cancellationToken) => AskAsync(
        session => new SearchCursor(
            time.GetUtcNow(), session.Number("SELECT max(id) FROM observations") ?? 0, session.Number("SELECT max(number) FROM deviations") ?? 0,
            session.Number("SELECT max(number) FROM incidents") ?? 0),
        cancellationToken);

    public Task<SearchPage> SearchAsync(SearchNode? root, SearchCursor cursor, int limit, CancellationToken cancellationToken) => AskAsync(
        session =>
        {
            var scopes = Scopes(session);
            var rows = new List<Found>();
            foreach (var (type, rank) in new[] { (RecordTypes.Events, 0), (RecordTypes.Deviations, 1), (RecordTypes.Incidents, 2) })
            {
                if (root?.MayFind(type) != false)
                {
                    rows.AddRange(type == RecordTypes.Events ? Events(session, root, scopes, cursor, limit + 1) : Documents(session, type, rank, root, scopes, cursor, limit + 1));
                }
            }

            var page = rows.OrderByDescending(row => row.Time).ThenByDescending(row => row.Rank).ThenByDescending(row => row.Number).Take(limit + 1).ToList();
            var hits = page.Take(limit).Select(row => row.Hit).ToArray();
            return new SearchPage(hits, page.Count > limit ? cursor with { Time = page[limit - 1].Time, Rank = page[limit - 1].Rank, Number = page[limit - 1].Number } : null);
        },
        cancellationToken);

    public Task<IReadOnlyList<SearchHit>> ReadEventsAfterAsync(SearchNode? root, long afterId, int limit, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<SearchHit>>(
        session =>
        {
            var search = new SearchSql(RecordTypes.Events, Scopes(session), null);
            var where = $"{NoResources(root)}o.id > {search.Sql.Add(afterId)} AND {search.Where(root)}";

            // The log leads: each of its rows has one place in facts.
            return session.RowsOnce(
                $"""
                SELECT o.time, o.id, s.scope_id, o.body, f.is_new FROM observations o CROSS JOIN facts f ON f.time = o.time AND f.id = o.id CROSS JOIN scopes s ON s.number = o.scope
                WHERE {where} ORDER BY o.id LIMIT {search.Sql.Add(limit)}
                """,
                EventHit, search.Sql.Values);
        },
        cancellationToken);

    public Task<SightingList> FindSightingsAsync(SearchPattern? pattern, SearchValue? network, int limit, CancellationToken cancellationToken) => AskAsync(
        session =>
        {
            var sql = new SearchValuesSql();
            var words = network is null
                ? $"SELECT number FROM words WHERE {sql.Pattern("value", pattern!)}"
                : $"SELECT value FROM json_each({sql.Add(JsonSerializer.Serialize(AddressWords(session, network)))})";
            var counted = session.RowsOnce($"SELECT count(DISTINCT scope) FROM sightings WHERE word IN ({words})", reader => reader.GetInt64(0), sql.Values)[0];
            var sightings = session.RowsOnce(
                $"""
                SELECT s.scope_id, g.role, w.value, g.first_seen, g.last_seen, g.count FROM sightings g JOIN words w ON w.number = g.word JOIN scopes s ON s.number = g.scope
                WHERE g.word IN ({words}) ORDER BY g.first_seen, s.scope_id, w.value, g.role LIMIT {sql.Add(limit + 1)}
                """,
                reader => new Sighting(
                    reader.GetString(0), ((SightingRole)reader.GetInt32(1)).ToString().ToLowerInvariant(), reader.GetString(2),
                    StoreTime.FromMicros(reader.GetInt64(3)), StoreTime.FromMicros(reader.GetInt64(4)), reader.GetInt64(5)),
                sql.Values);
            var oldest = session.Number("SELECT min(first_seen) FROM scopes");
            return new SightingList(
                counted, session.Number("SELECT count(*) FROM scopes WHERE last_log > 0") ?? 0, [.. sightings.Take(limit)], sightings.Count > limit,
                oldest is { } since ? StoreTime.FromMicros(since) : null);
        },
        cancellationToken);

    public Task<IReadOnlyList<string>> FindScopesAsync(SearchNode? root, string after, int limit, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<string>>(
        session =>
        {
            var found = new List<string>();
            foreach (var (number, id) in session.Rows("SELECT number, scope_id FROM scopes WHERE last_log > 0 AND scope_id > $1 ORDER BY scope_id", reader => (reader.GetInt64(0), reader.GetString(1)), after))
            {
                var scope = Scope.Parse(id);
                var images = new Lazy<IReadOnlyList<string>>(() => session.Rows(
                    "SELECT DISTINCT image FROM containers WHERE scope = $1 AND image <> '' LIMIT $2", reader => reader.GetString(0), number, MaxImagesOfScope));
                if (ScopeTerms.Fits(root, scope, images))
                {
                    found.Add(id);
                    if (found.Count == limit)
                    {
                        break;
                    }
                }
            }

            return found;
        },
        cancellationToken);

    private static Lazy<List<(long Number, Scope Scope)>> Scopes(SqlSession session) =>
        new(() => session.Rows("SELECT number, scope_id FROM scopes", reader => (reader.GetInt64(0), Scope.Parse(reader.GetString(1)))));

    private static List<Found> Events(SqlSession session, SearchNode? root, Lazy<List<(long Number, Scope Scope)>> scopes, SearchCursor cursor, int limit)
    {
        var driver = Driver(session, root, scopes);
        var search = new SearchSql(RecordTypes.Events, scopes, driver);

        var (indexedBy, isIndexed) = SearchSql.Leading(driver);
        var where = $"{isIndexed}{NoResources(root)}f.id <= {search.Sql.Add(cursor.Events)}{Below(search.Sql, cursor, 0, "f.time", "f.id")} AND {search.Where(root)}";
        return session.RowsOnce(
            $"""
            SELECT k.time, k.id, s.scope_id, o.body, k.is_new FROM
            (SELECT f.time AS time, f.id AS id, f.scope AS scope, f.is_new AS is_new FROM facts f {indexedBy} WHERE {where} ORDER BY f.time DESC, f.id DESC LIMIT {search.Sql.Add(limit)}) k
            JOIN observations o ON o.id = k.id JOIN scopes s ON s.number = k.scope ORDER BY k.time DESC, k.id DESC
            """,
            reader => new Found(reader.GetInt64(0), 0, reader.GetInt64(1), EventHit(reader)),
            search.Sql.Values);
    }

    /// <summary>They come by the minute whether anything happens or not, and would bury what did.</summary>
    private static string NoResources(SearchNode? root) => root?.Terms.Any(term => term.Field.Name == "kind") == true ? "" : "f.kind <> 'resource' AND ";

    /// <summary>Time, id, scope, body, whether it is new.</summary>
    private static SearchHit EventHit(SqliteDataReader reader) => new(
        StoreTime.FromMicros(reader.GetInt64(0)), reader.GetInt64(4) != 0,
        ObservationCodec.Decode(reader.GetInt64(1), Scope.Parse(reader.GetString(2)), reader.GetFieldValue<byte[]>(3)), null, null);

    /// <summary>The term whose index leads to the rows: of those that all rows must fit, the one with the fewest; none where each has many.</summary>
    private static SearchTerm? Driver(SqlSession session, SearchNode? root, Lazy<List<(long Number, Scope Scope)>> scopes)
    {
        SearchTerm? best = null;
        SearchTerm? ordered = null;
        var fewest = FewRows + 1L;
        foreach (var term in (root is SearchAnd and ? and.Parts : root is null ? [] : [root]).OfType<SearchTerm>().Where(IsIndexed))
        {
            var search = new SearchSql(RecordTypes.Events, scopes, term);
            var where = search.Where(term);
            var (indexedBy, isIndexed) = SearchSql.Leading(term);
            var sql = $"SELECT count(*) FROM (SELECT 1 FROM facts f {indexedBy} WHERE {isIndexed}{where} LIMIT {search.Sql.Add(FewRows + 1)})";
            var rows = session.RowsOnce(sql, reader => reader.GetInt64(0), search.Sql.Values)[0];
            (best, fewest) = rows < fewest ? (term, rows) : (best, fewest);

            // Rows of one value lie in the order of time: they can be read from the newest on however many there are.
            ordered ??= IsOneValue(term, scopes) ? term : null;
        }

        return best ?? ordered;
    }

    /// <remarks>Several networks are several ranges, which one walk of an index does not give.</remarks>
    private static bool IsIndexed(SearchTerm term) =>
        SearchSql.Indexes.ContainsKey(term.Field.Name) && (term.Field.Name is not ("new" or "address") || term.Values is [{ Flag: true } or { First: not null }]);

    private static bool IsOneValue(SearchTerm term, Lazy<List<(long Number, Scope Scope)>> scopes) => term switch
    {
        _ when ScopeTerms.IdOf(term) is not null => true,
        _ when ScopeTerms.IsOne(term.Field) => scopes.Value.Count(scope => ScopeTerms.Fits(scope.Scope, term)) == 1,
        { Field.Name: "new" } => true,
        { Values: [{ Pattern: { } pattern }] } => pattern.IsExact,
        { Values: [{ First: { } first, Last: { } last }] } => first.Equals(last),
        _ => false,
    };

    private static List<Found> Documents(
        SqlSession session, RecordTypes type, int rank, SearchNode? root, Lazy<List<(long Number, Scope Scope)>> scopes, SearchCursor cursor, int limit)
    {
        var search = new SearchSql(type, scopes, null);
        var (table, alias, last) = type == RecordTypes.Deviations ? ("deviations", "d", cursor.Deviations) : ("incidents", "i", cursor.Incidents);
        var where = $"{alias}.number <= {search.Sql.Add(last)}{Below(search.Sql, cursor, rank, $"{alias}.first_seen", $"{alias}.number")} AND {search.Where(root)}";
        return session.RowsOnce(
            $"SELECT {alias}.first_seen, {alias}.number, {alias}.document FROM {table} {alias} WHERE {where} ORDER BY {alias}.first_seen DESC, {alias}.number DESC LIMIT {search.Sql.Add(limit)}",
            reader => new Found(reader.GetInt64(0), rank, reader.GetInt64(1), Hit(type, reader)),
            search.Sql.Values);
    }

    private static SearchHit Hit(RecordTypes type, SqliteDataReader reader)
    {
        var (at, document) = (StoreTime.FromMicros(reader.GetInt64(0)), reader.GetString(2));
        return type == RecordTypes.Deviations
            ? new(at, true, null, JsonSerializer.Deserialize(document, StoreJson.Default.Deviation), null)
            : new(at, false, null, null, JsonSerializer.Deserialize(document, StoreJson.Default.Incident));
    }

    /// <summary>What comes after the cursor's record: older; of the same time of a lower rank; of the same rank with a lower number.</summary>
    private static string Below(SearchValuesSql sql, SearchCursor cursor, int rank, string timeColumn, string number) => cursor.Time is not { } at ? ""
        : rank < cursor.Rank ? $" AND {timeColumn} <= {sql.Add(at)}"
        : rank > cursor.Rank ? $" AND {timeColumn} < {sql.Add(at)}"
        : $" AND ({timeColumn}, {number}) < ({sql.Add(at)}, {sql.Add(cursor.Number)})";

    /// <summary>Addresses are few beside paths, and their texts do not sort as their numbers do.</summary>
    private static List<long> AddressWords(SqlSession session, SearchValue network)
    {
        var (first, last) = (Number(network.First!), Number(network.Last!));
        return [.. session.Rows(
                "SELECT w.number, w.value FROM words w WHERE w.number IN (SELECT word FROM sightings INDEXED BY sightings_of_addresses WHERE role = 5)",
                reader => (Number: reader.GetInt64(0), Text: reader.GetString(1)))
            .Where(word => IPAddress.TryParse(word.Text, out var address) && Number(address.MapToIPv6()) is var number && number >= first && number <= last)
            .Select(word => word.Number)];

        static UInt128 Number(IPAddress address) => UInt128.Parse(Convert.ToHexString(address.GetAddressBytes()), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private async Task<T> AskAsync<T>(Func<SqlSession, T> question, CancellationToken cancellationToken)
    {
        await _lane.WaitAsync(cancellationToken);
        using var limit = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await database.ReadAsync(question, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new QueryFault(QueryFaultKind.TooMuch, $"the search took longer than {Longest.TotalSeconds:0} s; ask for less: a time (since:1d), a deployment, a whole path instead of a part");
        }
        finally
        {
            _lane.Release();
        }
    }

    private sealed record Found(long Time, int Rank, long Number, SearchHit Hit);
}
