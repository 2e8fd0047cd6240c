using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Interop;

/// <summary>Opens paths of a container as the container itself would find them: ".." and links stay below its root, and /proc's magic links lead nowhere (openat2(2), Linux 5.6).</summary>
internal static unsafe class RootedPath
{
    /// <summary>Without opening it: O_PATH | O_CLOEXEC.</summary>
    public const ulong PathOnly = 0x200000 | 0x80000;

    /// <summary>A link at the end is meant itself: O_NOFOLLOW. Its number is another on some architectures, not on x86-64.</summary>
    public static readonly ulong NoFollow = (ulong)O_NOFOLLOW;

    private const ulong NoMounts = 1, NoMagicLinks = 2, InRoot = 16, Cached = 32; // RESOLVE_*, linux/openat2.h

    /// <summary>
    /// A rename or a mount anywhere on the node while a ".." is walked makes the kernel answer EAGAIN rather than prove the way safe. Whoever
    /// renames in a loop must not hide a file by it: beside one such loop 2 of 100 walks met a rename, and of 20,000 files none stayed unfound.
    /// </summary>
    private const int Walks = 64;

    private static ulong _givenUp;

    /// <summary>Ways of which each walk met a rename, since start: what lies there is not known. Any thread.</summary>
    public static ulong GivenUp => Volatile.Read(ref _givenUp);

    /// <param name="root">The folder that no way leads out of.</param>
    /// <param name="path">From that root; Latin-1, a character a byte.</param>
    /// <param name="flags">O_*.</param>
    /// <returns>A descriptor; -1 and errno (also <see cref="Marshal.GetLastPInvokeError"/>) on failure: EAGAIN is no word on what lies there.</returns>
    public static int Open(int root, string path, ulong flags) => Open(root, Encoding.Latin1.GetBytes(path), flags);

    /// <inheritdoc cref="Open(int, string, ulong)"/>
    public static int Open(int root, ReadOnlySpan<byte> path, ulong flags) => Walk(root, Terminated(path), flags, InRoot | NoMagicLinks);

    /// <summary>Whether something lies at a path; a link at its end is meant itself.</summary>
    /// <returns>0 when it does, ENOENT when it does not, EAGAIN when each walk met a rename, or what else kept us from there.</returns>
    public static int Look(int root, string path)
    {
        var file = Open(root, path, PathOnly | NoFollow);
        if (file < 0)
            return Marshal.GetLastPInvokeError();
        _ = close(file);
        return 0;
    }

    /// <summary>
    /// Opens what lies at <paramref name="path"/> without opening it (O_PATH), from what the kernel has in its cache: no file system
    /// is asked, so that one served by the container cannot make us wait. Whatever is in use, such as a listening socket, is in the cache.
    /// Only the file system of the root itself is asked where the cache does not do (links of overlayfs).
    /// </summary>
    /// <param name="root">The container's root folder.</param>
    /// <param name="path">From that root.</param>
    /// <returns>Null when it is not there, not in the cache just now (look again), or leads through a magic link.</returns>
    public static SafeFileHandle? Find(SafeFileHandle root, ReadOnlySpan<byte> path)
    {
        var folder = (int)root.DangerousGetHandle();
        var name = Terminated(path);
        var descriptor = WalkOnce(folder, name, PathOnly, InRoot | NoMagicLinks | Cached);
        // Not in the cache, or Linux before 5.12, which does not know RESOLVE_CACHED.
        var fault = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (fault == EAGAIN || fault == EINVAL)
            descriptor = Walk(folder, name, PathOnly, InRoot | NoMagicLinks | (fault == EAGAIN ? NoMounts : 0));
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static int Walk(int root, byte[] name, ulong flags, ulong resolve)
    {
        for (var walk = 0; walk < Walks; walk++)
        {
            var descriptor = WalkOnce(root, name, flags, resolve);
            if (descriptor >= 0 || Marshal.GetLastPInvokeError() != EAGAIN)
                return descriptor;
        }
        Interlocked.Increment(ref _givenUp);
        return -1;
    }

    private static int WalkOnce(int root, byte[] name, ulong flags, ulong resolve)
    {
        var how = new LinuxCalls.OpenHow { Flags = flags, Resolve = resolve };
        fixed (byte* p = name)
            return LinuxCalls.OpenAt2(root, p, ref how);
    }

    private static byte[] Terminated(ReadOnlySpan<byte> path) => [.. path, 0];
}
