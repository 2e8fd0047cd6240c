using System.IO.Hashing;

namespace Runtime.Agent.Managed;

/// <summary>What /proc/PID/maps tells of a .NET process: that it is one, and which assemblies it has from files.</summary>
/// <remarks>
/// An assembly from bytes has no file and does not show; those inside a single-file program show as the program.
/// <code>
/// 7f2c10000000-7f2c10004000 r--p 00000000 08:01 5324 /app/Shop.Web.dll
/// 7f2c20000000-7f2c20010000 rw-s 00000000 00:01 3078 /memfd:doublemapper (deleted)
/// </code>
/// A newline in a name is \012. The name of a file that was removed ends in " (deleted)".
/// </remarks>
internal static class RuntimeMaps
{
    /// <summary>65,530 mappings (vm.max_map_count) of some 100 bytes.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    private const int MaxPath = AssemblyLoads.MaxPathBytes;

    /// <summary>The runtime's library is there, or what a runtime inside the program itself maps.</summary>
    public static bool HasRuntime(ReadOnlySpan<byte> maps) =>
        maps.IndexOf("/libcoreclr.so"u8) >= 0 || maps.IndexOf("/memfd:doublemapper"u8) >= 0 || maps.IndexOf("/memfd:dotnet_ipc_created"u8) >= 0;

    /// <param name="known">Hashes of the paths that were told before; gets the new ones. Nothing is added beyond <paramref name="most"/>.</param>
    /// <returns>Files of assemblies that are not in <paramref name="known"/>.</returns>
    public static List<byte[]> NewAssemblies(ReadOnlySpan<byte> maps, HashSet<ulong> known, int most)
    {
        var found = new List<byte[]>();
        ReadOnlySpan<byte> last = default;
        foreach (var range in maps.Split((byte)'\n'))
        {
            var line = maps[range];
            var slash = line.IndexOf((byte)'/');
            if (slash < 0)
                continue;
            var path = line[slash..];
            if (path.EndsWith(" (deleted)"u8))
                path = path[..^10];
            // One file is mapped in several pieces, one after the other.
            if (path.SequenceEqual(last) || !IsAssembly(path))
                continue;
            last = path;
            path = path[..Math.Min(path.Length, MaxPath)];
            if (known.Count < most && known.Add(XxHash3.HashToUInt64(path)))
                found.Add(path.ToArray());
        }
        return found;
    }

    private static bool IsAssembly(ReadOnlySpan<byte> path) =>
        path.Length > 4 && path[^4] == '.' && (EndsWith(path, "dll"u8) || EndsWith(path, "exe"u8));

    private static bool EndsWith(ReadOnlySpan<byte> path, ReadOnlySpan<byte> extension)
    {
        for (var i = 1; i <= 3; i++)
        {
            if ((path[^i] | 0x20) != extension[^i])
                return false;
        }
        return true;
    }
}
