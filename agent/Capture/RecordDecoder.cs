using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Capture;

/// <summary>One record of the ring (events.h) made into one call of the sink.</summary>
/// <remarks>
/// Keeps nothing between records but its buffers, allocates nothing, and checks every length once. One thread. The bytes may
/// come from a recording and hold anything.
/// </remarks>
internal sealed partial class RecordDecoder(SensitivePaths sensitivePaths)
{
    private readonly byte[] _path = new byte[KernelPath.MaxBytes];
    private readonly byte[] _otherPath = new byte[KernelPath.MaxBytes];

    /// <summary>Reads of files that share a sensitive file's name and are not it.</summary>
    public ulong SensitiveFiltered { get; private set; }

    /// <summary>The record's kind as far as it can be read: whose loss it is when it cannot be decoded.</summary>
    public static EventKind KindOf(ReadOnlySpan<byte> record) =>
        record.Length < sizeof(ushort) ? EventKind.Unknown : (EventKind)BitConverter.ToUInt16(record) switch
        {
            EventKind.Fork => EventKind.Fork,
            EventKind.Exec => EventKind.Exec,
            EventKind.Exit => EventKind.Exit,
            EventKind.Cgroup => EventKind.Cgroup,
            EventKind.File => EventKind.File,
            EventKind.Repeats => EventKind.Repeats,
            EventKind.Network => EventKind.Network,
            EventKind.Privilege => EventKind.Privilege,
            _ => EventKind.Unknown,
        };

    /// <summary>Calls the sink once, or not at all for a sensitive read that is none.</summary>
    /// <returns>False when the bytes are not a record of this layout; the sink was not called.</returns>
    public bool TryDecode(ReadOnlySpan<byte> record, IKernelEventSink sink)
    {
        if (!TryRead<EventHeader>(record, out var header)) return false;
        if (header.Layout != EventHeader.CurrentLayout || header.CgroupVersion is not (1 or 2)) return false;
        if (header.Length > record.Length || header.Length < Unsafe.SizeOf<EventHeader>()) return false;
        record = record[..(int)header.Length];
        return header.Kind switch
        {
            (ushort)EventKind.Fork => DecodeFork(record, sink),
            (ushort)EventKind.Exec => DecodeExec(record, sink),
            (ushort)EventKind.Exit => DecodeExit(record, sink),
            (ushort)EventKind.Cgroup => DecodeCgroup(record, sink),
            (ushort)EventKind.File => DecodeFile(record, sink),
            (ushort)EventKind.Repeats => DecodeRepeats(record, sink),
            (ushort)EventKind.Network => DecodeNetwork(record, sink),
            (ushort)EventKind.Privilege => DecodePrivilege(record, sink),
            _ => false,
        };
    }

    private static bool DecodeFork(ReadOnlySpan<byte> record, IKernelEventSink sink)
    {
        if (!TryRead<ForkLayout>(record, out var wire)) return false;
        sink.OnFork(new ForkEvent
        {
            Origin = OriginOf(wire.Header),
            ParentPid = wire.ParentPid,
            ParentStartBootNs = wire.ParentStartBootNs,
        });
        return true;
    }

