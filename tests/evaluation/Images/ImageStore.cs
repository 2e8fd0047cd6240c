using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Runtime.Pods;

namespace Runtime.Evaluation.Images;

/// <summary>Test images, made once from Debian's packages (one has this machine's .NET besides) and kept on disk, outside of the repository.</summary>
/// <param name="cache">RUNTIME_EVALUATION_CACHE, else runtime-evaluation in the user's cache. A changed list of packages makes a new file; old ones are for people to remove.</param>
internal sealed class ImageStore(string cache)
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(10);

    // Compiled at the first use.
    private byte[]? _supervisor;

    /// <summary>Folder with supervise.c, build.sh and what each image has of its own.</summary>
    public static string Sources => Path.Combine(AppContext.BaseDirectory, "rootfs");

    public static ImageStore Open() => new(
        Environment.GetEnvironmentVariable("RUNTIME_EVALUATION_CACHE")
        ?? Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "runtime-evaluation"));

    /// <param name="names">Of the catalogue.</param>
    /// <returns>Those that can be had here, and why the others cannot, by name.</returns>
    public async Task<(Dictionary<TestImage, OciImage> Images, Dictionary<string, string> Absent)> GetAllAsync(
        IEnumerable<string> names, Action<string> progress, CancellationToken cancellationToken)
    {
        var (images, missing) = (new Dictionary<TestImage, OciImage>(), new Dictionary<string, string>());
        foreach (var name in names)
        {
            var image = Catalogue.Find(name);
            try
            {
                images[image] = await GetAsync(image, progress, cancellationToken);
            }
            catch (InvalidOperationException e)
            {
                progress($"image {name}: {e.Message}");
                missing[name] = $"the image '{name}' cannot be made here: {e.Message}";
            }
        }

        return (images, missing);
    }

    /// <exception cref="InvalidOperationException">It cannot be made here; with the end of what the build said.</exception>
    public async Task<OciImage> GetAsync(TestImage image, Action<string> progress, CancellationToken cancellationToken)
    {
        var packages = string.Join(' ', image.Packages);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(packages + await File.ReadAllTextAsync(Path.Combine(Sources, "build.sh"), cancellationToken))).AsSpan(0, 6));
        var layer = Path.Combine(cache, $"{image.Name}-{hash}.tar");
        if (!File.Exists(layer))
        {
            progress($"image {image.Name}: made once from Debian's packages, kept as {layer}");
            await BuildAsync(layer, image.Packages, cancellationToken);
        }

        _supervisor ??= await CompileAsync(Path.Combine(Sources, "supervise.c"));
        return image.Assemble(image.HasDotNet ? [layer, DotNet(progress)] : [layer], _supervisor);
    }

    private string DotNet(Action<string> progress)
    {
        var layer = Path.Combine(cache, $"dotnet-runtime-{DotNetLayer.Version}.tar");
        if (!File.Exists(layer))
        {
            progress($"the .NET of this machine, copied once as {layer}");
            DotNetLayer.Write(layer);
        }

        return layer;
    }

    /// <summary>A small static program.</summary>
    /// <exception cref="InvalidOperationException">It does not compile; with the compiler's words.</exception>
    public static async Task<byte[]> CompileAsync(string source)
    {
        var program = Path.GetTempFileName();
        try
        {
            await Command.RunAsync("clang", "-O2", "-static", "-s", "-o", program, source, "-lpthread");
            return await File.ReadAllBytesAsync(program);
        }
        finally
        {
            File.Delete(program);
        }
    }

    private static async Task BuildAsync(string layer, IReadOnlyList<string> packages, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(BuildLimit);
        var start = new ProcessStartInfo(Path.Combine(Sources, "build.sh"), [layer, .. packages]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = await process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            if (process.ExitCode != 0)
            {
                var said = (await output + errors).Trim().Split('\n');
                throw new InvalidOperationException($"build.sh ended with {process.ExitCode}: {string.Join(" | ", said.TakeLast(3))}");
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            throw new InvalidOperationException($"build.sh did not end within {BuildLimit.TotalMinutes:0} minutes");
        }
    }
}
