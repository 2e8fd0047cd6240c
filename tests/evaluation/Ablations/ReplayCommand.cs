using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runtime.Evaluation.Reports;

namespace Runtime.Evaluation.Ablations;

/// <summary>The command `replay`.</summary>
internal static class ReplayCommand
{
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var from = new Option<string>("--from") { Description = "Folder with recordings", Required = true };
        var json = new Option<string>("--json") { Description = "File for the report as JSON", DefaultValueFactory = _ => "" };
        var command = new Command("replay", "Replays recordings through the collector's engine and through other ways to learn and to alert.") { from, json };
        command.SetAction(arguments =>
        {
            IReadOnlyList<RecordedStream> streams;
            try
            {
                streams = RecordedStream.ReadAll(Path.GetFullPath(arguments.GetValue(from)!));
            }
            catch (InvalidDataException e)
            {
                Console.Error.WriteLine(e.Message);
                return 2;
            }

            var results = Ablation.Run(streams, new Progress().Say);
            Print(Console.Out, streams, results);
            if (arguments.GetValue(json) is { Length: > 0 } path)
            {
                Save(path, streams, results);
            }

            return 0;
        });
        return command;
    }

    private static void Print(TextWriter output, IReadOnlyList<RecordedStream> streams, IReadOnlyList<(AblationRow All, IReadOnlyList<AblationRow> Workloads)> results)
    {
        Table.Print(output, AblationRow.Heads, [.. results.Select(result => result.All.Cells())]);
        foreach (var (all, workloads) in results.Where(result => result.All.Trials.Any(trial => trial.DigestLines is not null)).Take(1))
        {
            output.WriteLine();
            Table.Print(output, ["workload: " + all.Policy, .. AblationRow.Heads[1..]], [.. workloads.Select(row => row.Cells())]);
            foreach (var trial in workloads.SelectMany(row => row.Trials))
            {
                trial.Titles.ToList().ForEach(title => output.WriteLine($"page, {trial.Deployment}: {title}"));
                if (trial.UnitsToLock is null)
                {
                    output.WriteLine($"not locked, {trial.Deployment}: {trial.WaitsFor}");
                }
            }

            output.WriteLine();
            output.WriteLine(Check(streams, all));
        }

        foreach (var stream in streams)
        {
            var note = stream.Note;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"seed {note.Seed}: {stream.Observations.Count} observations, {note.Lost} events lost, {note.Days} days behind a week; an hour of a baseline lasted {note.UnitMilliseconds:0} ms{string.Concat(note.Faults.Select(fault => $"; {fault.Key} ended early: {fault.Value}"))}"));
        }

        output.WriteLine("Time was compressed, and no figure here is of real time.");
    }

    /// <summary>A replay is a true one when it tells people of what the collector told them of while it recorded.</summary>
    private static string Check(IReadOnlyList<RecordedStream> streams, AblationRow ours)
    {
        var live = streams.SelectMany(stream => stream.PagedLive).ToHashSet(StringComparer.Ordinal);
        var replayed = ours.Trials.SelectMany(trial => trial.Paged).ToHashSet(StringComparer.Ordinal);
        return $"incidents that people were told of, before the lock and after it: {live.Count} while recording, {replayed.Count} in the replay, {live.Intersect(replayed).Count()} the same";
    }

    private static void Save(string path, IReadOnlyList<RecordedStream> streams, IReadOnlyList<(AblationRow All, IReadOnlyList<AblationRow> Workloads)> results)
    {
        var json = new JsonObject
        {
            ["time_is_compressed"] = true,
            ["recordings"] = new JsonArray([.. streams.Select(stream => (JsonNode)new JsonObject
            {
                ["seed"] = stream.Note.Seed,
                ["days"] = stream.Note.Days,
                ["unit_milliseconds"] = stream.Note.UnitMilliseconds,
                ["observations"] = stream.Observations.Count,
                ["lost"] = stream.Note.Lost,
                ["ended_early"] = new JsonObject(stream.Note.Faults.Select(fault => KeyValuePair.Create(fault.Key, (JsonNode?)JsonValue.Create(fault.Value)))),
            })]),
            ["policies"] = new JsonArray([.. results.Select(result =>
            {
                var row = result.All.ToJson();
                row["workloads"] = new JsonArray([.. result.Workloads.Select(workload => workload.ToJson())]);
                return (JsonNode)row;
            })]),
            ["check"] = results.Count > 0 ? Check(streams, results[0].All) : null,
        };
        File.WriteAllText(path, json.ToJsonString(s_readable) + "\n");
    }
}
