using System.Text.Json;
using Microsoft.Data.Sqlite;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;
using Runtime.Collector.Storage;
using Runtime.Evaluation.Ablations;
using Runtime.Evaluation.Recordings;
using Runtime.Evaluation.Runs;

namespace Runtime.Evaluation.Tests.Ablations;

public sealed class RecordedStreamTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recordings-").FullName;

    [Fact]
    public void Recording_IsReadInTheLogsOrderWithoutTheNode()
    {
        var seed = Directory.CreateDirectory(Path.Combine(_folder, "seed-7")).FullName;
        var note = new RecordingNote(500, 7, 14, 3) { Faults = new Dictionary<string, string> { ["web"] = "it broke" } };
        note.Save(seed);
        Scope[] scopes = [Owners.Host("test", "n"), Streams.Web, new Scope("test", "", Owners.SandboxKind, "pod-sandboxes", "")];
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(seed, Watch.Database)};Pooling=False"))
        {
            connection.Open();
            Run(connection, "CREATE TABLE scopes (number INTEGER PRIMARY KEY, scope_id TEXT); CREATE TABLE observations (id INTEGER PRIMARY KEY, scope INTEGER, body BLOB); CREATE TABLE incidents (document TEXT)");
            for (var i = 0; i < scopes.Length; i++)
            {
                Run(connection, "INSERT INTO scopes VALUES ($1, $2)", i, scopes[i].Id);
            }

            var observations = new Streams().Exec(0, "/bin/app").Write(1, "/var/log/x").Observations;
            foreach (var (scope, id) in new[] { (1, 12L), (0, 11L), (2, 10L), (1, 5L) })
            {
                Run(connection, "INSERT INTO observations VALUES ($1, $2, $3)", id, scope, ObservationCodec.Encode(observations[id == 5 ? 0 : 2]));
            }

            Run(connection, "INSERT INTO incidents VALUES ($1)", JsonSerializer.Serialize(Incident("told", 1, Streams.Web), StoreJson.Default.Incident));
            Run(connection, "INSERT INTO incidents VALUES ($1)", JsonSerializer.Serialize(Incident("digest", 0, Streams.Web), StoreJson.Default.Incident));
            Run(connection, "INSERT INTO incidents VALUES ($1)", JsonSerializer.Serialize(Incident("node", 1, scopes[0]), StoreJson.Default.Incident));
        }

        var stream = Assert.Single(RecordedStream.ReadAll(_folder));

        Assert.Equal([5L, 12L], stream.Observations.Select(observation => observation.Id));
        Assert.Equal("/sbin/init", stream.Observations[0].Process.Binary);
        Assert.Equal(["told"], stream.PagedLive);
        Assert.Equal((TimeSpan.FromMilliseconds(500), 7, 14, 3UL), (stream.Note.Unit, stream.Note.Seed, stream.Note.Days, stream.Note.Lost));
        Assert.Equal("it broke", stream.Note.Faults["web"]);
    }

    [Fact]
    public void FolderWithoutRecordings_IsToldOf()
    {
        var fault = Assert.Throws<InvalidDataException>(() => RecordedStream.ReadAll(_folder));
        Assert.Contains(_folder, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoteThatIsDamaged_IsToldOf()
    {
        File.WriteAllText(Path.Combine(_folder, RecordingNote.File), "{");
        var fault = Assert.Throws<InvalidDataException>(() => RecordingNote.Read(_folder));
        Assert.Contains(RecordingNote.File, fault.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Run(SqliteConnection connection, string statement, params object[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        }

        command.ExecuteNonQuery();
    }

    private static Incident Incident(string id, int alerted, Scope scope) => new()
    {
        Id = id, ScopeId = scope.Id, Cause = "c", Title = "t", Severity = Severity.High, FirstSeen = Streams.Epoch, LastSeen = Streams.Epoch, EValue = 100, Threshold = 20, AlertedRevision = alerted,
        Techniques = [], Pods = [], Containers = [], Nodes = [], Images = [], ProcessTree = "", DeviationIds = [], Evidence = [],
    };
}
