using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Grpc.Core;
using Tmds.Linux;

namespace Runtime.Pods;

/// <summary>A node without a kubelet: a containerd of its own in a network namespace of its own, on which pods run as real ones do.</summary>
/// <remarks>
/// Needs root and what deploy/install-packages.sh lists for "demo". Nothing is downloaded. Disposing takes away every pod, process,
/// mount, namespace, cgroup and file of it; a signal does so too, and what a killed process left is taken away by the next start.
/// </remarks>
public sealed class ContainerdNode : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);
    private static readonly SemaphoreSlim Sweeping = new(1);

    private readonly NodeOptions _options;
    private readonly List<PosixSignalRegistration> _signals = [];

    // The newest 200 lines of containerd's log; older ones go.
    private readonly ConcurrentQueue<string> _log = new();

    private NodeRecord _record;
    private Process? _containerd;

    private ContainerdNode(NodeOptions options, NodeRecord record)
    {
        _options = options;
        _record = record;
        Cri = new CriClient(Socket);
    }

    public CriClient Cri { get; }

    public string Socket => Path.Combine(_record.Folder, "c.sock");

    /// <summary>Of containerd. An agent that must see the node's own mounts enters its mount namespace.</summary>
    public int Pid => _containerd!.Id;

    /// <summary>"/run/netns/NAME".</summary>
    public string NetworkNamespace => "/run/netns/" + _record.Name;

    internal NodeRecord Record => _record;

    private string Log => string.Join('\n', _log);

    /// <summary>Why no node can be had here, with the remedy; null when one can.</summary>
    public static string? Obstacle(NodeOptions? options = null)
    {
        if (Environment.UserName != "root")
        {
            return "real pods need root";
        }

        var edits = options?.EditsBundles == true;
        string[] programs = ["/usr/bin/containerd", "/usr/bin/ctr", "/usr/sbin/runc", "/usr/lib/cni/bridge", Images.Program, "/usr/bin/clang", .. edits ? new[] { "/usr/bin/jq" } : []];
        // runc's place differs between packagers.
        var missing = programs.Where(program => !File.Exists(program) && !File.Exists(program.Replace("/sbin/", "/bin/", StringComparison.Ordinal))).ToList();
        return missing.Count == 0 ? null : $"missing: {string.Join(", ", missing)}; run deploy/install-packages.sh {(edits ? "tests" : "demo")}";
    }

    /// <summary>Starts it with the images "localhost/pause:3.6" and the given ones.</summary>
    /// <exception cref="InvalidOperationException">Something is missing on the machine, or containerd did not start; with its log.</exception>
    public static async Task<ContainerdNode> StartAsync(NodeOptions options, params IEnumerable<OciImage> images)
    {
        if (Obstacle(options) is { } obstacle)
        {
            throw new InvalidOperationException(obstacle);
        }

        await SweepAbandonedAsync();
        var record = NodeRecord.Create();
        record.Save();
        var node = new ContainerdNode(options, record);
        try
        {
            node.HandleSignals();
            await node.PrepareAsync();
            await node.StartContainerdAsync();
            await node.LoadAsync(await Images.PauseAsync(record.Folder));
            foreach (var image in images)
            {
                await node.LoadAsync(image);
            }

            if (options.SocketLink is { } link)
            {
                File.Delete(link);
                File.CreateSymbolicLink(link, node.Socket);
            }

            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public async Task LoadAsync(OciImage image)
    {
        var archive = Path.Combine(_record.Folder, image.Repository.Replace('/', '_') + ".tar");
        image.WriteArchive(archive);
        // --digests gives CRI the name with the digest, which a pulled image has too.
        await Command.RunAsync("ctr", "-a", Socket, "-n", "k8s.io", "images", "import", "--base-name", image.Repository, "--digests", archive);
        File.Delete(archive);
    }

    public async Task<Pod> RunAsync(PodSpec spec, CancellationToken cancellationToken = default)
    {
        _record = _record with { PodUids = [.. _record.PodUids, spec.Uid] };
        _record.Save();
        var config = spec.ToConfig(_options.Driver, Path.Combine(_record.Folder, "logs"));
        var id = await Cri.RunPodAsync(config, cancellationToken);
        var status = await Cri.PodStatusAsync(id, cancellationToken);
        return new Pod(Cri, spec, config, id, status.Network?.Ip ?? "");
    }

    /// <summary>For requests from outside the pods: its connections begin at the node's end of the bridge, without a process of their own there.</summary>
    public HttpClient CreateHttpClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) => await ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken),
    });

    /// <summary>The same for any protocol over TCP.</summary>
    public async Task<NetworkStream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = await OpenSocketAsync(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>An IPv4 socket in the node's network, for servers that the pods are to reach.</summary>
    public Task<Socket> OpenSocketAsync(SocketType type, ProtocolType protocol) => NamespaceSocket.OpenAsync(NetworkNamespace, type, protocol);

    /// <summary>SIGTERM to containerd and a new one in its place; the pods run on.</summary>
    public async Task RestartContainerdAsync()
    {
        await StopContainerdAsync();
        await StartContainerdAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (var pod in _containerd is { HasExited: false } ? await Cri.ListPodsAsync() : [])
            {
                await Cri.StopPodAsync(pod.Id);
                await Cri.RemovePodAsync(pod.Id);
            }

            await StopContainerdAsync();
        }
        catch (Exception e) when (e is RpcException or TimeoutException)
        {
            // What it did not take away in good order, the sweep takes by force.
        }

        Cri.Dispose();
        if (_options.SocketLink is { } link && new FileInfo(link).LinkTarget == Socket)
        {
            File.Delete(link);
        }

        await NodeSweep.RunAsync(_record);
        _containerd?.Dispose();
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }
    }

    /// <summary>For tests: leaves everything running, as a killed owner does.</summary>
    internal NodeRecord Abandon(int deadPid)
    {
        _record = _record with { OwnerPid = deadPid, OwnerStart = 0 };
        _record.Save();
        Cri.Dispose();
        _signals.ForEach(signal => signal.Dispose());
        return _record;
    }

    private static async Task SweepAbandonedAsync()
    {
        await Sweeping.WaitAsync();
        try
        {
            foreach (var record in NodeRecord.Abandoned())
            {
                await NodeSweep.RunAsync(record);
            }
        }
        finally
        {
            Sweeping.Release();
        }
    }

    private void HandleSignals()
    {
        if (!_options.CleanOnSignal)
        {
            return;
        }

        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            // The process ends when the handler returns, so that it waits for the sweep.
            _signals.Add(PosixSignalRegistration.Create(signal, _ => NodeSweep.RunAsync(_record).Wait(StartLimit)));
        }
    }

    private async Task PrepareAsync()
    {
        var folder = _record.Folder;
        Directory.CreateDirectory(Path.Combine(folder, "cni"));
        await File.WriteAllTextAsync(Path.Combine(folder, "cni/10-pods.conflist"), NodeFiles.PodNetwork(folder));
        var runc = "runc";
        if (_options.EditsBundles)
        {
            runc = Path.Combine(folder, "runc-as-systemd");
            await NodeFiles.WriteProgramAsync("runc-as-systemd", runc);
        }

        await NodeFiles.WriteProgramAsync("v2-only", Path.Combine(folder, "v2-only"));
        await File.WriteAllTextAsync(Path.Combine(folder, "config.toml"), NodeFiles.ContainerdConfig(folder, runc));
        await Command.RunAsync("ip", "netns", "add", _record.Name);
        await Command.RunAsync("ip", "-n", _record.Name, "link", "set", "lo", "up");
    }

    private async Task StartContainerdAsync()
    {
        var folder = _record.Folder;
        // A session of its own: Ctrl-C at the terminal must reach us and not containerd, which is still needed to take the pods away.
        // nsenter and not `ip netns exec`, which mounts a new /sys without the cgroups.
        string[] v2Only = _options.Version == CgroupVersion.TwoOnly ? ["unshare", "-m", Path.Combine(folder, "v2-only")] : [];
        string[] arguments = ["nsenter", "--net=" + NetworkNamespace, .. v2Only, "containerd", "--config", Path.Combine(folder, "config.toml")];
        _containerd = new Process { StartInfo = new ProcessStartInfo("setsid", arguments) { RedirectStandardError = true, RedirectStandardOutput = true } };
        _containerd.OutputDataReceived += (_, line) => Keep(line.Data);
        _containerd.ErrorDataReceived += (_, line) => Keep(line.Data);
        _containerd.Start();
        _containerd.BeginOutputReadLine();
        _containerd.BeginErrorReadLine();

        // Containerd tells nobody when it is ready: asking is the only way.
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var started = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await Cri.VersionAsync();
                return;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Unimplemented or StatusCode.Unknown or StatusCode.DeadlineExceeded)
            {
                if (_containerd.HasExited || started.Elapsed > StartLimit)
                {
                    throw new InvalidOperationException($"containerd {(_containerd.HasExited ? "ended" : "does not answer")}: {e.Status.Detail}\n{Log}");
                }
            }

            await pause.WaitForNextTickAsync();
        }
    }

    private async Task StopContainerdAsync()
    {
        if (_containerd is not { HasExited: false } containerd)
        {
            return;
        }

        // Not the program kill: a minimal machine has none.
        _ = LibC.kill(containerd.Id, LibC.SIGTERM);
        await containerd.WaitForExitAsync().WaitAsync(StopLimit);
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _log.Enqueue(line);
        while (_log.Count > 200)
        {
            _log.TryDequeue(out _);
        }
    }
}
