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

    private readonly string _folder;
    private readonly ContainerdNode _node;
    private readonly TestImage _image;
    private readonly FileStream _orders;
    private readonly FileStream _answers;

    // Exit codes of ended scripts, in order; bounded by the scripts that are run one after the other.
    private readonly Channel<int> _ended = Channel.CreateUnbounded<int>();
    private readonly Task _reading;

    private Pod? _pod;
    private RunningLoad? _load;
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
    public static async Task<Replica> StartAsync(ContainerdNode node, TestImage definition, OciImage image, string deployment, int seed, bool born, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("evaluation-pod-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "task"));
        await Command.RunAsync("mkfifo", Path.Combine(folder, "task/orders"), Path.Combine(folder, "task/answers"));
        var replica = new Replica(node, definition, folder);
        try
        {
            await replica.PutAsync(Nothing);
            var spec = PodSpec.OfDeployment(deployment, Namespace);
            var pod = replica._pod = await node.RunAsync(spec, cancellationToken);
            var (hosts, resolver) = (Path.Combine(folder, "hosts"), Path.Combine(folder, "resolv.conf"));
            await File.WriteAllTextAsync(hosts, PeerNetwork.Hosts(spec.Name, pod.Ip), cancellationToken);
            await File.WriteAllTextAsync(resolver, PeerNetwork.ResolverSettings, cancellationToken);
            replica.Started = TimeProvider.System.GetUtcNow();
            replica.Container = await pod.StartAsync(
                new ContainerSpec
                {
                    Name = ContainerName,
                    Image = image.Reference,
                    Command = definition.CommandLine(born),
                    Mounts = new Dictionary<string, string> { [TestImage.TaskFolder] = Path.Combine(folder, "task"), ["/etc/hosts"] = hosts, ["/etc/resolv.conf"] = resolver },
                    MemoryLimitBytes = (long)definition.MemoryMebibytes << 20,
                },
                cancellationToken);
            if (definition.Load is { } load)
            {
                replica._load = new RunningLoad(load, new LoadTarget(node, pod.Ip, seed, () => replica.OrderAsync('h')));
                await replica._load.ServedAsync(cancellationToken);
                await replica.OrderAsync('d');
            }

            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
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
        if (_load is not null)
        {
            await _load.DisposeAsync();
        }

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
