using System.Net.Sockets;
using System.Threading.Channels;
using Runtime.Evaluation.Images;
using Runtime.Evaluation.Loads;
using Runtime.Evaluation.Peers;
using Runtime.Pods;
using Runtime.V1;
using Command = Runtime.Pods.Command;

namespace Runtime.Evaluation.Runs;

/// <summary>One pod of a workload: its container with the supervisor in it, the load that uses it, and the way in.</summary>
internal sealed class Replica : IAsyncDisposable
{
    public const string Namespace = "evaluation";
    public const string ContainerName = "app";

    /// <summary>What a replica runs before a scenario does, on the same way: nothing.</summary>
    private const string Nothing = "#!/bin/sh\nexit 0\n";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StrayLimit = TimeSpan.FromMilliseconds(300);

    private readonly string _folder;
    private readonly ContainerdNode _node;
    private readonly TestImage _image;
    private readonly FileStream _orders;
    private readonly FileStream _answers;

    // Exit codes of ended scripts, in order; bounded by the scripts that are run one after the other.
    private readonly Channel<int> _ended = Channel.CreateUnbounded<int>();
    private readonly Task _reading;

    // Users beside the usual ones; bounded by the bursts of one replica's life.
    private readonly List<RunningLoad> _burst = [];

    private Pod? _pod;
    private RunningLoad? _load;
    private LoadTarget? _target;
    private string _said = "";

    private Replica(ContainerdNode node, TestImage image, string folder)
    {
        _node = node;
        _image = image;
        _folder = folder;
        _orders = OpenFifo(Path.Combine(folder, "task/orders"));
        _answers = OpenFifo(Path.Combine(folder, "task/answers"));
        _reading = ReadAsync();
    }

    public RunningContainer Container { get; private set; } = null!;

    public string Name => _pod!.Spec.Name;

    /// <summary>The time when the container was asked to start.</summary>
    public DateTimeOffset Started { get; private set; }

    private string ScriptPath => Path.Combine(_folder, "task/script");

