using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture.Connector;

/// <summary>An open file as the kernel shows it.</summary>
/// <param name="Path">As its mount namespace names it, without the mark of a removed file.</param>
/// <param name="Device">Kernel encoding: major &lt;&lt; 20 | minor.</param>
internal sealed unsafe record OpenedFile(byte[] Path, uint FileMode, ulong Inode, uint Device, uint Links, ulong Size, long ModifiedUnixSeconds, long ChangedUnixSeconds)
{
    private const int EmptyPath = 0x1000, DontSync = 0x4000; // AT_EMPTY_PATH, AT_STATX_DONT_SYNC

    public bool IsRegular => (FileMode & 0xF000) == 0x8000;
    public bool IsLink => (FileMode & 0xF000) == 0xA000;
    public ushort Permissions => (ushort)(FileMode & 0xFFF);

    /// <returns>Null when the kernel does not tell.</returns>
    public static OpenedFile? Of(int descriptor)
    {
        statx file;
        fixed (byte* empty = "\0"u8)
        {
            if (statx(descriptor, empty, EmptyPath | DontSync, STATX_BASIC_STATS, &file) != 0)
                return null;
        }
        return Of(PathOf(descriptor), file);
    }

    /// <summary>A name in an open folder; a link is itself, not what it leads to.</summary>
    /// <returns>Null when there is none (any more).</returns>
    public static OpenedFile? In(int folder, byte[] path, ReadOnlySpan<byte> name)
    {
        const int noFollow = 0x100; // AT_SYMLINK_NOFOLLOW
        statx file;
        fixed (byte* p = (byte[])[.. name, 0])
            return statx(folder, p, noFollow | DontSync, STATX_BASIC_STATS, &file) == 0 ? Of(path, file) : null;
    }

    /// <summary>/proc's link of one of our descriptors; empty when it cannot be read.</summary>
    public static byte[] PathOf(int descriptor)
    {
        var buffer = stackalloc byte[4096];
        fixed (byte* link = Encoding.ASCII.GetBytes($"/proc/self/fd/{descriptor}\0"))
        {
            var length = (long)readlink(link, buffer, (size_t)4096ul);
            return length <= 0 ? [] : new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
        }
    }

    private static OpenedFile Of(byte[] path, in statx file)
    {
        if (file.stx_nlink == 0 && path.AsSpan().EndsWith(" (deleted)"u8))
            path = path[..^10];
        return new(path, file.stx_mode, file.stx_ino, file.stx_dev_major << 20 | file.stx_dev_minor, file.stx_nlink, file.stx_size, file.stx_mtime.tv_sec, file.stx_ctime.tv_sec);
    }
}
