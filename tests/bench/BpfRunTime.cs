using System.Globalization;
using System.Text.Json;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>What our kernel programs themselves cost, by the kernel's own clock (kernel.bpf_stats_enabled): below the noise of any wall clock.</summary>
internal sealed class BpfRunTime(Report report, string load, StackOptions options)
{
    private const string Switch = "/proc/sys/kernel/bpf_stats_enabled";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var table = report.Table("Run time of our kernel programs", new("call"), new("all programs", "ns a call"), new("the dearest, a run"));
        await using var server = await LoadServer.StartAsync(load, "47082", cancellationToken);
        await using var loads = await Loads.StartAsync(load, cancellationToken);
        var others = (await ProgramsAsync([], cancellationToken)).Keys;
        await using var stack = await Stacks.StartAsync(options, cancellationToken);
        var old = await File.ReadAllTextAsync(Switch, cancellationToken);
        await File.WriteAllTextAsync(Switch, "1", CancellationToken.None);
        try
        {
            foreach (var each in (Load[])
                [
                    Of("exec (with fork, exit)", "exec", "2000"), Of("open for writing, a new path", "open-new", "20000"), Of("open for writing, a path told before", "open-write", "100000"),
                    Of("open for reading, not reported", "open-read", "100000"), Of("connect (with close, accept)", "connect", "4000", "47082"),
                    Of("io_uring: read, not reported", "ring-read", "128000"), Of("io_uring: open for reading, not reported", "ring-open", "64000"),
                    Of("io_uring: datagram to a known peer", "ring-send", "64000", "47082"), loads.All.Single(other => other.Name == Loads.Redis),
                ])
            {
                report.Progress(each.Name);
                var before = await ProgramsAsync(others, cancellationToken);
                await each.RunAsync(cancellationToken);
                var after = await ProgramsAsync(others, cancellationToken);
                // Another's programs may have come meanwhile.
                var ran = after
                    .Where(program => before.ContainsKey(program.Key))
                    .Select(program => (program.Value.Name, Ns: program.Value.Ns - before[program.Key].Ns, Runs: program.Value.Runs - before[program.Key].Runs))
                    .Where(program => program.Runs > 0)
                    .ToList();
                table.Add(each.Name, ran.Sum(program => program.Ns) / each.Times, string.Join(", ", ran.OrderByDescending(program => program.Ns).Take(4).Select(program => string.Create(CultureInfo.InvariantCulture, $"{program.Name} {program.Ns / program.Runs} ns"))));
            }
        }
        finally
        {
            await File.WriteAllTextAsync(Switch, old, CancellationToken.None);
        }
    }

    private Load Of(string name, params string[] arguments) =>
        new(name, double.Parse(arguments[1], CultureInfo.InvariantCulture), cancellationToken => Commands.NumberAsync(load, arguments, cancellationToken));

    // [{"id":12,"type":"tracing","name":"on_exec",…,"run_time_ns":123,"run_cnt":4,…}]
    // run_time_ns and run_cnt are absent until the program ran with statistics on; names may repeat and are cut to 15 bytes.
    private static async Task<Dictionary<long, (string Name, long Ns, long Runs)>> ProgramsAsync(IReadOnlyCollection<long> without, CancellationToken cancellationToken)
    {
        using var json = JsonDocument.Parse(await Commands.RunAsync("bpftool", ["-j", "prog", "show"], cancellationToken));
        return json.RootElement.EnumerateArray()
            .Where(program => !without.Contains(program.GetProperty("id").GetInt64()))
            .ToDictionary(
                program => program.GetProperty("id").GetInt64(),
                program => (program.TryGetProperty("name", out var name) ? name.GetString()! : "?", Number(program, "run_time_ns"), Number(program, "run_cnt")));

        static long Number(JsonElement program, string key) => program.TryGetProperty(key, out var value) ? value.GetInt64() : 0;
    }
}
