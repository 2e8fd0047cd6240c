using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Runtime.Bench;
using Runtime.Stack;

var programs = new Option<string>("--programs") { Description = "Folder with the built programs", Required = true };
var load = new Option<string>("--load") { Description = "The compiled load.c", Required = true };
var rounds = new Option<int>("--rounds") { Description = "Interleaved rounds of each comparison", DefaultValueFactory = _ => 5 };
var only = Choice.Of("--only", "Parts to measure", ["bpf", "overhead", "mixed", "rates", "footprint", "latency", "ingest"]);
var rungs = Choice.Of("--rungs", "Our rungs in the comparisons with other tools", ["1", "2", "3"]);
var soak = new Option<double>("--soak") { Description = "Minutes of mixed load in which the agent's memory is watched" };
var json = new Option<string>("--json") { Description = "File for the tables as JSON", DefaultValueFactory = _ => "" };
var loadAverage = new Option<double?>("--load-average") { Description = "Of one minute, before the programs were built; by default now" };
var root = new RootCommand("Measures what the agent and the collector cost and how fast they are, beside other tools in the same run. Needs root.") { programs, load, rounds, only, rungs, soak, json, loadAverage };
root.SetAction(async (arguments, _) =>
{
    var options = new StackOptions { Programs = Path.GetFullPath(arguments.GetValue(programs)!), StatusInterval = TimeSpan.FromSeconds(1) };
    var loadPath = Path.GetFullPath(arguments.GetValue(load)!);
    var (repeat, parts, compared) = (arguments.GetValue(rounds), arguments.GetValue(only)!, arguments.GetValue(rungs)!);
    var numbers = compared.Select(rung => int.Parse(rung, CultureInfo.InvariantCulture)).ToList();
    var report = new Report(await Circumstances.ReadAsync(options.Programs, arguments.GetValue(loadAverage), repeat, parts, compared), arguments.GetValue(json)!);
    report.Begin();
    using var interruption = new Interruption();
    using var workspace = new Workspace();
    try
    {
        foreach (var part in parts)
        {
            await report.PartAsync(part, () => Part(part)(interruption.Token));
        }

        return 0;
    }
    catch (Exception e) when (interruption.Token.IsCancellationRequested)
    {
        // Something else than the token's own: a child that the terminal interrupted too, or what could not be taken back.
        Console.Error.WriteLine(e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled } ? $"interrupted: {report.UnderWay}" : $"interrupted: {report.UnderWay}: {e.Message}");
        return interruption.ExitCode;
    }
    finally
    {
        report.End();
    }

    Func<CancellationToken, Task> Part(string name) => name switch
    {
        "bpf" => new BpfRunTime(report, loadPath, options).RunAsync,
        "overhead" => new Overhead(report, loadPath, options, numbers, repeat).RunAsync,
        "mixed" => new Mixed(report, loadPath, options, numbers, (repeat + 1) / 2, 10).RunAsync,
        "rates" => new Rates(report, loadPath, options, TimeSpan.FromSeconds(8)).RunAsync,
        "footprint" => new Footprint(report, loadPath, options, TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(arguments.GetValue(soak))).RunAsync,
        "latency" => new Latency(report, loadPath, options, 20 * repeat).RunAsync,
        "ingest" => new IngestRate(report, options, 500).RunAsync,
        _ => throw new UnreachableException(),
    };
});
var parsed = root.Parse(args);
foreach (var error in parsed.Errors)
{
    Console.Error.WriteLine(error.Message);
}

// The signals are the interruption's.
return parsed.Errors.Count > 0 ? 2 : await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
