using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Runtime.Agent.Interop;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture.Connector;

/// <summary>A fanotify group (fanotify(7)). Marks may be set from any thread; one thread reads.</summary>
internal sealed unsafe class FanotifyGroup : IDisposable
{
    private const uint CloseOnExec = 1, NonBlock = 2, UnlimitedMarks = 0x20, ReportFolderAndName = 0xC00;
    private const uint MarkAdd = 1, MarkFileSystem = 0x100;
    private const int CurrentFolder = -100;

    // A folder of pipes and devices must not hold us when the kernel opens the file for us.
    private static readonly uint EventFlags = 0x80000 | 0x800 | (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x20000u : 0x8000u); // O_CLOEXEC O_NONBLOCK O_LARGEFILE

    private int _descriptor;

    private FanotifyGroup(int descriptor) => _descriptor = descriptor;

    /// <summary>Notices that could not be read because the file behind them could not be opened.</summary>
    public ulong Unopenable { get; private set; }

    /// <param name="names">True: folders' handles and names instead of open files, from Linux 5.9 on.</param>
    /// <exception cref="Win32Exception">EPERM without CAP_SYS_ADMIN, ENOSYS or EINVAL on a kernel that lacks it.</exception>
    public static FanotifyGroup Open(bool names)
    {
        var descriptor = LinuxCalls.fanotify_init(CloseOnExec | NonBlock | UnlimitedMarks | (names ? ReportFolderAndName : 0), EventFlags);
        return descriptor >= 0 ? new(descriptor) : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <returns>0, or the errno.</returns>
    public int MarkFileSystemOf(int place, FanotifyMask mask) => Mark(MarkAdd | MarkFileSystem, place, mask);

    /// <returns>0, or the errno.</returns>
    public int MarkFile(int file, FanotifyMask mask) => Mark(MarkAdd, file, mask);

    /// <returns>Bytes of notices; 0 when there are none now.</returns>
    /// <exception cref="Win32Exception">The group is of no use any more.</exception>
    public int Read(Span<byte> buffer)
    {
        // Each failure takes one notice off the queue: bounded by its length.
        while (true)
        {
            fixed (byte* p = buffer)
            {
                var n = (long)read(_descriptor, p, (size_t)(ulong)buffer.Length);
                if (n >= 0)
                    return (int)n;
            }
            var error = errno;
            if (error == EAGAIN)
                return 0;
            if (error == EBADF || error == EINVAL || error == EFAULT)
                throw new Win32Exception(error);
            if (error != EINTR)
                Unopenable++;
        }
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
            _ = close(_descriptor);
        _descriptor = -1;
    }

    private int Mark(uint flags, int place, FanotifyMask mask)
    {
        // By the link: the place may be opened O_PATH, which the call does not take as a descriptor.
        fixed (byte* path = Encoding.ASCII.GetBytes($"/proc/self/fd/{place}\0"))
            return LinuxCalls.fanotify_mark(_descriptor, flags, (ulong)mask, CurrentFolder, path) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }
}
