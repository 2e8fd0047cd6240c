using System.Diagnostics;

namespace Runtime.Pods;

/// <summary>A Docker of its own: dockerd on a node's containerd, in the node's network namespace, with everything it keeps in the node's folder.</summary>
/// <remarks>Its packet filter rules stay in that namespace. What disposing leaves, the node's sweep takes away.</remarks>
public sealed class DockerEngine : IAsyncDisposable
{
    private const string Client = "/usr/bin/docker";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _daemon;
    private readonly string _folder;

    private DockerEngine(Process daemon, string folder) => (_daemon, _folder) = (daemon, folder);

    public string Socket => Path.Combine(_folder, "docker.sock");

    /// <summary>Why there can be none here, with the remedy; null when there can.</summary>
    public static string? Obstacle() =>
        File.Exists(Client) && File.Exists("/usr/sbin/dockerd") ? null : "Docker is not installed; deploy/install-packages.sh engines does it (Debian's package starts a daemon where systemd runs)";

    /// <exception cref="InvalidOperationException">dockerd did not start.</exception>
    public static async Task<DockerEngine> StartAsync(ContainerdNode node)
    {
        var folder = Path.Combine(node.Record.Folder, "d");
        Directory.CreateDirectory(folder);
        // /dev/null is refused: an empty file is not JSON.
        await File.WriteAllTextAsync(Path.Combine(folder, "daemon.json"), "{}");
        string[] arguments =
        [
            "nsenter", "--net=" + node.NetworkNamespace, "/usr/sbin/dockerd", "--data-root", $"{folder}/root", "--exec-root", $"{folder}/exec", "--pidfile", $"{folder}/pid",
            "--host", $"unix://{folder}/docker.sock", "--containerd", node.Socket, "--bip", "172.31.250.1/24", "--ip6tables=false", "--config-file", $"{folder}/daemon.json",
        ];
        var daemon = new Process { StartInfo = new ProcessStartInfo("setsid", arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        // Read away, or it stops when the pipe is full.
        daemon.OutputDataReceived += (_, _) => { };
        daemon.ErrorDataReceived += (_, _) => { };
        daemon.Start();
        daemon.BeginOutputReadLine();
        daemon.BeginErrorReadLine();
        var engine = new DockerEngine(daemon, folder);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var started = Stopwatch.StartNew();
        while (!File.Exists(engine.Socket) || (await Command.TryAsync(Client, "--host", "unix://" + engine.Socket, "version")).ExitCode != 0)
        {
            if (daemon.HasExited || started.Elapsed > StartLimit)
            {
                await engine.DisposeAsync();
                throw new InvalidOperationException($"dockerd {(daemon.HasExited ? "ended" : "does not answer")}");
            }

            await pause.WaitForNextTickAsync();
        }

        return engine;
    }

    /// <summary>The client's command; answers what it printed.</summary>
    public async Task<string> RunAsync(params IEnumerable<string> arguments) => (await Command.RunAsync(Client, ["--host", "unix://" + Socket, .. arguments])).Trim();

    /// <returns>The image's id, "sha256:…".</returns>
    public async Task<string> LoadAsync(OciImage image)
    {
        var archive = Path.Combine(_folder, "image.tar");
        image.WriteRootFileSystem(archive);
        return await RunAsync("import", archive, image.Reference);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_daemon.HasExited)
        {
            var containers = (await Command.TryAsync(Client, "--host", "unix://" + Socket, "ps", "--all", "--quiet")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (containers.Length > 0)
            {
                await Command.TryAsync(Client, ["--host", "unix://" + Socket, "rm", "--force", .. containers]);
            }

            _ = Tmds.Linux.LibC.kill(_daemon.Id, Tmds.Linux.LibC.SIGTERM);
            await _daemon.WaitForExitAsync().WaitAsync(StartLimit);
        }

        _daemon.Dispose();
    }
}
