using System.Globalization;
using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Processes;

/// <summary>One process as /proc shows it.</summary>
internal sealed record ProcfsProcess
{
    public required uint Pid { get; init; }
    public required ProcStat Stat { get; init; }
    public required ProcStatus Status { get; init; }
    public required ProcCgroup Cgroup { get; init; }

    /// <summary>argv with closing NULs, at most <see cref="Redaction.MaxLength"/> + 1 bytes; not redacted.</summary>
    public required byte[] Arguments { get; init; }

    /// <summary>Empty for kernel threads and where the link may not be read.</summary>
    public required byte[] Binary { get; init; }
    public required byte[] Cwd { get; init; }

    /// <summary>NAME=VALUE with closing NULs, as it is now; empty where it may not be read.</summary>
    public byte[] Environment { get; init; } = [];
    public ProcessFlags Flags { get; init; }
    public uint LoginUid { get; init; } = uint.MaxValue;
    public ulong Inode { get; init; }
    public uint Device { get; init; }
    public uint Links { get; init; }
    public ulong Size { get; init; }
    public long ModifiedUnixSeconds { get; init; }
    public long ChangedUnixSeconds { get; init; }
    public uint MountNamespace { get; init; }
    public uint PidNamespace { get; init; }
    public uint NetworkNamespace { get; init; }
    public uint UserNamespace { get; init; }
}

/// <summary>Reads processes from a proc file system. One thread.</summary>
/// <remarks>
/// Every file of a process is opened below one descriptor of its folder: a pid that comes back in between answers ESRCH and
/// not another process's facts. Nothing follows a link: exe and cwd are read as links; only the attributes of the file
/// behind exe are asked for, without synchronising, so that a file system served by a container cannot hold us.
/// A process that is gone, or that we may not see, is an ordinary answer: counted, not logged.
/// </remarks>
/// <param name="root">Usually /proc; tests give a folder of their own.</param>
internal sealed unsafe class ProcfsReader(string root)
{
    private const int DontSync = 0x4000; // AT_STATX_DONT_SYNC, linux/fcntl.h
    private readonly byte[] _buffer = new byte[16 * 1024];

    public ulong Read { get; private set; }
    public ulong Gone { get; private set; }
    public ulong Denied { get; private set; }
    public ulong Malformed { get; private set; }

