using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>Something that a machine does; how long one time of it takes is what watching may change.</summary>
/// <param name="Times">In one run.</param>
/// <param name="RunAsync">One run; answers nanoseconds a time.</param>
internal sealed record Load(string Name, double Times, Func<CancellationToken, Task<double>> RunAsync);

/// <summary>The loads of a comparison, with the servers that some of them talk to.</summary>
internal sealed class Loads : IAsyncDisposable
{
    public const string Exec = "exec", OpenNew = "open for writing, a new path", OpenKnown = "open for writing, a path told before", OpenRead = "open for reading, not sensitive",
        Connect = "connect", Compile = "parallel compile", Redis = "redis", Untraced = "a call that nobody asked for (getppid)";

    private const string Port = "47081", RedisPort = "47084";
    private const int RedisRequests = 60_000, Sources = 16;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private readonly string _load;

    // Goes with all else that the run has written.
    private readonly string _folder = Directory.CreateTempSubdirectory("loads-").FullName;

    // The two that StartAsync starts.
    private readonly List<ServiceProcess> _servers = [];

    private Loads(string load)
    {
        _load = load;
        All =
        [
            Counted(Exec, 700, "exec"), Counted(OpenNew, 20_000, "open-new"), Counted(OpenKnown, 100_000, "open-write"), Counted(OpenRead, 100_000, "open-read"),
            Counted(Connect, 4_000, "connect", Port), new(Compile, 1, CompileAsync), new(Redis, RedisRequests, RedisAsync), Counted(Untraced, 2_000_000, "getppid"),
        ];
    }

    public IReadOnlyList<Load> All { get; }

    public static async Task<Loads> StartAsync(string load, CancellationToken cancellationToken)
    {
        var loads = new Loads(load);
        try
        {
            loads.WriteSources();
            // One program under many names; Debian's package of this one also starts a service.
            var redis = Path.Combine(loads._folder, "redis-server");
            File.CreateSymbolicLink(redis, "/usr/bin/redis-check-rdb");
            loads._servers.Add(await LoadServer.StartAsync(load, Port, cancellationToken));
            await loads.ServeAsync("Ready to accept", [redis, "--port", RedisPort, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", loads._folder], cancellationToken);
            return loads;
        }
        catch
        {
            await loads.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task ServeAsync(string word, string[] command, CancellationToken cancellationToken)
    {
        var server = ServiceProcess.Start(command[0], command[1..]);
        _servers.Add(server);
        await CollectorClient.UntilAsync(() => Task.FromResult(server.Output), output => output.Contains(word, StringComparison.Ordinal), StartLimit, $"{command[0]} listens").WaitAsync(cancellationToken);
    }

    private Load Counted(string name, int times, string what, params string[] more) =>
        new(name, times, cancellationToken => Commands.NumberAsync(_load, [what, times.ToString(CultureInfo.InvariantCulture), .. more], cancellationToken));

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

    private async Task<double> CompileAsync(CancellationToken cancellationToken)
    {
        var clock = global::System.Diagnostics.Stopwatch.StartNew();
        await Commands.RunAsync("make", ["-s", "-B", "-j", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), "-C", _folder, "all"], cancellationToken);
        return clock.Elapsed.TotalNanoseconds;
    }

    // "test","rps","avg_latency_ms","min_latency_ms",…
    // "GET","81632.65","0.312","0.104",…
    private static async Task<double> RedisAsync(CancellationToken cancellationToken)
    {
        var output = await Commands.RunAsync("redis-benchmark", ["-p", RedisPort, "-t", "get", "-n", RedisRequests.ToString(CultureInfo.InvariantCulture), "--csv"], cancellationToken);
        var rate = output.Split('\n').Single(line => line.StartsWith("\"GET\"", StringComparison.Ordinal)).Split(',')[1].Trim('"');
        return 1e9 / double.Parse(rate, CultureInfo.InvariantCulture);
    }
}
