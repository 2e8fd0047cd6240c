using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Runtime.Agent.Processes;
using static Tmds.Linux.LibC;
using Tmds.Linux;

namespace Runtime.Agent.Managed;

/// <summary>The folder of one process in /proc, held open: what is read below it is of that process, or nothing at all once it ended.</summary>
internal sealed unsafe class ProcessFolder : IDisposable
{
    private const ulong TickNs = 10_000_000;
    private const int SmallFile = 16 * 1024, FirstRead = 64 * 1024;
    private readonly SafeFileHandle _folder;

    private ProcessFolder(SafeFileHandle folder, ulong startTicks) => (_folder, StartTicks) = (folder, startTicks);

    /// <summary>Hundredths of a second since boot.</summary>
    public ulong StartTicks { get; }

    /// <param name="procRoot">Usually /proc.</param>
    /// <returns>Null when this process is not there (any more), or has ended.</returns>
    public static ProcessFolder? Open(string procRoot, ProcessKey process)
    {
        var handle = OpenBelow(AT_FDCWD, Encoding.UTF8.GetBytes($"{procRoot}/{process.Pid}\0"), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (handle is null)
            return null;
        var folder = new ProcessFolder(handle, process.StartBootNs / TickNs);
        using var text = folder.Read("stat\0"u8, SmallFile);
        if (ProcfsText.TryParseStat(text.Span, out var stat) && stat.StartTicks == folder.StartTicks && !HasEnded(text.Span))
            return folder;
        folder.Dispose();
        return null;
    }

    /// <returns>The pid in the process's own namespace; 0 when it cannot be told.</returns>
    public uint InnermostPid()
    {
        using var text = Read("status\0"u8, SmallFile);
        return ProcfsText.TryParseStatus(text.Span, out var status) ? status.InnermostPid : 0;
    }

    /// <returns>The process's root folder; null when it may not be seen.</returns>
    public SafeFileHandle? OpenRoot() => OpenBelow((int)_folder.DangerousGetHandle(), "root\0"u8, O_PATH | O_DIRECTORY | O_CLOEXEC);

    /// <param name="name">With a closing 0.</param>
    /// <param name="most">Bytes that are read.</param>
    /// <returns>Empty when it cannot be read. To be disposed: its memory is used again.</returns>
    public FileText Read(ReadOnlySpan<byte> name, int most)
    {
        using var file = OpenBelow((int)_folder.DangerousGetHandle(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (file is null)
            return default;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(most, FirstRead));
        var length = 0;
        while (length < most)
        {
            if (length == buffer.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(Math.Min(most, length * 4));
                buffer.CopyTo(larger, 0);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
            fixed (byte* p = buffer)
            {
                var n = (long)read((int)file.DangerousGetHandle(), p + length, (size_t)(ulong)(Math.Min(most, buffer.Length) - length));
                if (n <= 0)
                    break;
                length += (int)n;
            }
        }
        return new(buffer, length);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>"4711 (app) Z 1 …": its parent has not asked for it yet.</summary>
    private static bool HasEnded(ReadOnlySpan<byte> stat) => stat[stat.LastIndexOf((byte)')')..] is [_, _, (byte)'Z' or (byte)'X', ..];

    private static SafeFileHandle? OpenBelow(int folder, ReadOnlySpan<byte> name, int flags)
    {
        fixed (byte* p = name)
        {
            var descriptor = openat(folder, p, flags);
            return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        }
    }
}

/// <summary>What was read of a file, in memory that is given back.</summary>
internal readonly ref struct FileText(byte[] buffer, int length)
{
    public ReadOnlySpan<byte> Span => buffer is null ? default : buffer.AsSpan(0, length);

    public void Dispose()
    {
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
