using System.CommandLine;
using Runtime.Bench;
using Runtime.Stack;

var programs = new Option<string>("--programs") { Description = "Folder with the built programs", Required = true };
var load = new Option<string>("--load") { Description = "The compiled load.c", Required = true };
var rounds = new Option<int>("--rounds") { Description = "Interleaved rounds of each comparison", DefaultValueFactory = _ => 5 };
var only = new Option<string>("--only") { Description = "bpf, overhead, mixed, rates, footprint, latency or ingest", DefaultValueFactory = _ => "" };
var soak = new Option<double>("--soak") { Description = "Minutes of mixed load in which the agent's memory is watched" };
var json = new Option<string>("--json") { Description = "File for the tables as JSON", DefaultValueFactory = _ => "" };
var root = new RootCommand("Measures what the agent and the collector cost and how fast they are, beside other tools in the same run. Needs root.") { programs, load, rounds, only, soak, json };
root.SetAction(async (arguments, _) =>
{
    var report = new Report();
    var options = new StackOptions { Programs = Path.GetFullPath(arguments.GetValue(programs)!), StatusInterval = TimeSpan.FromSeconds(1) };
    var loadPath = Path.GetFullPath(arguments.GetValue(load)!);
    var repeat = arguments.GetValue(rounds);
    var parts = new (string Name, Func<Task> Run)[]
    {
        ("bpf", new BpfRunTime(report, loadPath, options).RunAsync),
        ("overhead", new Overhead(report, loadPath, options, repeat).RunAsync),
        ("mixed", new Mixed(report, loadPath, options, (repeat + 1) / 2, 10).RunAsync),
        ("rates", new Rates(report, loadPath, options, TimeSpan.FromSeconds(8)).RunAsync),
        ("footprint", new Footprint(report, loadPath, options, TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(arguments.GetValue(soak))).RunAsync),
        ("latency", new Latency(report, loadPath, options, 20 * repeat).RunAsync),
        ("ingest", new IngestRate(report, options, 500).RunAsync),
    };
    var chosen = arguments.GetValue(only)!;
    var wanted = parts.Where(part => chosen.Length == 0 || part.Name == chosen).ToList();
    if (wanted.Count == 0)
    {
        Console.Error.WriteLine($"--only: '{chosen}' is not one of {string.Join(", ", parts.Select(part => part.Name))}");
        return 2;
    }

    foreach (var part in wanted)
    {
        await part.Run();
    }

    report.TellAims();
    if (arguments.GetValue(json) is { Length: > 0 } path)
    {
        report.Save(path);
    }

    return 0;
});
return await root.Parse(args).InvokeAsync();
