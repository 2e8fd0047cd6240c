using System.CommandLine;
using Runtime.Evaluation.Ablations;
using Runtime.Evaluation.Images;
using Runtime.Evaluation.Recordings;
using Runtime.Evaluation.Reports;
using Runtime.Evaluation.Runs;
using Runtime.Evaluation.Scenarios;

var programs = new Option<string>("--programs") { Description = "Folder with the built programs", Required = true };
var scenarios = new Option<string>("--scenarios") { Description = "Folder with the scenario files", Required = true };
var only = new Option<string>("--only") { Description = "Ids to run, comma separated; all by default", DefaultValueFactory = _ => "" };
var quick = new Option<string>("--quick") { Description = "File with the ids of a quick run", DefaultValueFactory = _ => "" };
var right = new Option<string>("--right") { Description = "File with the ids that must be right", DefaultValueFactory = _ => "" };
var json = new Option<string>("--json") { Description = "File for the report as JSON", DefaultValueFactory = _ => "" };
var keep = new Option<string>("--keep") { Description = "Folder for logs", DefaultValueFactory = _ => "" };
var unit = new Option<int>("--unit") { Description = "Milliseconds that an hour of a baseline lasts", DefaultValueFactory = _ => 500 };
var seed = new Option<int>("--seed") { Description = "Of the loads", DefaultValueFactory = _ => 1 };
var imagesOnly = new Option<bool>("--images-only") { Description = "Only make the test images that these scenarios need" };
var root = new RootCommand("Runs attacks and harmless things in real pods and tells what was reported of them. Needs root.") 
{
    programs, scenarios, only, quick, right, json, keep, unit, seed, imagesOnly, RecordCommand.Create(), ReplayCommand.Create(),
};
root.SetAction(async (arguments, cancellationToken) =>
{
    var folder = Path.GetFullPath(arguments.GetValue(scenarios)!);
    var faults = new List<string>();
    var all = ScenarioFolder.Read(folder, Catalogue.Names, faults);
    var ids = arguments.GetValue(only)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToList();
    faults.AddRange(ids.Except(all.Select(scenario => scenario.Id)).Select(id => $"--only '{id}': there is no such scenario in {folder}"));
    if (faults.Count > 0)
    {
        faults.ForEach(Console.Error.WriteLine);
        return 2;
    }

    if (arguments.GetValue(quick) is { Length: > 0 } list)
    {
        var listed = ScenarioFolder.ReadIds(list);
        ids.AddRange(listed);
        foreach (var id in listed.Except(all.Select(scenario => scenario.Id)))
        {
            Console.Error.WriteLine($"{Path.GetFileName(list)}: there is no scenario '{id}' in {folder}");
        }
    }

    var chosen = ids.Count == 0 ? all : [.. all.Where(scenario => ids.Contains(scenario.Id))];
    if (chosen.Count == 0)
    {
        Console.Error.WriteLine($"none of {string.Join(", ", ids)} is in {folder}");
        return 2;
    }

    var logs = arguments.GetValue(keep) is { Length: > 0 } kept ? Directory.CreateDirectory(kept).FullName : null;
    var options = new EvaluationOptions(Path.GetFullPath(arguments.GetValue(programs)!), TimeSpan.FromMilliseconds(arguments.GetValue(unit)), arguments.GetValue(seed), logs);
    var report = new Report(options.Unit, folder);
    if (arguments.GetValue(imagesOnly))
    {
        var wanted = chosen.Where(scenario => scenario.Skip is null).Select(scenario => scenario.Image).Distinct();
        var (_, absent) = await ImageStore.Open().GetAllAsync(wanted, new Progress().Say, cancellationToken);
        return absent.Count == 0 ? 0 : 1;
    }

    try
    {
        await new Evaluation(options, report, new Progress()).RunAsync(chosen, cancellationToken);
    }
    finally
    {
        report.Print(Console.Out);
        if (arguments.GetValue(json) is { Length: > 0 } path)
        {
            report.Save(path);
        }
    }

    IReadOnlyList<string> mustBeRight = arguments.GetValue(right) is { Length: > 0 } file ? ScenarioFolder.ReadIds(file) : [];
    var known = report.Results.Where(result => mustBeRight.Contains(result.Scenario.Id)).ToList();
    var notRun = known.RemoveAll(result => result.Outcome == Outcome.NotRun);
    var turned = known.Where(result => !result.IsRight).Select(result => result.Scenario.Id).ToList();
    Console.Out.WriteLine($"known to be right: {known.Count}, right: {known.Count - turned.Count}, not run: {notRun}");
    if (turned.Count > 0)
    {
        Console.Out.WriteLine($"NO LONGER RIGHT: {string.Join(", ", turned)}");
    }

    return turned.Count == 0 ? 0 : 1;
});
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(5) });
