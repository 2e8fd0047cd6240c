using Runtime.Collector.Query;

namespace Runtime.Collector.Storage;

/// <summary>Images, by what is known of their containers.</summary>
internal static class ImageList
{
    /// <summary>Deployments, or nodes, of one image.</summary>
    private const int MaxNames = 20;

    // In a token, between reference and digest: neither holds it.
    private const char Separator = '\n';

    private const string Groups = """
        SELECT image, image_digest, min(first_seen), max(last_seen), count(DISTINCT CASE WHEN last_seen >= $1 THEN instance END), count(DISTINCT scope), count(DISTINCT agent_id), max(image_created)
        FROM containers
        WHERE image <> '' AND ($2 = '' OR instr(lower(image), lower($2)) > 0 OR instr(image_digest, lower($2)) > 0) AND (image, image_digest) > ($3, $4)
        GROUP BY image, image_digest HAVING min(first_seen) >= $5
        ORDER BY image, image_digest LIMIT $6
        """;

    private const string OfPage = "WHERE (c.image, c.image_digest) >= ($1, $2) AND (c.image, c.image_digest) <= ($3, $4)";
    private const string Deployments = $"SELECT DISTINCT c.image, c.image_digest, s.scope_id FROM containers c JOIN scopes s ON s.number = c.scope {OfPage} ORDER BY 3";
    private const string Nodes = $"SELECT DISTINCT c.image, c.image_digest, a.node FROM containers c JOIN agents a ON a.agent_id = c.agent_id {OfPage} ORDER BY 3";

    /// <param name="recently">A replica that was not seen since then is gone.</param>
    public static Page<ImageSummary> Read(SqlSession session, ListFilter filter, DateTimeOffset recently)
    {
        var (reference, digest) = filter.PageToken.Split(Separator, 2) is [var one, var other] ? (one, other) : ("", "");
        var rows = session.Rows(
            Groups,
            reader => new ImageSummary(
                reader.GetString(0), reader.GetString(1), StoreTime.FromMicros(reader.GetInt64(2)), StoreTime.FromMicros(reader.GetInt64(3)),
                reader.GetInt32(4), reader.GetInt32(5), [], reader.GetInt32(6), [])
            {
                Created = reader.IsDBNull(7) ? null : StoreTime.FromMicros(reader.GetInt64(7)),
            },
            recently.ToMicros(), filter.Text, reference, digest, filter.Since?.ToMicros() ?? long.MinValue, filter.PageSize + 1);
        if (rows.Count == 0)
        {
            return new([], "");
        }

        var (scopes, nodes) = (Names(session, Deployments, rows), Names(session, Nodes, rows));
        return FilterSql.Cut(
            rows.ConvertAll(row => (row.Reference + Separator + row.Digest, row with { ScopeIds = [.. scopes[Key(row)].Take(MaxNames)], NodeNames = [.. nodes[Key(row)].Take(MaxNames)] })), filter);
    }

    private static ILookup<(string, string), string> Names(SqlSession session, string sql, List<ImageSummary> rows) => session
        .Rows(sql, reader => (Key: (reader.GetString(0), reader.GetString(1)), Name: reader.GetString(2)), rows[0].Reference, rows[0].Digest, rows[^1].Reference, rows[^1].Digest)
        .ToLookup(row => row.Key, row => row.Name);

    private static (string, string) Key(ImageSummary image) => (image.Reference, image.Digest);
}
