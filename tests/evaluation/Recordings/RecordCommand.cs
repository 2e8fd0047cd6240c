using System.CommandLine;
using Runtime.Evaluation.Images;
using Runtime.Evaluation.Reports;
using Runtime.Evaluation.Runs;

namespace Runtime.Evaluation.Recordings;

/// <summary>The command `record`.</summary>
internal static class RecordCommand
{
    private const int LeastDays = 4;

    public static Command Create()
    {
        var programs = new Option<string>("--programs") { Description = "Folder with the built programs", Required = true };
        var to = new Option<string>("--to") { Description = "Folder for recordings; each makes a folder seed-N in it", Required = true };
        var days = new Option<int>("--days") { Description = "Compressed days behind the week that teaches", DefaultValueFactory = _ => 14 };
        var only = new Option<string>("--only") { Description = "Images, comma separated; all by default", DefaultValueFactory = _ => "" };
        var keep = new Option<string>("--keep") { Description = "Folder for logs", DefaultValueFactory = _ => "" };
        var unit = new Option<int>("--unit") { Description = "Milliseconds that an hour of a baseline lasts", DefaultValueFactory = _ => 500 };
        var seed = new Option<int>("--seed") { Description = "Of the loads and of what befalls them", DefaultValueFactory = _ => 1 };
        var command = new Command("record", "Records all workloads for days without an attack. Needs root.") { programs, to, days, only, keep, unit, seed };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var faults = new List<string>();
            var names = arguments.GetValue(only)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            faults.AddRange(names.Except(Catalogue.Names).Select(name => $"--only '{name}': there is no such image; there are {string.Join(", ", Catalogue.Names)}"));
            if (arguments.GetValue(days) is < LeastDays and var few)
            {
                faults.Add($"--days {few}: at least {LeastDays}, for what befalls a deployment needs room");
            }

            var folder = Path.GetFullPath(Path.Combine(arguments.GetValue(to)!, $"seed-{arguments.GetValue(seed)}"));
            if (Directory.Exists(folder))
            {
                faults.Add($"{folder} is there already: a recording is never written over");
            }

            if (faults.Count > 0)
            {
                faults.ForEach(Console.Error.WriteLine);
                return 2;
            }

            Directory.CreateDirectory(folder);
            var logs = arguments.GetValue(keep) is { Length: > 0 } kept ? Directory.CreateDirectory(kept).FullName : null;
            var options = new EvaluationOptions(Path.GetFullPath(arguments.GetValue(programs)!), TimeSpan.FromMilliseconds(arguments.GetValue(unit)), arguments.GetValue(seed), logs);
            await new Recorder(options, new Progress()).RunAsync(folder, arguments.GetValue(days), names, cancellationToken);
            return 0;
        });
        return command;
    }
}
