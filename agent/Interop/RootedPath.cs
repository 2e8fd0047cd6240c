using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Interop;

/// <summary>Opens paths of a container as the container itself would find them: no link leads out of its root.</summary>
internal static unsafe class RootedPath
{
    private const int OpenAt2 = 437; // the same on every architecture
    private const ulong NoMounts = 1, NoMagicLinks = 2, InRoot = 16, Cached = 32; // RESOLVE_*, linux/openat2.h

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
        Span<byte> name = new byte[path.Length + 1];
        path.CopyTo(name);
        var how = new OpenHow { Flags = (ulong)(O_PATH | O_CLOEXEC), Resolve = InRoot | NoMagicLinks | Cached };
        var descriptor = Open(root, name, how);
        // Linux before 5.12 does not know RESOLVE_CACHED.
        if (descriptor < 0 && (errno == EAGAIN || errno == EINVAL))
            descriptor = Open(root, name, how with { Resolve = InRoot | NoMagicLinks | (errno == EAGAIN ? NoMounts : 0) });
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static int Open(SafeFileHandle root, ReadOnlySpan<byte> name, OpenHow how)
    {
        fixed (byte* p = name)
            return (int)syscall(OpenAt2, (int)root.DangerousGetHandle(), p, &how, sizeof(OpenHow));
    }

    /// <summary>struct open_how.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private record struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
