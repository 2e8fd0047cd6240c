using System.Text.Json;
using Microsoft.Data.Sqlite;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Storage;
using Runtime.Evaluation.Recordings;
using Runtime.Evaluation.Runs;

namespace Runtime.Evaluation.Ablations;

/// <summary>What the collector of one recording took in, in its order: all that its engine had to judge by, of everything but the node itself.</summary>
/// <param name="Observations">Bounded by what was recorded; never empty.</param>
/// <param name="PagedLive">Ids of the incidents that this collector told people of while it recorded.</param>
internal sealed record RecordedStream(RecordingNote Note, IReadOnlyList<Observation> Observations, IReadOnlySet<string> PagedLive)
{
    public DateTimeOffset Begun => Observations[0].First;

    /// <summary>Of our own pods; the others (containers whose pod was not known yet) are part of the fleet.</summary>
    public static bool IsCounted(Scope scope) => scope.Namespace == Replica.Namespace;

    /// <summary>All recordings in a folder, by their names.</summary>
    /// <exception cref="InvalidDataException">None is there, or one cannot be read; with the reason.</exception>
    public static IReadOnlyList<RecordedStream> ReadAll(string folder)
    {
        List<string> folders = Directory.Exists(folder)
            ? [.. Directory.EnumerateDirectories(folder).Where(found => File.Exists(Path.Combine(found, RecordingNote.File))).Order(StringComparer.Ordinal)]
            : [];
        return folders.Count == 0
            ? throw new InvalidDataException($"{folder} holds no recording: each is a folder with {RecordingNote.File} and {Watch.Database}")
            : [.. folders.Select(Read)];
    }

    private static RecordedStream Read(string folder)
    {
        var database = Path.Combine(folder, Watch.Database);
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
            connection.Open();
            var scopes = Rows(connection, "SELECT number, scope_id FROM scopes", row => (Number: row.GetInt64(0), Scope: Scope.Parse(row.GetString(1))))
                .ToDictionary(row => row.Number, row => row.Scope);
            var observations = Rows(connection, "SELECT id, scope, body FROM observations ORDER BY id", row => (Id: row.GetInt64(0), Scope: scopes[row.GetInt64(1)], Body: row.GetFieldValue<byte[]>(2)))
                .Where(row => !row.Scope.IsHost && row.Scope.OwnerKind != Owners.SandboxKind)
                .Select(row => ObservationCodec.Decode(row.Id, row.Scope, row.Body))
                .ToList();
            var paged = Rows(connection, "SELECT document FROM incidents", row => JsonSerializer.Deserialize(row.GetString(0), StoreJson.Default.Incident)!)
                .Where(incident => incident.AlertedRevision > 0 && IsCounted(Scope.Parse(incident.ScopeId)))
                .Select(incident => incident.Id)
                .ToHashSet(StringComparer.Ordinal);
            return observations.Count > 0 ? new RecordedStream(RecordingNote.Read(folder), observations, paged) : throw new InvalidDataException($"{database} holds no observation");
        }
        catch (SqliteException e)
        {
            throw new InvalidDataException($"{database}: {e.Message}", e);
        }
    }

    private static IEnumerable<T> Rows<T>(SqliteConnection connection, string query, Func<SqliteDataReader, T> read)
    {
        using var command = connection.CreateCommand();
        command.CommandText = query;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return read(reader);
        }
    }
}
