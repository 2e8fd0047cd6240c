using System.Runtime.InteropServices;

namespace Runtime.Collector.Security;

/// <summary>What .NET has no call for: users and groups by the machine's own look-up (nsswitch), and chown.</summary>
internal static partial class Libc
{
    /// <summary>S_IFSOCK.</summary>
    public const int SocketType = 0xC000;

    private const int Enoent = 2;
    private const int Erange = 34;
    private const int FileTypeMask = 0xF000;
    private const int AtFdCwd = -100;
    private const int AtSymlinkNofollow = 0x100;
    private const uint StatxType = 1;

    // struct passwd (pwd.h) and struct group (grp.h) on 64-bit Linux: name at 0, password at 8, then the id at 16.
    private const int IdOffset = 16;
    private const int StructBytes = 64;

    /// <summary>Effective user of this process.</summary>
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    /// <summary>Null when the machine knows no such group.</summary>
    public static uint? GroupId(string name) => LookUp((entry, buffer, size, out found) => getgrnam_r(name, entry, buffer, size, out found)) is { } found ? found.Id : null;

    /// <summary>Null when the machine has no name for it.</summary>
    public static string? UserName(uint uid) => LookUp((entry, buffer, size, out found) => getpwuid_r(uid, entry, buffer, size, out found))?.Name;

    /// <param name="group">4294967295 keeps it.</param>
    /// <exception cref="IOException">Not permitted, or gone.</exception>
    public static void ChangeGroup(string path, uint group)
    {
        if (chown(path, uint.MaxValue, group) != 0)
        {
            throw new IOException($"chown of {path} to group {group}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>S_IFMT bits of the mode, a symbolic link as itself; null when nothing is there.</summary>
    /// <exception cref="IOException">Not permitted.</exception>
    public static int? FileType(string path)
    {
        // struct statx of linux/stat.h is the same on every architecture: 256 bytes, stx_mode (u16) at 28.
        Span<byte> entry = stackalloc byte[256];
        if (statx(AtFdCwd, path, AtSymlinkNofollow, StatxType, ref MemoryMarshal.GetReference(entry)) == 0)
        {
            return BitConverter.ToUInt16(entry[28..]) & FileTypeMask;
        }

        return Marshal.GetLastPInvokeError() == Enoent ? null : throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private delegate int Query(nint entry, nint buffer, nuint size, out nint found);

    private static (string Name, uint Id)? LookUp(Query query)
    {
        // Groups with many members need more; 1 MiB is far beyond what a directory service answers.
        for (var size = 4096; size <= 1 << 20; size *= 4)
        {
            var memory = Marshal.AllocHGlobal(StructBytes + size);
            try
            {
                var error = query(memory, memory + StructBytes, (nuint)size, out var found);
                if (error == Erange)
                {
                    continue;
                }

                return error == 0 && found != 0
                    ? (Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(found)) ?? "", (uint)Marshal.ReadInt32(found, IdOffset))
                    : null;
            }
            finally
            {
                Marshal.FreeHGlobal(memory);
            }
        }

        return null;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getgrnam_r(string name, nint entry, nint buffer, nuint size, out nint found);

    [LibraryImport("libc")]
    private static partial int getpwuid_r(uint uid, nint entry, nint buffer, nuint size, out nint found);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int statx(int folder, string path, int flags, uint mask, ref byte entry);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int chown(string path, uint owner, uint group);
}
