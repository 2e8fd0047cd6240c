using System.Text.Json;
using System.Text.Json.Nodes;
using Runtime.V1;

namespace Runtime.Stack;

/// <summary>Where the built programs lie and what the settings of one run are.</summary>
public sealed record StackOptions
{
    /// <summary>Folder with agent/agent, collector/collector and runtimectl/runtimectl, as deploy/build.sh makes it.</summary>
    public required string Programs { get; init; }

    /// <summary>What one "hour" of the baselines lasts.</summary>
    public TimeSpan Unit { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often the agent reports repeats; not longer than a unit.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the agent probes its sight; its default when null.</summary>
    public TimeSpan? ProbeInterval { get; init; }

    /// <summary>How often the agent reads what is used; its default when null.</summary>
    public TimeSpan? ResourceInterval { get; init; }

    /// <summary>How often the agent tells what connections moved that go on; its default when null.</summary>
    public TimeSpan? FlowInterval { get; init; }

    /// <summary>How often the agent tells how it is; its default when null.</summary>
    public TimeSpan? StatusInterval { get; init; }

    /// <summary>Where alerts go, as Slack messages; none when null.</summary>
    public Uri? Slack { get; init; }

    /// <summary>Where alerts go as our own JSON; nowhere when null.</summary>
    public Uri? Webhook { get; init; }

    /// <summary>How long the agent takes a container that does not serve for starting, at least and at most; its defaults when null.</summary>
    public (TimeSpan Minimum, TimeSpan Maximum)? InitPhase { get; init; }

    /// <summary>The container runtimes' sockets that the agent asks; its defaults when null.</summary>
    public IReadOnlyList<string>? RuntimeSockets { get; init; }

    /// <summary>True: the agent measures its coverage at its start.</summary>
    public bool Coverage { get; init; }

    /// <summary>1 to 3: how the agent is to see; the best that works here when null. By default what RUNTIME_RUNG says.</summary>
    public int? Rung { get; init; } = int.TryParse(Environment.GetEnvironmentVariable("RUNTIME_RUNG"), out var rung) ? rung : null;

    /// <summary>Nodes that must agree on a file's hash; the collector's default when null.</summary>
    public int? HashWitnesses { get; init; }

    /// <summary>Put before the collector, e.g. chrt with another policy of the scheduler.</summary>
    public IReadOnlyList<string> CollectorPrefix { get; init; } = [];

    /// <summary>Put before the agent, e.g. nsenter into a node's mount namespace.</summary>
    public IReadOnlyList<string> AgentPrefix { get; init; } = [];
}

/// <summary>A collector and an agent as processes of their own, over one unix socket, with one folder for all they keep.</summary>
public sealed class RuntimeStack : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly StackOptions _options;

    private RuntimeStack(StackOptions options)
    {
        _options = options;
        Folder = Directory.CreateTempSubdirectory("runtime-").FullName;
        Socket = Path.Combine(Folder, "collector.sock");
        Client = new CollectorClient(Socket);
    }

    public string Folder { get; }

    public string Socket { get; }

    public CollectorClient Client { get; }

    public ServiceProcess? Collector { get; private set; }

    public ServiceProcess? Agent { get; private set; }