    private bool DecodeExec(ReadOnlySpan<byte> record, IKernelEventSink sink)
    {
        if (!TryRead<ExecLayout>(record, out var wire)) return false;
        var tails = record[Unsafe.SizeOf<ExecLayout>()..];
        if (tails.Length != wire.BinaryLength + wire.FilenameLength + wire.ArgumentLength + wire.CwdLength + wire.VariablesLength) return false;
        var variables = tails[^wire.VariablesLength..];
        tails = tails[..^wire.VariablesLength];
        var filename = tails.Slice(wire.BinaryLength, wire.FilenameLength);
        var flags = (ExecFlags)(wire.Flags & 0xffff);
        if (!KernelPath.TryAssemble(tails[..wire.BinaryLength], (flags & ExecFlags.PathTruncated) != 0, _path, out var binaryLength) ||
            !KernelPath.TryAssemble(tails[^wire.CwdLength..], (wire.Flags & ExecLayout.CwdTruncated) != 0, _otherPath, out var cwdLength))
            return false;
        var binary = _path.AsSpan(0, binaryLength);
        ReadOnlySpan<byte> comm = wire.Comm;
        var commEnd = comm.IndexOf((byte)0);
        sink.OnExec(new ExecEvent
        {
            Origin = OriginOf(wire.Header),
            ParentPid = wire.ParentPid,
            ParentStartBootNs = wire.ParentStartBootNs,
            Binary = binary,
            Filename = filename.SequenceEqual(binary) ? [] : filename,
            Arguments = tails.Slice(wire.BinaryLength + wire.FilenameLength, wire.ArgumentLength),
            Cwd = _otherPath.AsSpan(0, cwdLength),
            Comm = commEnd < 0 ? comm : comm[..commEnd],
            Flags = flags,
            IsScript = (wire.Flags & ExecLayout.Script) != 0,
            Uid = wire.Uid,
            Euid = wire.Euid,
            Gid = wire.Gid,
            LoginUid = wire.LoginUid,
            Inode = wire.Inode,
            Device = wire.Device,
            Links = wire.Links,
            Size = wire.Size,
            ModifiedUnixSeconds = wire.ModifiedUnixSeconds,
            ChangedUnixSeconds = wire.ChangedUnixSeconds,
            EffectiveCapabilities = wire.EffectiveCapabilities,
            MountNamespace = wire.MountNamespace,
            PidNamespace = wire.PidNamespace,
            NetworkNamespace = wire.NetworkNamespace,
            UserNamespace = wire.UserNamespace,
            FileSystem = wire.FileSystem,
            Variables = variables,
        });
        return true;
    }

    private static bool DecodeExit(ReadOnlySpan<byte> record, IKernelEventSink sink)
    {
        if (!TryRead<ExitLayout>(record, out var wire)) return false;
        sink.OnExit(new ExitEvent
        {
            Origin = OriginOf(wire.Header),
            Code = (byte)(wire.WaitStatus >> 8),
            Signal = (byte)(wire.WaitStatus & 0x7f),
            RunTimeNs = wire.RunTimeNs,
        });
        return true;
    }

    private static bool DecodeCgroup(ReadOnlySpan<byte> record, IKernelEventSink sink)
    {
        if (!TryRead<CgroupLayout>(record, out var wire)) return false;
        var path = record[Unsafe.SizeOf<CgroupLayout>()..];
        if (path.Length != wire.PathLength || wire.Removed > 1) return false;
        sink.OnCgroup(new CgroupEvent
        {
            Cgroup = new CgroupKey(wire.Header.CgroupId, wire.Header.CgroupVersion),
            TimeBootNs = wire.Header.TimeBootNs,
            Removed = wire.Removed == 1,
            Path = path,
        });
        return true;
    }

    private bool DecodeFile(ReadOnlySpan<byte> record, IKernelEventSink sink)
    {
        if (!TryRead<FileLayout>(record, out var wire)) return false;
        var operation = (FileOperation)wire.Operation;
        if (operation is FileOperation.Unknown or > FileOperation.SensitiveWrite) return false;
        var tails = record[Unsafe.SizeOf<FileLayout>()..];
        if (tails.Length != wire.WalkLength + wire.ArgumentLength + wire.OtherWalkLength + wire.OtherArgumentLength) return false;

        var flags = (FileFlags)wire.Flags;
        var walk = tails[..wire.WalkLength];
        var argument = tails.Slice(wire.WalkLength, wire.ArgumentLength);
        if (!TryMakePath(walk, argument, flags, _path, out var pathLength)) return false;
        var path = _path.AsSpan(0, pathLength);
        var isDevice = (flags & FileFlags.Device) != 0;
        // The kernel's own file systems have no disk; a copy of theirs in a container's layer or on a volume has the name alone.
        var mayBeKernels = wire.Device >> 20 == 0 && (flags & FileFlags.UpperLayer) == 0;
        if (operation is FileOperation.Write or FileOperation.Create or FileOperation.Truncate && (isDevice || (mayBeKernels && ControlFiles.Contains(path))))
            operation = FileOperation.SensitiveWrite;
        if (operation == FileOperation.SensitiveRead && !isDevice && !sensitivePaths.Contains(path))
        {
            SensitiveFiltered++;
            return true;
        }

        ReadOnlySpan<byte> other = [];
        var otherArgument = tails[^wire.OtherArgumentLength..];
        if (operation is FileOperation.Symlink or FileOperation.Xattr)
        {
            other = otherArgument;
        }
        else if (operation is FileOperation.Rename or FileOperation.Link)
        {
            var otherWalk = tails.Slice(wire.WalkLength + wire.ArgumentLength, wire.OtherWalkLength);
            if (!TryMakePath(otherWalk, otherArgument, flags, _otherPath, out var otherLength)) return false;
            other = _otherPath.AsSpan(0, otherLength);
        }

        sink.OnFile(new FileEvent
        {
            Origin = OriginOf(wire.Header),
            Operation = operation,
            Path = path,
            OtherPath = other,
            Flags = flags & ~FileFlags.Counted,
            IsCounted = (flags & FileFlags.Counted) != 0,
            Mode = wire.Mode,
            Inode = wire.Inode,
            Device = wire.Device,
        });
        return true;
    }

