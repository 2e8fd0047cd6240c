using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>Something that a machine does; how long one time of it takes is what watching may change.</summary>
/// <param name="Times">In one run.</param>
/// <param name="RunAsync">One run; answers nanoseconds a time.</param>
internal sealed record Load(string Name, double Times, Func<Task<double>> RunAsync);

/// <summary>The loads of a comparison, with the servers that some of them talk to.</summary>
internal sealed class Loads : IAsyncDisposable
{
    public const string Exec = "exec", OpenNew = "open for writing, a new path", OpenKnown = "open for writing, a path told before", OpenRead = "open for reading, not sensitive",
        Connect = "connect", Compile = "parallel compile", Redis = "redis", Untraced = "a call that nobody asked for (getppid)";

    private const string Port = "47081", RedisPort = "47084";
    private const int RedisRequests = 60_000, Sources = 16;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private readonly string _load;
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-bench-").FullName;
    private readonly ServiceProcess _server, _redis;

    private Loads(string load)
    {
        _load = load;
        _server = ServiceProcess.Start(load, "serve", Port);
        // One program under many names; Debian's package of this one also starts a service.
        var redis = Path.Combine(_folder, "redis-server");
        File.CreateSymbolicLink(redis, "/usr/bin/redis-check-rdb");
        _redis = ServiceProcess.Start(redis, "--port", RedisPort, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _folder);
        WriteSources();
        All =
        [
            Counted(Exec, 700, "exec"), Counted(OpenNew, 20_000, "open-new"), Counted(OpenKnown, 100_000, "open-write"), Counted(OpenRead, 100_000, "open-read"),
            Counted(Connect, 4_000, "connect", Port), new(Compile, 1, CompileAsync), new(Redis, RedisRequests, RedisAsync), Counted(Untraced, 2_000_000, "getppid"),
        ];
    }

    public IReadOnlyList<Load> All { get; }

    public static async Task<Loads> StartAsync(string load)
    {
        var loads = new Loads(load);
        await CollectorClient.UntilAsync(() => Task.FromResult(loads._server.Output), output => output.Contains("ready", StringComparison.Ordinal), StartLimit, "the load's server listens");
        await CollectorClient.UntilAsync(() => Task.FromResult(loads._redis.Output), output => output.Contains("Ready to accept", StringComparison.Ordinal), StartLimit, "redis-server listens");
        return loads;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Load Counted(string name, int times, string what, params string[] more) =>
        new(name, times, () => Commands.NumberAsync(_load, [what, times.ToString(CultureInfo.InvariantCulture), .. more]));

    // Each source reads some 30 headers: a compiler's mixture of execs, opens and work.
    private void WriteSources()
    {
        for (var i = 0; i < Sources; i++)
        {
            File.WriteAllText(Path.Combine(_folder, $"part{i}.c"), string.Create(CultureInfo.InvariantCulture,
                $"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/socket.h>\nint part{i}(const char *text) {{ return printf(\"%s %zu\\n\", text, strlen(text)) + {i}; }}\n"));
        }

        var objects = string.Join(' ', Enumerable.Range(0, Sources).Select(i => $"part{i}.o"));
        File.WriteAllText(Path.Combine(_folder, "Makefile"), $"all: {objects}\n%.o: %.c\n\tclang -O2 -c -o $@ $<\n");
    }

    private async Task<double> CompileAsync()
    {
        var clock = global::System.Diagnostics.Stopwatch.StartNew();
        await Commands.RunAsync("make", "-s", "-B", "-j", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), "-C", _folder, "all");
        return clock.Elapsed.TotalNanoseconds;
    }

    // "test","rps","avg_latency_ms","min_latency_ms",…
    // "GET","81632.65","0.312","0.104",…
    private static async Task<double> RedisAsync()
    {
        var output = await Commands.RunAsync("redis-benchmark", "-p", RedisPort, "-t", "get", "-n", RedisRequests.ToString(CultureInfo.InvariantCulture), "--csv");
        var rate = output.Split('\n').Single(line => line.StartsWith("\"GET\"", StringComparison.Ordinal)).Split(',')[1].Trim('"');
        return 1e9 / double.Parse(rate, CultureInfo.InvariantCulture);
    }
}
