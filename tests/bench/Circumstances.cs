using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Runtime.Bench;

/// <summary>What the figures of a run depend on.</summary>
/// <param name="Commit">Of the repository that the programs lie in; null where git does not tell.</param>
/// <param name="Tools">Versions of the Debian packages of the other tools; without those that are not installed so.</param>
/// <param name="LoadAverage">Of one minute, before the run and its builds.</param>
internal sealed record Circumstances(
    DateTimeOffset Started, string Kernel, string Processor, int Processors, double MemoryMebibytes, string? Commit, IReadOnlyDictionary<string, string> Tools,
    double LoadAverage, int Rounds, IReadOnlyList<string> Parts, IReadOnlyList<string> Rungs)
{
    private const double QuietLimit = 0.2;

    private static readonly string[] s_packages = ["auditd", "libbpf-tools", "bpftrace", "redis-tools", "clang"];

    public bool IsQuiet => LoadAverage / Processors <= QuietLimit;

    public string Text => string.Create(CultureInfo.InvariantCulture,
        $"{Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC, commit {Commit ?? "unknown"}, kernel {Kernel}, {Processors} x {Processor}, {MemoryMebibytes:0} MiB, {RuntimeInformation.FrameworkDescription}; {string.Join(", ", Tools.Select(tool => $"{tool.Key} {tool.Value}"))}; rounds: {Rounds}");

    public string QuietText => string.Create(CultureInfo.InvariantCulture,
        $"Load average {LoadAverage:0.00} on {Processors} cores before the run: {(IsQuiet ? "the machine is quiet." : $"NOT QUIET (over {QuietLimit} a core), small differences mean nothing.")}");

    /// <param name="programs">Folder with the built programs.</param>
    /// <param name="loadAverage">Of one minute, before the programs were built; null to read it now.</param>
    public static async Task<Circumstances> ReadAsync(string programs, double? loadAverage, int rounds, IReadOnlyList<string> parts, IReadOnlyList<string> rungs)
    {
        var tools = new Dictionary<string, string>();
        foreach (var package in s_packages)
        {
            if (await AnswerAsync("dpkg-query", "-W", "-f", "${Version}", package) is { Length: > 0 } version)
            {
                tools[package] = version;
            }
        }

        return new(
            DateTimeOffset.UtcNow,
            (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease")).Trim(),
            // ARM has no such line.
            Value("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            double.Parse(Value("/proc/meminfo", "MemTotal")!.Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024,
            await AnswerAsync("git", "-C", programs, "describe", "--always", "--dirty"),
            tools,
            loadAverage ?? LoadAverageNow(),
            rounds,
            parts,
            rungs);
    }

    public JsonObject ToJson() => new()
    {
        ["started"] = Started.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["kernel"] = Kernel,
        ["cpu"] = Processor,
        ["cpus"] = Processors,
        ["memoryMebibytes"] = Math.Round(MemoryMebibytes),
        ["dotnet"] = Environment.Version.ToString(),
        ["commit"] = Commit,
        ["tools"] = new JsonObject(Tools.Select(tool => KeyValuePair.Create(tool.Key, (JsonNode?)JsonValue.Create(tool.Value)))),
        ["rounds"] = Rounds,
        ["parts"] = Words(Parts),
        ["rungs"] = Words(Rungs),
        ["loadAverageStart"] = LoadAverage,
        ["loadAverageEnd"] = LoadAverageNow(),
        ["quiet"] = IsQuiet,
    };

    private static JsonArray Words(IEnumerable<string> words) => new([.. words.Select(word => JsonValue.Create(word))]);

    // 0.31 0.20 0.10 2/126 4715: one, five and fifteen minutes, then tasks
    private static double LoadAverageNow() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    // "model name\t: AMD EPYC", "MemTotal:        4018176 kB"
    private static string? Value(string file, string key) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();

    // Null when there is no such program, or it has no answer: the figures stand without it.
    private static async Task<string?> AnswerAsync(string file, params string[] arguments)
    {
        try
        {
            return (await Commands.RunAsync(file, arguments, CancellationToken.None)).Trim();
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return null;
        }
    }
}
