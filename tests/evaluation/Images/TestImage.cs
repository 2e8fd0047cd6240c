using Runtime.Evaluation.Loads;
using Runtime.Pods;

namespace Runtime.Evaluation.Images;

/// <summary>A workload that scenarios attack.</summary>
/// <param name="Packages">Debian's; what they need comes with them, what they recommend does not.</param>
/// <param name="Command">The workload's own; <see cref="Supervisor"/> starts it.</param>
/// <param name="Load">What uses it, from outside; null for one that has enough to do by itself.</param>
/// <param name="MemoryMebibytes">Its limit.</param>
internal sealed record TestImage(string Name, IReadOnlyList<string> Packages, IReadOnlyList<string> Command, ILoad? Load, int MemoryMebibytes = 256)
{
    public const string Supervisor = "/usr/local/sbin/supervise";

    /// <summary>Where the supervisor takes its orders and finds the script.</summary>
    public const string TaskFolder = "/srv/task";

    /// <summary>Where the script of a malicious image lies.</summary>
    public const string BornScript = "/opt/app/first.sh";

    /// <summary>TCP, of the supervisor of a workload that serves the network: there a break-in comes in.</summary>
    public const int Door = 7070;

    /// <summary>.NET is in it too, which is no package of Debian 12.</summary>
    public bool HasDotNet { get; init; }

    /// <summary>Where the script of `launch: app` begins: behind the door of what serves the network, else by an order.</summary>
    public bool Serves => Load is not null;

    public string Reference => $"localhost/evaluation-{Name}:1.0";

    /// <param name="born">The image's script has been in it from its birth, and is started with it.</param>
    public IReadOnlyList<string> CommandLine(bool born) =>
        [Supervisor, .. Serves ? new[] { "--door", $"{Door}" } : [], .. born ? new[] { "--first", BornScript } : [], TaskFolder, .. Command];

    /// <param name="layers">Tar files: Debian and the packages, and what is no package.</param>
    /// <param name="supervisor">The compiled supervise.c.</param>
    public OciImage Assemble(IReadOnlyList<string> layers, byte[] supervisor) => new($"localhost/evaluation-{Name}", "1.0",
    [
        [
            .. Files(Path.Combine(ImageStore.Sources, Name), "/"),
            ImageEntry.Program(Supervisor, supervisor),
            ImageEntry.Folder(TaskFolder),
        ],
    ])
    {
        LowerLayers = layers,
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ["LANG"] = "C.UTF-8" },
        Command = CommandLine(born: false),
    };

    /// <summary>Its next version, by <see cref="NextVersions"/>. Another digest, for at least one file differs.</summary>
    /// <param name="image">As <see cref="Assemble"/> made it.</param>
    public OciImage Next(OciImage image) => image.With(image.Repository, "1.1", [.. ChangedFiles()]);

    /// <summary>Whole files of the next version, in the order of their paths.</summary>
    public IEnumerable<ImageEntry> ChangedFiles()
    {
        foreach (var file in NextVersions.Of(Name).GroupBy(change => change.Path).OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            var source = Path.Combine(ImageStore.Sources, Name) + file.Key;
            var isThere = File.Exists(source);
            var entry = ImageEntry.File(file.Key, file.Aggregate(isThere ? File.ReadAllText(source) : "", (before, change) => change.Apply(before)));
            yield return isThere ? entry with { Mode = File.GetUnixFileMode(source) } : entry;
        }
    }

    /// <summary>The files below a folder of the sources, with the modes that they have there.</summary>
    private static IEnumerable<ImageEntry> Files(string folder, string at)
    {
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal))
        {
            var inside = Path.Combine(at, Path.GetFileName(path));
            if (Directory.Exists(path))
            {
                yield return ImageEntry.Folder(inside);
                foreach (var entry in Files(path, inside))
                {
                    yield return entry;
                }
            }
            else
            {
                yield return new ImageEntry(inside, File.ReadAllBytes(path), null, File.GetUnixFileMode(path), 0);
            }
        }
    }
}
