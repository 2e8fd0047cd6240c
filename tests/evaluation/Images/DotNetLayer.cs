using System.Formats.Tar;
using Microsoft.AspNetCore.Builder;

namespace Runtime.Evaluation.Images;

/// <summary>The .NET that runs the evaluation, as a layer of an image: host, runtime and ASP.NET Core, where Microsoft's own images have them.</summary>
/// <remarks>Debian 12 has no package of it.</remarks>
internal static class DotNetLayer
{
    private const string Home = "usr/share/dotnet";
    private const UnixFileMode Executable = ReadableByAll | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.UserWrite;

    // HOME/shared/NAME/VERSION
    private static readonly string s_runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
    private static readonly string s_web = Path.GetDirectoryName(typeof(WebApplication).Assembly.Location)!;

    /// <summary>What is in it.</summary>
    public static string Version => $"{Path.GetFileName(s_runtime)}-{Path.GetFileName(s_web)}";

    /// <param name="tar">The file to make.</param>
    /// <exception cref="InvalidOperationException">The evaluation runs on no .NET that is installed as a whole.</exception>
    public static void Write(string tar)
    {
        var home = Path.GetFullPath(Path.Combine(s_runtime, "../../.."));
        var host = Path.Combine(home, "dotnet");
        var resolver = Path.Combine(home, "host/fxr", Path.GetFileName(s_runtime));
        if (!File.Exists(host) || !Directory.Exists(resolver))
        {
            throw new InvalidOperationException($"{home} is no .NET with its host and {resolver}");
        }

        var part = tar + ".part";
        using (var layer = new TarWriter(File.Create(part), TarEntryFormat.Ustar))
        {
            AddFile(layer, home, host);
            foreach (var folder in new[] { resolver, s_runtime, s_web })
            {
                foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                {
                    AddFile(layer, home, file);
                }
            }

            layer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "usr/bin/dotnet") { LinkName = "../share/dotnet/dotnet", ModificationTime = DateTimeOffset.UnixEpoch });
        }

        File.Move(part, tar, overwrite: true);
    }

    /// <summary>As root's, whoever installed it here.</summary>
    private static void AddFile(TarWriter layer, string home, string path)
    {
        var isExecutable = File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);
        using var content = File.OpenRead(path);
        layer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{Home}/{Path.GetRelativePath(home, path)}")
        {
            DataStream = content,
            Mode = isExecutable ? Executable : ReadableByAll,
            ModificationTime = DateTimeOffset.UnixEpoch,
        });
    }
}