    public static async Task<RuntimeStack> StartAsync(StackOptions options)
    {
        var stack = new RuntimeStack(options);
        try
        {
            await stack.StartCollectorAsync();
            await stack.StartAgentAsync();
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    public static RuntimeStack Prepare(StackOptions options) => new(options);

    public async Task StartCollectorAsync()
    {
        var settings = new JsonObject
        {
            ["Listen"] = new JsonObject { [nameof(Socket)] = Socket },
            ["Storage"] = new JsonObject { ["Path"] = Path.Combine(Folder, "runtime.db") },
            ["Baselines"] = new JsonObject { ["Unit"] = $"{_options.Unit.TotalMilliseconds:0}ms" },
        };
        var notifiers = new JsonArray();
        if (_options.Slack is { } slack)
        {
            notifiers.Add(new JsonObject { ["Name"] = "chat", ["Kind"] = "slack", ["Url"] = slack.ToString() });
        }

        if (_options.Webhook is { } webhook)
        {
            var secret = Path.Combine(Folder, "secret");
            await File.WriteAllTextAsync(secret, Guid.NewGuid().ToString());
            notifiers.Add(new JsonObject { ["Name"] = "hook", ["Kind"] = "webhook", ["Url"] = webhook.ToString(), ["SecretFile"] = secret });
        }

        if (notifiers.Count > 0)
        {
            settings["Notifiers"] = notifiers;
        }

        if (_options.HashWitnesses is { } witnesses)
        {
            settings["Ingest"] = new JsonObject { [nameof(StackOptions.HashWitnesses)] = witnesses };
        }

        string[] command = [.. _options.CollectorPrefix, Program("collector"), "--config", Write("collector.json", settings)];
        Collector = ServiceProcess.Start(command[0], command[1..]);
        await CollectorClient.UntilAsync(
            async () => await Client.Query.GetStatusAsync(new GetStatusRequest()).ResponseAsync, _ => true, StartLimit, "the collector answers:\n" + Collector.Output);
    }

    /// <summary>Starts the agent and does not wait for its connection.</summary>
    public void LaunchAgent()
    {
        // A measurement in each run would be load on the two cores that the tests measure.
        var capture = new JsonObject { ["CoverageInterval"] = _options.Coverage ? "1h" : "0s" };
        if (_options.FlowInterval is { } flows)
        {
            capture[nameof(StackOptions.FlowInterval)] = $"{flows.TotalMilliseconds:0}ms";
        }

        var settings = new JsonObject
        {
            [nameof(Collector)] = "unix:" + Socket,
            ["Capture"] = capture,
            ["Reduction"] = new JsonObject { ["ReportInterval"] = $"{_options.ReportInterval.TotalMilliseconds:0}ms" },
        };
        if (_options.ProbeInterval is { } interval)
        {
            settings["Sight"] = new JsonObject { ["Interval"] = $"{interval.TotalMilliseconds:0}ms", ["Timeout"] = $"{interval.TotalMilliseconds:0}ms" };
        }

        if (_options.ResourceInterval is { } reading)
        {
            settings["Resources"] = new JsonObject { ["Interval"] = $"{reading.TotalMilliseconds:0}ms" };
        }

        if (_options.StatusInterval is { } status)
        {
            settings["Streaming"] = new JsonObject { ["StatusInterval"] = $"{status.TotalMilliseconds:0}ms" };
        }

        if (_options.InitPhase is { } init)
        {
            settings["Processes"] = new JsonObject { ["InitPhaseMinimum"] = $"{init.Minimum.TotalMilliseconds:0}ms", ["InitPhaseMaximum"] = $"{init.Maximum.TotalMilliseconds:0}ms" };
        }

        if (_options.RuntimeSockets is { } sockets)
        {
            settings["Containers"] = new JsonObject { ["Sockets"] = new JsonArray([.. sockets.Select(socket => JsonValue.Create(socket))]) };
        }

        string[] command = [.. _options.AgentPrefix, Program("agent"), "run", "--config", Write("agent.json", settings), .. _options.Rung is { } rung ? ["--rung", $"{rung}"] : Array.Empty<string>()];
        Agent = ServiceProcess.Start(command[0], command[1..]);
    }

    /// <summary>Starts the agent and waits until it watches and is connected.</summary>
    public async Task StartAgentAsync()
    {
        LaunchAgent();
        await CollectorClient.UntilAsync(() => Task.FromResult(Agent!.Output), output => output.Contains("watching: ", StringComparison.Ordinal), StartLimit, "the agent watches:\n" + Agent!.Output);
        await CollectorClient.UntilAsync(
            async () => await Client.Query.GetStatusAsync(new GetStatusRequest()).ResponseAsync,
            status => status.Agents.Any(agent => agent.Connected),
            StartLimit,
            "the agent is connected:\n" + Agent!.Output);
    }

    /// <summary>SIGTERM to the agent, then to the collector; answers their exit codes.</summary>
    public async Task<(int Agent, int Collector)> StopAsync() => (await Agent!.StopAsync(StopLimit), await Collector!.StopAsync(StopLimit));

    public async ValueTask DisposeAsync()
    {
        foreach (var service in (ServiceProcess?[])[Agent, Collector])
        {
            if (service is not null)
            {
                await service.DisposeAsync();
            }
        }

        Client.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private string Program(string name) => Path.Combine(_options.Programs, name, name);

    private string Write(string name, JsonObject settings)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, settings.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return path;
    }
}