    /// <param name="deployment">Its name; pods of one share a baseline.</param>
    /// <param name="image">As loaded into the node.</param>
    /// <param name="born">The image has a script that starts with it.</param>
    /// <param name="revision">Of the deployment: pods of one rollout share it.</param>
    public static async Task<Replica> StartAsync(
        ContainerdNode node, TestImage definition, OciImage image, string deployment, int seed, bool born, CancellationToken cancellationToken, int revision = 1)
    {
        var folder = Directory.CreateTempSubdirectory("evaluation-pod-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "task"));
        await Command.RunAsync("mkfifo", Path.Combine(folder, "task/orders"), Path.Combine(folder, "task/answers"));
        var replica = new Replica(node, definition, folder);
        try
        {
            await replica.PutAsync(Nothing);
            var spec = PodSpec.OfDeployment(deployment, Namespace, revision);
            var pod = replica._pod = await node.RunAsync(spec, cancellationToken);
            var (hosts, resolver) = (Path.Combine(folder, "hosts"), Path.Combine(folder, "resolv.conf"));
            await File.WriteAllTextAsync(hosts, PeerNetwork.Hosts(spec.Name, pod.Ip), cancellationToken);
            await File.WriteAllTextAsync(resolver, PeerNetwork.ResolverSettings, cancellationToken);
            var container = new ContainerSpec
            {
                Name = ContainerName,
                Image = image.Reference,
                Command = definition.CommandLine(born),
                Mounts = new Dictionary<string, string> { [TestImage.TaskFolder] = Path.Combine(folder, "task"), ["/etc/hosts"] = hosts, ["/etc/resolv.conf"] = resolver },
                MemoryLimitBytes = (long)definition.MemoryMebibytes << 20,
            };
            replica._target = new LoadTarget(node, pod.Ip, seed, () => replica.OrderAsync('h'));
            await replica.StartContainerAsync(container, cancellationToken);
            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its container is stopped and another started in the same pod, as a kubelet does.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        await StartContainerAsync(Container.Spec, cancellationToken);
    }

    /// <summary>Its users leave, and its container is asked to end and has a moment for it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await StopLoadsAsync();
        await Container.StopAsync(StopGrace, cancellationToken);
    }

    /// <summary>Its first process is killed, and all others with it; the pod is still there.</summary>
    public void Kill() => global::System.Diagnostics.Process.GetProcessById(Container.Pid).Kill();

    /// <summary>Three times as many users as usual, until <see cref="EndBurstAsync"/>. Nothing for what nobody uses.</summary>
    public void BeginBurst(int seed)
    {
        for (var i = 0; i < 2 && _image.Load is not null; i++)
        {
            _burst.Add(new RunningLoad(_image.Load!, _target! with { Seed = seed + i }));
        }
    }

    public async Task EndBurstAsync()
    {
        foreach (var load in _burst)
        {
            await load.DisposeAsync();
        }

        _burst.Clear();
    }

    /// <summary>Somebody who mistook the port: bytes that mean nothing, and a look at the answer.</summary>
    public async Task StrayAsync(Random random, CancellationToken cancellationToken)
    {
        if (_image.Load is not { } load)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StrayLimit);
        try
        {
            await using var connection = await _node.ConnectAsync(_target!.Address, load.Port, limit.Token);
            var nonsense = new byte[random.Next(1, 200)];
            random.NextBytes(nonsense);
            await connection.WriteAsync((byte[])[.. nonsense, (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'], limit.Token);
            _ = await connection.ReadAsync(nonsense, limit.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // It is closed, or says nothing: either is an answer.
        }
    }

    /// <summary>Until the collector has seen it at work, past its start, and the way in with it.</summary>
    /// <param name="startPhase">How long a container that does not serve counts as starting.</param>
    /// <exception cref="TimeoutException">With what did not come.</exception>
    public async Task SettleAsync(Query.QueryClient query, TimeSpan startPhase, CancellationToken cancellationToken)
    {
        // The end of the start is a matter of time: nothing happens then that could be awaited.
        var rest = startPhase - (TimeProvider.System.GetUtcNow() - Started);
        if (!_image.Serves && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, cancellationToken);
        }

        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Soon)
        {
            await RunNothingAsync(cancellationToken);
            await pause.WaitForNextTickAsync(cancellationToken);
            var answer = await query.ListEventsAsync(new ListEventsRequest { Kind = "exec", Text = TestImage.TaskFolder, PageSize = 100 }, cancellationToken: cancellationToken);
            if (answer.Events.Any(one => one.ContainerId == Container.Id && one.Lineage.Count > 0 && one.Lineage[0].Phase == "steady"))
            {
                return;
            }
        }

        throw new TimeoutException($"the collector does not see {Name} past its start within {Soon.TotalSeconds:0} s");
    }

    /// <summary>Goes the way in, once, for nothing; awaits its end.</summary>
    public async Task RunNothingAsync(CancellationToken cancellationToken)
    {
        await PutAsync(Nothing);
        await EnterAsync(cancellationToken);
        await EndedAsync(cancellationToken).WaitAsync(Soon, cancellationToken);
    }

    public Task PutAsync(string script) => File.WriteAllTextAsync(ScriptPath, script);

    /// <summary>Starts the script that was put: by a request at the door of what serves the network, else by an order.</summary>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        if (!_image.Serves)
        {
            await OrderAsync('r');
            return;
        }

        using var client = _node.CreateHttpClient();
        client.Timeout = Soon;
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://{_pod!.Ip}:{TestImage.Door}/run"), cancellationToken);
                return;
            }
            catch (HttpRequestException e) when (e.InnerException is SocketException && TimeProvider.System.GetElapsedTime(began) < Soon)
            {
                // The door was ordered a moment ago, and opens without telling.
                await pause.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    /// <returns>The exit code of the script that was entered.</returns>
    public async Task<int> EndedAsync(CancellationToken cancellationToken) => await _ended.Reader.ReadAsync(cancellationToken);

    /// <summary>Runs the script that was put as `kubectl exec` does.</summary>
    public async Task<int> ExecAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var result = await _node.Cri.ExecAsync(Container.Id, ["/bin/sh", TestImage.TaskFolder + "/script"], limit, cancellationToken);
        _said += result.Output + result.Errors;
        return result.ExitCode;
    }

    /// <summary>Puts a program into the container from outside.</summary>
    /// <exception cref="InvalidOperationException">A link is on the way: it would lead out of the container.</exception>
    public async Task PutProgramAsync(string path, byte[] program)
    {
        var at = $"/proc/{Container.Pid}/root";
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts)
        {
            at += "/" + part;
            if (new FileInfo(at).LinkTarget is { } target)
            {
                throw new InvalidOperationException($"companion '{path}': {part} is a link to {target}; name the place itself");
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(at)!);
        await File.WriteAllBytesAsync(at, program);
        File.SetUnixFileMode(at, (UnixFileMode)0b111_101_101);
    }

    /// <summary>What the container printed, and what a script said that was run from outside.</summary>
    public async Task<string> LogAsync() => (File.Exists(Container.LogPath) ? await File.ReadAllTextAsync(Container.LogPath) : "") + _said;

    public async ValueTask DisposeAsync()
    {
        await StopLoadsAsync();
        if (_pod is not null)
        {
            await _pod.RemoveAsync();
        }

        // The reader holds both ends: a last line of our own lets it go.
        await _answers.WriteAsync("q\n"u8.ToArray());
        await _answers.FlushAsync();
        await _reading;
        await _orders.DisposeAsync();
        await _answers.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartContainerAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        Started = TimeProvider.System.GetUtcNow();
        Container = await _pod!.StartAsync(spec, cancellationToken);
        if (_image.Load is { } load)
        {
            _load = new RunningLoad(load, _target!);
            await _load.ServedAsync(cancellationToken);
            await OrderAsync('d');
        }
    }

    private async Task StopLoadsAsync()
    {
        await EndBurstAsync();
        if (_load is not null)
        {
            await _load.DisposeAsync();
            _load = null;
        }
    }

    private static FileStream OpenFifo(string path) => new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);

    private async Task OrderAsync(char order) => await _orders.WriteAsync(new[] { (byte)order });

    // "e 0": a script ended with 0; "q": our own goodbye
    private async Task ReadAsync()
    {
        using var reader = new StreamReader(_answers, leaveOpen: true);
        while (await reader.ReadLineAsync() is { } line && line != "q")
        {
            if (line.Split(' ') is ["e", var code] && int.TryParse(code, out var number))
            {
                _ended.Writer.TryWrite(number);
            }
        }
    }
}
