using System.Diagnostics;

namespace Runtime.Pods;

/// <summary>A Podman of its own, with everything it keeps in one folder, and its API at a socket there.</summary>
public sealed class PodmanEngine : IAsyncDisposable
{
    private const string Client = "/usr/bin/podman";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private Process? _service;

    private PodmanEngine(string folder) => _folder = folder;

    /// <summary>Named as Podman's is, because that tells which engine speaks Docker's API there.</summary>
    public string Socket => Path.Combine(_folder, "podman.sock");

    private string[] Options =>
    [
        "--root", $"{_folder}/root", "--runroot", $"{_folder}/run", "--tmpdir", $"{_folder}/tmp", "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs",
        "--events-backend", "file", "--runtime", "runc",
    ];

    /// <summary>Why there can be none here, with the remedy; null when there can.</summary>
    public static string? Obstacle() => File.Exists(Client) && File.Exists("/usr/bin/conmon") ? null : "Podman is not installed; deploy/install-packages.sh engines does it";

    /// <param name="folder">Short, because of the socket's path; deleted with the engine.</param>
    /// <exception cref="InvalidOperationException">Its API does not come up.</exception>
    public static async Task<PodmanEngine> StartAsync(string folder)
    {
        var engine = new PodmanEngine(Directory.CreateDirectory(folder).FullName);
        engine._service = Process.Start(new ProcessStartInfo(Client, [.. engine.Options, "system", "service", "--time", "0", "unix://" + engine.Socket]))!;
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var started = Stopwatch.StartNew();
        while (!File.Exists(engine.Socket))
        {
            if (engine._service.HasExited || started.Elapsed > StartLimit)
            {
                await engine.DisposeAsync();
                throw new InvalidOperationException("podman's API does not come up");
            }

            await pause.WaitForNextTickAsync();
        }

        return engine;
    }

    /// <summary>The client's command; answers what it printed.</summary>
    public async Task<string> RunAsync(params IEnumerable<string> arguments) => (await Command.RunAsync(Client, [.. Options, .. arguments])).Trim();

    /// <returns>The image's id, without "sha256:".</returns>
    public async Task<string> LoadAsync(OciImage image)
    {
        var archive = Path.Combine(_folder, "image.tar");
        image.WriteRootFileSystem(archive);
        return (await RunAsync("import", "--quiet", archive, image.Reference)).Replace("sha256:", "", StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await Command.TryAsync(Client, [.. Options, "rm", "--all", "--force", "--time", "0"]);
        if (_service is { HasExited: false } service)
        {
            _ = Tmds.Linux.LibC.kill(service.Id, Tmds.Linux.LibC.SIGTERM);
            await service.WaitForExitAsync().WaitAsync(StartLimit);
        }

        _service?.Dispose();
        await DeleteAsync();
    }

    /// <summary>The storage's bind mount of itself goes first. conmon's clean-up of a container outlives the service, and mounts it again.</summary>
    private async Task DeleteAsync()
    {
        for (var left = 5; ; left--)
        {
            await Command.TryAsync("umount", "--lazy", $"{_folder}/root/overlay");
            try
            {
                Directory.Delete(_folder, recursive: true);
                return;
            }
            catch (IOException) when (left > 0)
            {
                // Mounted again in between, which happens once for each container that ended.
            }
        }
    }
}
