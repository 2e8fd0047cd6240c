using System.Collections;
using System.CommandLine;
using Runtime.Agent.Configuration;
using Runtime.Agent.Health;

namespace Runtime.Agent.Commands;

/// <summary>What can be asked of the agent. Exit codes: 0 done, 1 degraded or failed, 2 cannot work (settings, kernel).</summary>
internal static class CommandLine
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int CannotWork = 2;

    private static readonly Option<string?> Config = new("--config") { Description = $"Settings, a JSON file (default {SettingsSources.DefaultFile} where it exists)", Recursive = true };
    private static readonly Option<string?> Collector = new("--collector") { Description = "Where the collector is: unix:/path or https://host:port", Recursive = true };
    private static readonly Option<string?> Cluster = new("--cluster") { Description = "The cluster's name", Recursive = true };
    private static readonly Option<string?> Node = new("--node") { Description = "The node's name (default: the host's)", Recursive = true };
    private static readonly Option<string[]> Set = new("--set") { Description = "Any setting, KEY=VALUE, such as Reduction:ReportInterval=10s", Recursive = true };

    private static readonly Option<int?> Rung = new("--rung") { Description = "How to see: 1 programs in the kernel (eBPF), 2 proc connector, fanotify and sock_diag, 3 scans of /proc (default: the best that works)", Recursive = true };

    public static RootCommand Make(TextWriter output, TextWriter error)
    {
        var run = new Command("run", "Watch this node and send what is new to the collector (default)");
        var root = new RootCommand("Sees what containers do on this node, and tells the collector what they never did before. Every setting may come from the file, "
            + $"from the environment ({SettingsSources.EnvironmentPrefix}Section__Key) or from here; the later wins.")
        {
            Config, Collector, Cluster, Node, Rung, Set, run, Trace(error), Replay(error), Check(output, error), Version(output),
        };
        run.SetAction((parsed, cancellationToken) => RunAsync(parsed, error, cancellationToken));
        root.SetAction((parsed, cancellationToken) => RunAsync(parsed, error, cancellationToken));
        return root;
    }

    private static Task<int> RunAsync(ParseResult parsed, TextWriter error, CancellationToken cancellationToken) =>
        TryOptions(parsed, error, out var options, out var log) ? new RunCommand(options, log).RunAsync(cancellationToken) : Task.FromResult(CannotWork);

    private static Command Trace(TextWriter error)
    {
        var container = new Option<string?>("--container") { Description = "Only this one: the beginning of its id, its name or its pod's name; 'host' for the host's own processes" };
        var kinds = new Option<string[]>("--kind") { Description = "Only these kinds of events; all when not given", AllowMultipleArgumentsPerToken = true };
        kinds.AcceptOnlyFromAmong("fork", "exec", "exit", "file", "network", "privilege", "binary", "managed", "cgroup");
        var record = new Option<string?>("--record") { Description = "Also keep every event in this new file, for 'agent replay'. It holds arguments as they were, secrets too" };
        var command = new Command("trace", "Print every event of this node as one JSON line; needs no collector") { container, kinds, record };
        command.SetAction((parsed, cancellationToken) => TryOptions(parsed, error, out var options, out var log)
            ? OnOwnThread(() => new TraceCommand(options, new(parsed.GetValue(container), parsed.GetValue(kinds) ?? []), parsed.GetValue(record), log).Run(Console.OpenStandardOutput(), cancellationToken))
            : Task.FromResult(CannotWork));
        return command;
    }

    private static Command Replay(TextWriter error)
    {
        var file = new Argument<string>("FILE") { Description = "A recording of 'agent trace --record'" };
        var print = new Option<bool>("--print") { Description = "Print its events, as trace does (default without --collector)" };
        var command = new Command("replay", "Feed a recording through the same road, without a kernel: printed, or to the collector given by --collector") { file, print };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!TryOptions(parsed, error, out var options, out var log))
                return CannotWork;
            var replay = new ReplayCommand(options, parsed.GetValue(file)!, log);
            return parsed.GetValue(Collector) is not null && !parsed.GetValue(print) ? await replay.SendAsync(cancellationToken) : await OnOwnThread(() => replay.Print(Console.OpenStandardOutput(), cancellationToken));
        });
        return command;
    }

    private static Command Check(TextWriter output, TextWriter error)
    {
        var live = new Option<bool>("--live") { Description = "Only whether the agent of this node runs and gets on: exit code 0 or 1" };
        var command = new Command("check", "Say what this node offers and what is missing. Exit code 0: all is there, 1: something is not seen, 2: the agent cannot work") { live };
        command.SetAction((parsed, cancellationToken) => TryOptions(parsed, error, out var options, out _)
            ? new CheckCommand(options, output).RunAsync(parsed.GetValue(live), cancellationToken)
            : Task.FromResult(CannotWork));
        return command;
    }

    private static Command Version(TextWriter output)
    {
        var command = new Command("version", "Print the version");
        command.SetAction(_ => output.WriteLine(AgentIdentity.OwnVersion));
        return command;
    }

    /// <summary>An action that did not return at once would keep the handler of signals from being set up.</summary>
    private static Task<int> OnOwnThread(Func<int> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>All faults at once, before any work.</summary>
    private static bool TryOptions(ParseResult parsed, TextWriter error, out AgentOptions options, out AgentLog log)
    {
        var given = new List<string>(parsed.GetValue(Set) ?? []);
        foreach (var (key, value) in new[] { ("Collector:Address", parsed.GetValue(Collector)), ("Cluster", parsed.GetValue(Cluster)), ("Node", parsed.GetValue(Node)), ("Capture:Rung", parsed.GetValue(Rung)?.ToString(global::System.Globalization.CultureInfo.InvariantCulture)) })
        {
            if (value is not null)
                given.Add($"{key}={value}");
        }
        var faults = new List<string>();
        options = AgentOptions.Load(parsed.GetValue(Config), Environment.GetEnvironmentVariables(), given, faults);
        log = new AgentLog(error, options.Log, TimeProvider.System);
        foreach (var fault in faults)
            log.Error(fault);
        return faults.Count == 0;
    }
}
