using Microsoft.Data.Sqlite;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Storage;

namespace Runtime.Learners;

/// <summary>The days of one deployment, each as counts in the order of <see cref="Names"/>.</summary>
internal sealed record DayCounts(string Deployment, IReadOnlyList<float[]> Days)
{
    public static readonly string[] Names =
    [
        "execs", "sessions", "programs", "edges", "exits", "bad exits", "killed", "run time",
        "writes", "creates", "renames", "removals", "made executable", "secrets read", "other file", "paths",
        "connects", "failed connects", "accepts", "closes", "sent", "received", "duration", "peers", "lookups", "names", "unix connects",
        "privileges", "managed", "binaries", "new paths and peers",
    ];

    /// <summary>Of each deployment in each `*/runtime.db`; what containers used comes too seldom for days that are compressed, and is left out.</summary>
    public static IReadOnlyList<DayCounts> ReadAll(DirectoryInfo folder, TimeSpan day) =>
        [.. folder.EnumerateFiles("runtime.db", SearchOption.AllDirectories).OrderBy(file => file.FullName, StringComparer.Ordinal).SelectMany(file => Read(file, day))];

    public static int Index(string name) => Array.IndexOf(Names, name);

    private static List<DayCounts> Read(FileInfo file, TimeSpan day)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file.FullName, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT o.id, s.scope_id, o.body FROM observations o JOIN scopes s ON s.number = o.scope ORDER BY o.id";
        using var reader = query.ExecuteReader();
        var counters = new Dictionary<string, Counter>(StringComparer.Ordinal);
        DateTimeOffset? begun = null;
        var last = 0;
        while (reader.Read())
        {
            var scope = Scope.Parse(reader.GetString(1));
            if (scope.IsHost || scope.OwnerKind == Owners.SandboxKind)
            {
                continue;
            }

            var observation = ObservationCodec.Decode(reader.GetInt64(0), scope, reader.GetFieldValue<byte[]>(2));
            begun ??= observation.First;
            var number = Math.Max(0, (int)((observation.Last - begun.Value) / day));
            last = Math.Max(last, number);
            if (!counters.TryGetValue(scope.OwnerName, out var counter))
            {
                counters[scope.OwnerName] = counter = new Counter();
            }

            counter.Take(observation, number);
        }

        // The last day was not whole.
        return [.. counters.Select(counter => new DayCounts(counter.Key, [.. Enumerable.Range(0, last).Select(counter.Value.Of)]))];
    }

    /// <summary>Bounded by the recording.</summary>
    private sealed class Counter
    {
        private readonly Dictionary<int, (float[] Counts, HashSet<(int Count, string Key)> Distinct)> _days = [];
        private readonly HashSet<string> _known = new(StringComparer.Ordinal);

        public float[] Of(int day) => _days.TryGetValue(day, out var found) ? found.Counts : new float[Names.Length];

        public void Take(Observation observation, int number)
        {
            if (!_days.TryGetValue(number, out var day))
            {
                _days[number] = day = (new float[Names.Length], []);
            }

            void Add(string name, double by) => day.Counts[Index(name)] += (float)by;
            void Distinct(string name, string key)
            {
                if (day.Distinct.Add((Index(name), key)))
                    Add(name, 1);

                if (name is "paths" or "peers" && _known.Add(name + key))
                    Add("new paths and peers", 1);
            }

            var times = (double)observation.Count;
            switch (observation)
            {
                case ExecObservation exec:
                    Add("execs", times);
                    Add("sessions", exec.Process.Phase == Phase.Session ? times : 0);
                    Distinct("programs", exec.Process.Binary);
                    Distinct("edges", string.Join('<', exec.Lineage.Take(2).Select(process => process.Binary)));
                    break;
                case ExitObservation exit:
                    Add("exits", times);
                    Add("bad exits", exit.Code != 0 ? times : 0);
                    Add("killed", exit.Signal != 0 ? times : 0);
                    Add("run time", exit.RunTime.TotalMilliseconds);
                    break;
                case FileObservation file:
                    Add(NameOf(file.Operation), times);
                    Distinct("paths", file.Template);
                    break;
                case NetworkObservation network:
                    Count(network, times, Add, Distinct);
                    break;
                case PrivilegeObservation:
                    Add("privileges", times);
                    break;
                case ManagedObservation:
                    Add("managed", times);
                    break;
                case BinaryObservation:
                    Add("binaries", times);
                    break;
            }
        }

        private static string NameOf(FileOperation operation) => operation switch
        {
            FileOperation.Write => "writes",
            FileOperation.Create => "creates",
            FileOperation.Rename => "renames",
            FileOperation.Unlink => "removals",
            FileOperation.ChmodExecutable => "made executable",
            FileOperation.SensitiveRead => "secrets read",
            _ => "other file",
        };

        private static void Count(NetworkObservation network, double times, Action<string, double> add, Action<string, string> distinct)
        {
            switch (network.Operation)
            {
                case NetworkOperation.Connect:
                    add("connects", times);
                    add("failed connects", network.Error != 0 ? times : 0);
                    distinct("peers", $"{network.RemoteAddress}:{network.RemotePort}");
                    break;
                case NetworkOperation.Accept:
                    add("accepts", times);
                    break;
                case NetworkOperation.Close or NetworkOperation.Progress:
                    add("closes", times);
                    add("sent", network.BytesSent);
                    add("received", network.BytesReceived);
                    add("duration", network.Duration.TotalMilliseconds);
                    break;
                case NetworkOperation.NameQuery:
                    add("lookups", times);
                    distinct("names", network.Name);
                    break;
                case NetworkOperation.UnixConnect:
                    add("unix connects", times);
                    break;
            }
        }
    }
}
