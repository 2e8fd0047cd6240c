using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using SharpFuzz;

namespace Runtime.Fuzz;

internal static class Program
{
    private static Task<int> Main(string[] arguments)
    {
        // By the build, before agent and collector are loaded.
        if (arguments is ["--instrument", var assembly])
            return Task.FromResult(Instrument(assembly));
        Coverage.Begin();

        var seconds = new Option<double>("--seconds") { HelpName = "N", Description = "For each target", DefaultValueFactory = _ => 20 };
        var names = new Option<string[]>("--target") { HelpName = "NAME", Description = "Only this one; may be given again" };
        names.AcceptOnlyFromAmong([.. Targets.All.Select(target => target.Name)]);
        var corpus = new Option<DirectoryInfo>("--corpus") { HelpName = "FOLDER", Description = "Holds a folder of samples for each target", DefaultValueFactory = _ => new(KeptCorpus()) };
        var seed = new Option<int>("--seed") { HelpName = "N", Description = "As a run printed it: the same inputs again", DefaultValueFactory = _ => Environment.TickCount & 0xffff };
        var keep = new Option<bool>("--keep") { Description = "Adds the inputs that took new branches to the corpus, the shortest first" };
        var replay = new Option<FileInfo?>("--replay") { HelpName = "FILE", Description = "One input of one target, once" };
        var child = new Option<bool>("--child") { Hidden = true };
        // What tests/run.sh gives to every project; there is nothing to switch off.
        Option<bool> noColor = new("-noColor") { Hidden = true }, noLogo = new("-noLogo") { Hidden = true };
        var command = new RootCommand("Runs what reads foreign bytes on damaged input. Targets: " + string.Join(", ", Targets.All.Select(target => target.Name)))
        {
            seconds, names, corpus, seed, keep, replay, child, noColor, noLogo,
        };
        command.Validators.Add(read =>
        {
            if (read.GetValue(replay) is { } file && (!file.Exists || read.GetValue(names) is not [_]))
                read.AddError($"--replay '{file}': it must be a file, with the one --target that is to read it");
        });
        command.SetAction(async (read, stopping) =>
        {
            var chosen = read.GetValue(names) is { Length: > 0 } wanted ? Targets.All.Where(target => wanted.Contains(target.Name)).ToList() : [.. Targets.All];
            var inputs = new Corpus(read.GetRequiredValue(corpus).FullName, Path.Join(AppContext.BaseDirectory, "faults"));
            if (read.GetValue(replay) is { } file)
                return Replay(chosen[0], await File.ReadAllBytesAsync(file.FullName, stopping));
            if (read.GetValue(child))
                return new Session(chosen[0], inputs, read.GetValue(seed)).Run(TimeSpan.FromSeconds(read.GetValue(seconds)), read.GetValue(keep));
            return await RunAllAsync(chosen, inputs,
            [
                "--child", "--seconds", read.GetValue(seconds).ToString(CultureInfo.InvariantCulture), "--corpus", read.GetRequiredValue(corpus).FullName,
                "--seed", read.GetValue(seed).ToString(CultureInfo.InvariantCulture), .. read.GetValue(keep) ? ["--keep"] : Array.Empty<string>(),
            ], stopping);
        });
        return command.Parse(arguments).InvokeAsync();
    }

    private static int Instrument(string assembly)
    {
        try
        {
            Fuzzer.Instrument(assembly, type => type.StartsWith("Runtime.Agent.", StringComparison.Ordinal) || type.StartsWith("Runtime.Collector.Query.Search.", StringComparison.Ordinal), SharpFuzz.Options.Value);
        }
        catch (InstrumentationException e) when (e.Message.Contains("already", StringComparison.Ordinal))
        {
            // The build did not copy it anew.
        }
        return 0;
    }

    private static int Replay(Target target, byte[] input)
    {
        var fault = new Execution(target).Fault(input);
        Console.WriteLine($"{target.Name}: {fault ?? "taken as it should be"}");
        return fault is null ? 0 : 1;
    }

    /// <summary>A process for each target, as many at once as there are cores: one may end itself, and the branches' counters are the process's.</summary>
    private static async Task<int> RunAllAsync(List<Target> targets, Corpus corpus, string[] arguments, CancellationToken stopping)
    {
        var failed = 0;
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(targets, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = stopping }, async (target, stopping) =>
        {
            using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. arguments, "--target", target.Name]) { RedirectStandardOutput = true })!;
            Console.Write(await child.StandardOutput.ReadToEndAsync(stopping));
            await child.WaitForExitAsync(stopping);
            if (child.ExitCode == 0)
                return;
            Interlocked.Increment(ref failed);
            // Exit code 1 is a fault that it told itself.
            if (child.ExitCode != 1)
                Console.WriteLine($"{target.Name}: ended with {child.ExitCode} at input {corpus.TakeCurrent(target.Name)}");
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  Fuzz  Total: {targets.Count}, Errors: 0, Failed: {failed}, Skipped: 0, Not Run: 0, Time: {clock.Elapsed.TotalSeconds:0.000}s"));
        return failed == 0 ? 0 : 1;
    }

    private static string KeptCorpus([CallerFilePath] string source = "") => Path.Join(Path.GetDirectoryName(source), "corpus");
}