    private static bool DecodeRepeats(ReadOnlySpan<byte> record, IKernelEventSink sink)
    {
        if (!TryRead<RepeatsLayout>(record, out var wire)) return false;
        sink.OnRepeats(new RepeatsEvent { Origin = OriginOf(wire.Header), FirstBootNs = wire.FirstBootNs, Count = wire.Count });
        return true;
    }

    private bool DecodeNetwork(ReadOnlySpan<byte> record, IKernelEventSink sink)
    {
        if (!TryRead<NetworkLayout>(record, out var wire)) return false;
        var operation = (NetworkOperation)wire.Operation;
        if (operation is NetworkOperation.Unknown or > NetworkOperation.UnixConnect) return false;
        if (wire.AddressLength is not (0 or 4 or 16)) return false;
        var payload = record[Unsafe.SizeOf<NetworkLayout>()..];
        if (payload.Length != wire.PayloadLength) return false;
        if (operation == NetworkOperation.UnixConnect && !TryMakeSocketPath(ref payload, hasNoFile: wire.Answer == 1)) return false;
        ReadOnlySpan<byte> local = wire.Local, remote = wire.Remote;
        sink.OnNetwork(new NetworkEvent
        {
            Origin = OriginOf(wire.Header),
            Operation = operation,
            Protocol = wire.Protocol,
            LocalAddress = local[..wire.AddressLength],
            RemoteAddress = remote[..wire.AddressLength],
            LocalPort = wire.LocalPort,
            RemotePort = wire.RemotePort,
            Error = wire.Error,
            BytesSent = wire.BytesSent,
            BytesReceived = wire.BytesReceived,
            DurationNs = wire.DurationNs,
            Payload = payload,
            IsAnswer = operation == NetworkOperation.NameQuery && wire.Answer == 1,
            IsAccepted = operation is NetworkOperation.Close or NetworkOperation.Progress && wire.Answer == 1,
            Socket = wire.Socket,
        });
        return true;
    }

    /// <summary>The walk made into a path, or '@' put before a name without a file.</summary>
    private bool TryMakeSocketPath(ref ReadOnlySpan<byte> tail, bool hasNoFile)
    {
        var length = tail.Length + 1;
        if (hasNoFile)
        {
            if (length > _path.Length) return false;
            _path[0] = (byte)'@';
            tail.CopyTo(_path.AsSpan(1));
        }
        else if (!KernelPath.TryAssemble(tail, truncated: false, _path, out length))
        {
            return false;
        }

        tail = _path.AsSpan(0, length);
        return true;
    }

    private static bool TryMakePath(ReadOnlySpan<byte> walk, ReadOnlySpan<byte> argument, FileFlags flags, byte[] target, out int length) =>
        KernelPath.TryAssemble(walk, (flags & FileFlags.PathTruncated) != 0, target, out length) &&
        ((flags & FileFlags.PathFromArgument) == 0 || KernelPath.TryAppend(target, ref length, argument));

    private static EventOrigin OriginOf(in EventHeader header) =>
        new(header.TimeBootNs, new CgroupKey(header.CgroupId, header.CgroupVersion), header.Pid, header.Tid, header.StartBootNs);

    /// <summary>A copy, because a recording's records may lie at any address.</summary>
    private static bool TryRead<T>(ReadOnlySpan<byte> record, out T value)
        where T : unmanaged => MemoryMarshal.TryRead(record, out value);
}
