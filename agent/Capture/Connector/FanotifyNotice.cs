using System.Runtime.InteropServices;

namespace Runtime.Agent.Capture.Connector;

[Flags]
internal enum FanotifyMask : ulong // linux/fanotify.h
{
    None = 0,
    Modify = 0x2,
    CloseWrite = 0x8,
    Open = 0x20,
    MovedFrom = 0x40,
    MovedTo = 0x80,
    Create = 0x100,
    Delete = 0x200,
    OpenExec = 0x1000,
    Overflow = 0x4000,
    OnChild = 0x0800_0000,
    Rename = 0x1000_0000,
}

/// <summary>One notice as read() of a fanotify group gives it.</summary>
internal readonly ref struct FanotifyNotice
{
    private const int HeaderBytes = 24;
    private const byte FormatVersion = 3;

    public FanotifyMask Mask { get; private init; }

    /// <summary>Opened for us, to be closed by us; -1 in groups that tell names.</summary>
    public int Descriptor { get; private init; }

    /// <summary>Process that did it, as our own pid namespace numbers it; 0 where it cannot.</summary>
    public uint Pid { get; private init; }

    /// <summary>Records of fanotify_event_info_*.</summary>
    public ReadOnlySpan<byte> Information { get; private init; }

    // fanotify_event_metadata: event_len u32, vers u8, reserved u8, metadata_len u16, mask u64, fd s32, pid s32, then records.

    /// <summary>Takes the first notice off <paramref name="rest"/>.</summary>
    /// <returns>False at the end, and where what follows is none.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, out FanotifyNotice notice)
    {
        notice = default;
        if (rest.Length < HeaderBytes)
            return false;
        var length = MemoryMarshal.Read<uint>(rest);
        var header = MemoryMarshal.Read<ushort>(rest[6..]);
        if (rest[4] != FormatVersion || header < HeaderBytes || length < header || length > rest.Length)
            return false;
        notice = new()
        {
            Mask = (FanotifyMask)MemoryMarshal.Read<ulong>(rest[8..]),
            Descriptor = MemoryMarshal.Read<int>(rest[16..]),
            Pid = (uint)Math.Max(0, MemoryMarshal.Read<int>(rest[20..])),
            Information = rest[header..(int)length],
        };
        rest = rest[(int)length..];
        return true;
    }
}

/// <summary>A folder, by its file handle, and a name in it.</summary>
internal readonly ref struct FanotifyName
{
    public enum Place : byte
    {
        Unknown = 0,
        Here = 2,
        Old = 10,
        New = 12,
    }

    public Place Where { get; private init; }

    /// <summary>f_fsid of the file system, as statfs tells it.</summary>
    public ulong FileSystem { get; private init; }

    /// <summary>struct file_handle, as open_by_handle_at takes it.</summary>
    public ReadOnlySpan<byte> Handle { get; private init; }

    /// <summary>Without NUL; "." is the folder itself.</summary>
    public ReadOnlySpan<byte> Name { get; private init; }

    // fanotify_event_info_fid: info_type u8, pad u8, len u16, fsid 2 x s32, file_handle {bytes u32, type s32, …}, name NUL padded

    /// <summary>Takes the first record off <paramref name="rest"/>. A record of another kind has <see cref="Place.Unknown"/>.</summary>
    /// <returns>False at the end, and where what follows is none.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, out FanotifyName name)
    {
        const int header = 4, systemBytes = 8, handleHeader = 8, maxHandle = 128;
        name = default;
        if (rest.Length < header)
            return false;
        var length = MemoryMarshal.Read<ushort>(rest[2..]);
        if (length < header || length > rest.Length)
            return false;
        var record = rest[..length];
        rest = rest[length..];
        var place = (Place)record[0];
        if (place is not (Place.Here or Place.Old or Place.New))
            return true;
        if (record.Length < header + systemBytes + handleHeader)
            return false;
        var bytes = MemoryMarshal.Read<uint>(record[(header + systemBytes)..]);
        if (bytes > maxHandle || header + systemBytes + handleHeader + bytes > record.Length)
            return false;
        var text = record[(header + systemBytes + handleHeader + (int)bytes)..];
        var end = text.IndexOf((byte)0);
        name = new()
        {
            Where = place,
            FileSystem = MemoryMarshal.Read<ulong>(record[header..]),
            Handle = record.Slice(header + systemBytes, handleHeader + (int)bytes),
            Name = end < 0 ? text : text[..end],
        };
        return true;
    }
}