    public IEnumerable<uint> Pids()
    {
        foreach (var path in Directory.EnumerateDirectories(root))
        {
            if (uint.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                yield return pid;
        }
    }

    /// <returns>Null when there is no such process (any more), or its stat cannot be read.</returns>
    public ProcStat? ReadStat(uint pid)
    {
        var folder = OpenFolder(pid);
        if (folder < 0)
            return null;
        try
        {
            return ReadStat(folder);
        }
        finally
        {
            _ = close(folder);
        }
    }

    /// <returns>Null as <see cref="ReadStat(uint)"/>.</returns>
    public ProcCgroup? ReadCgroup(uint pid)
    {
        var folder = OpenFolder(pid);
        if (folder < 0)
            return null;
        try
        {
            var text = ReadFile(folder, "cgroup\0"u8);
            return text.IsEmpty ? null : ProcfsText.ParseCgroup(text);
        }
        finally
        {
            _ = close(folder);
        }
    }

    /// <returns>Null as <see cref="ReadStat(uint)"/>. A part that may not be read is empty.</returns>
    public ProcfsProcess? ReadProcess(uint pid)
    {
        var folder = OpenFolder(pid);
        if (folder < 0)
            return null;
        try
        {
            if (ReadStat(folder) is not { } stat)
                return null;
            if (!ProcfsText.TryParseStatus(ReadFile(folder, "status\0"u8), out var status))
                Malformed++;
            var cgroup = ProcfsText.ParseCgroup(ReadFile(folder, "cgroup\0"u8));
            var loginUid = uint.TryParse(ReadFile(folder, "loginuid\0"u8), NumberStyles.None, CultureInfo.InvariantCulture, out var login) ? login : uint.MaxValue;
            var process = new ProcfsProcess
            {
                Pid = pid,
                Stat = stat,
                Status = status,
                Cgroup = cgroup,
                LoginUid = loginUid,
                // Since Linux 4.17 only anonymous pages are read here: a FUSE file behind argv cannot make us wait.
                Arguments = stat.IsKernelThread ? [] : ReadFile(folder, "cmdline\0"u8, Redaction.MaxLength + 2).ToArray(),
                Environment = stat.IsKernelThread ? [] : ReadFile(folder, "environ\0"u8).ToArray(),
                Binary = [],
                Cwd = stat.IsKernelThread ? [] : ReadLink(folder, "cwd\0"u8).ToArray(),
                MountNamespace = ProcfsText.ParseNamespaceLink(ReadLink(folder, "ns/mnt\0"u8)),
                PidNamespace = ProcfsText.ParseNamespaceLink(ReadLink(folder, "ns/pid\0"u8)),
                NetworkNamespace = ProcfsText.ParseNamespaceLink(ReadLink(folder, "ns/net\0"u8)),
                UserNamespace = ProcfsText.ParseNamespaceLink(ReadLink(folder, "ns/user\0"u8)),
            };
            Read++;
            return stat.IsKernelThread ? process : WithBinary(process, folder);
        }
        finally
        {
            _ = close(folder);
        }
    }

    private ProcfsProcess WithBinary(ProcfsProcess process, int folder)
    {
        var link = ReadLink(folder, "exe\0"u8);
        statx file;
        int answer;
        fixed (byte* name = "exe\0"u8)
            answer = statx(folder, name, DontSync, STATX_BASIC_STATS, &file);
        if (answer != 0)
            return process with { Binary = link.ToArray() };

        // "/memfd:x (deleted)", "/usr/bin/tool (deleted)"; a living file may be named so too.
        var flags = ProcessFlags.None;
        if (file.stx_nlink == 0)
        {
            flags |= ProcessFlags.Deleted;
            if (link.StartsWith("/memfd:"u8))
                flags |= ProcessFlags.Memfd;
            if (link.EndsWith(" (deleted)"u8))
                link = link[..^10];
        }
        return process with
        {
            Binary = link.ToArray(),
            Flags = flags,
            Inode = file.stx_ino,
            Device = file.stx_dev_major << 20 | file.stx_dev_minor,
            Links = file.stx_nlink,
            Size = file.stx_size,
            ModifiedUnixSeconds = file.stx_mtime.tv_sec,
            ChangedUnixSeconds = file.stx_ctime.tv_sec,
        };
    }

    private ProcStat? ReadStat(int folder)
    {
        var text = ReadFile(folder, "stat\0"u8);
        if (text.IsEmpty)
            return null;
        if (ProcfsText.TryParseStat(text, out var stat))
            return stat;
        Malformed++;
        return null;
    }

    private int OpenFolder(uint pid)
    {
        var path = Encoding.UTF8.GetBytes($"{root}/{pid}\0");
        fixed (byte* p = path)
        {
            var fd = open(p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (fd < 0)
                CountError(errno);
            return fd;
        }
    }

    /// <returns>Empty when it cannot be read. Valid until the next read.</returns>
    private ReadOnlySpan<byte> ReadFile(int folder, ReadOnlySpan<byte> name, int most = int.MaxValue)
    {
        int fd;
        fixed (byte* p = name)
            fd = openat(folder, p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
        {
            CountError(errno);
            return [];
        }
        try
        {
            var length = 0;
            most = Math.Min(most, _buffer.Length);
            fixed (byte* p = _buffer)
            {
                while (length < most)
                {
                    var n = (long)read(fd, p + length, (size_t)(ulong)(most - length));
                    if (n < 0)
                        CountError(errno);
                    if (n <= 0)
                        break;
                    length += (int)n;
                }
            }
            return _buffer.AsSpan(0, length);
        }
        finally
        {
            _ = close(fd);
        }
    }

    /// <returns>Empty when it cannot be read. Valid until the next read.</returns>
    private ReadOnlySpan<byte> ReadLink(int folder, ReadOnlySpan<byte> name)
    {
        fixed (byte* p = name)
        fixed (byte* b = _buffer)
        {
            var n = (long)readlinkat(folder, p, b, (size_t)(ulong)_buffer.Length);
            if (n >= 0)
                return _buffer.AsSpan(0, (int)n);
            CountError(errno);
            return [];
        }
    }

    private void CountError(int error)
    {
        if (error == ENOENT || error == ESRCH)
            Gone++;
        else if (error == EACCES || error == EPERM)
            Denied++;
        else
            Malformed++;
    }
}
