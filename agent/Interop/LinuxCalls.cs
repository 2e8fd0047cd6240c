using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>System calls of libc that neither .NET nor Tmds.LibC offers. All answer -1 and set errno on failure.</summary>
internal static unsafe partial class LinuxCalls
{
    private const string Library = "libc";

    [StructLayout(LayoutKind.Sequential)]
    internal struct NetlinkAddress // struct sockaddr_nl, linux/netlink.h
    {
        public ushort Family;
        public ushort Pad;
        public uint PortId;
        public uint Groups;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow // struct open_how, linux/openat2.h
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bind(int socket, in NetlinkAddress address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setsockopt(int socket, int level, int name, in int value, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint send(int socket, byte* buffer, nuint length, int flags);

    /// <summary>With the sender's address, which tells the kernel from a process.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint recvfrom(int socket, byte* buffer, nuint length, int flags, ref NetlinkAddress sender, ref uint senderLength);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setns(int descriptor, int kind);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fanotify_init(uint flags, uint eventFlags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fanotify_mark(int group, uint flags, ulong mask, int folder, byte* path);

    /// <summary>Needs CAP_DAC_READ_SEARCH. <paramref name="mount"/> is any open (not O_PATH) descriptor of the file system.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int open_by_handle_at(int mount, byte* handle, int flags);

    /// <summary>struct statfs is 120 bytes on 64-bit Linux; f_fsid lies at 56.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fstatfs(int descriptor, byte* result);

    /// <param name="path">Of our own, that no container has a say in; Latin-1, a character a byte.</param>
    /// <returns>-1 and errno on failure.</returns>
    internal static int Open(string path, ulong flags)
    {
        fixed (byte* p = global::System.Text.Encoding.Latin1.GetBytes(path + "\0"))
            return Tmds.Linux.LibC.open(p, unchecked((int)flags));
    }

    internal static int OpenAt2(int folder, byte* path, ref OpenHow how)
    {
        const long openat2 = 437; // the same on every architecture
        return (int)OpenAt2(openat2, folder, path, ref how, (nuint)sizeof(OpenHow));
    }

    /// <summary>openat2 has no wrapper in glibc.</summary>
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long OpenAt2(long number, int folder, byte* path, ref OpenHow how, nuint size);
}
