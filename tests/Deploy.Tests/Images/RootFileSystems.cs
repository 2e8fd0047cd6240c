using System.Globalization;
using Xunit;

namespace Runtime.Deploy.Tests.Images;

/// <summary>Both images' root file systems, made once by the scripts that the Dockerfiles run.</summary>
public sealed class RootFileSystems : IAsyncLifetime
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(8);

    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-images-").FullName;

    /// <summary>Why there are none; null when they are there.</summary>
    public string? Missing { get; private set; }

    public string Agent => Path.Combine(_folder, "agent-root");
    public string Collector => Path.Combine(_folder, "collector-root");

    public async ValueTask InitializeAsync()
    {
        Missing = await WhyNotAsync();
        if (Missing is not null)
        {
            return;
        }

        foreach (var (name, root) in new[] { ("agent", Agent), ("collector", Collector) })
        {
            var published = Path.Combine(_folder, "published");
            (await Script($"build-{name}.sh", published)).Expect(0);
            (await Script($"rootfs-{name}.sh", published, root)).Expect(0);
        }

        Task<ToolResult> Script(string script, params string[] arguments) =>
            Tool.RunAsync("sh", [Repository.Deploy("images", script), .. arguments], BuildLimit, CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static async Task<string?> WhyNotAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "needs root";
        }

        var release = File.Exists("/etc/os-release") ? await File.ReadAllTextAsync("/etc/os-release") : "";
        if (!release.Contains("VERSION_ID=\"12\"", StringComparison.Ordinal) || !release.Contains("ID=debian", StringComparison.Ordinal))
        {
            return "the images take their libraries from Debian 12, which this is not";
        }

        return await Tool.TryRunAsync("runc", ["--version"], TimeSpan.FromSeconds(10), CancellationToken.None) is null ? "runc is not installed"
            : await Tool.TryRunAsync("ip", ["-V"], TimeSpan.FromSeconds(10), CancellationToken.None) is null ? "ip is not installed (apt-get install iproute2)"
            : null;
    }

    /// <summary>Every file once: symbolic links (/lib is one) are not followed.</summary>
    public static IEnumerable<FileInfo> FilesOf(string root) =>
        new DirectoryInfo(root).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint });

    public static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.0 MB", CultureInfo.InvariantCulture);
}
