using System.Buffers.Binary;

namespace Runtime.Agent.Packages;

/// <summary>What rpm keeps of an installed package: an index of tags over a store of their data (rpm's docs, "package format"). Pure.</summary>
// 0000003d 0000043c                       61 entries, 1084 bytes of data, all numbers big-endian
// 000003e8 00000006 00000002 00000001     tag 1000 (name), type 6 (text), at 2 of the data, one of it
// 0000045d 00000008 0000026c 00000004     tag 1117 (names of files), type 8 (texts, each with a 0 behind it), at 620, four
// The signed part of the package comes first; what was added when it was installed stands behind it and has the last word on its tag.
internal readonly ref struct RpmHeader
{
    private const int EntryBytes = 16;

    /// <summary>Some 100 are in use.</summary>
    private const int MaxEntries = 4096;

    private readonly ReadOnlySpan<byte> _entries, _data;

    private RpmHeader(ReadOnlySpan<byte> entries, ReadOnlySpan<byte> data)
    {
        _entries = entries;
        _data = data;
    }

    public static bool TryOpen(ReadOnlySpan<byte> blob, out RpmHeader header)
    {
        header = default;
        if (blob.Length < 8)
            return false;
        var (entries, bytes) = (BinaryPrimitives.ReadUInt32BigEndian(blob), BinaryPrimitives.ReadUInt32BigEndian(blob[4..]));
        if (entries > MaxEntries || bytes > (uint)blob.Length || 8 + EntryBytes * entries + bytes > (uint)blob.Length)
            return false;
        header = new(blob.Slice(8, EntryBytes * (int)entries), blob.Slice(8 + EntryBytes * (int)entries, (int)bytes));
        return true;
    }

    /// <returns>Empty when there is none.</returns>
    public ReadOnlySpan<byte> Text(RpmTag tag) => TryTake(Find(tag, RpmType.Text, out _), out var text, out _) ? text : [];

    /// <summary>Takes the next of <see cref="Texts"/>.</summary>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> texts, out ReadOnlySpan<byte> text)
    {
        if (!TryTake(texts, out text, out var rest))
            return false;
        texts = rest;
        return true;
    }

    /// <param name="count">How many there should be; fewer may be there.</param>
    public ReadOnlySpan<byte> Texts(RpmTag tag, out int count) => Find(tag, RpmType.Texts, out count);

    public RpmNumbers Numbers(RpmTag tag)
    {
        foreach (var type in (ReadOnlySpan<RpmType>)[RpmType.Int32, RpmType.Int16, RpmType.Char])
        {
            if (Find(tag, type, out var count) is { IsEmpty: false } data && RpmNumbers.SizeOf(type) * (long)count <= data.Length)
                return new(data[..(RpmNumbers.SizeOf(type) * count)], type);
        }
        return default;
    }

    private static bool TryTake(ReadOnlySpan<byte> texts, out ReadOnlySpan<byte> text, out ReadOnlySpan<byte> rest)
    {
        var end = texts.IndexOf((byte)0);
        text = end < 0 ? [] : texts[..end];
        rest = end < 0 ? [] : texts[(end + 1)..];
        return end >= 0;
    }

    /// <returns>The data from where the tag's begins; empty when there is no tag of that type.</returns>
    private ReadOnlySpan<byte> Find(RpmTag tag, RpmType type, out int count)
    {
        for (var at = _entries.Length - EntryBytes; at >= 0; at -= EntryBytes)
        {
            var entry = _entries.Slice(at, EntryBytes);
            if (BinaryPrimitives.ReadInt32BigEndian(entry) != (int)tag || BinaryPrimitives.ReadInt32BigEndian(entry[4..]) != (int)type)
                continue;
            var (offset, number) = (BinaryPrimitives.ReadUInt32BigEndian(entry[8..]), BinaryPrimitives.ReadUInt32BigEndian(entry[12..]));
            // Each of any type has a byte at least.
            if (offset > (uint)_data.Length || number > (uint)_data.Length - offset)
                break;
            count = (int)number;
            return _data[(int)offset..];
        }
        count = 0;
        return [];
    }
}

/// <summary>Numbers of one tag.</summary>
internal readonly ref struct RpmNumbers(ReadOnlySpan<byte> data, RpmType type)
{
    private readonly ReadOnlySpan<byte> _data = data;

    public int Count => _data.Length / SizeOf(type);

    /// <param name="otherwise">Of a tag that is not there.</param>
    public int At(int i, int otherwise) => _data.IsEmpty ? otherwise : type switch
    {
        RpmType.Int32 => BinaryPrimitives.ReadInt32BigEndian(_data[(4 * i)..]),
        RpmType.Int16 => BinaryPrimitives.ReadUInt16BigEndian(_data[(2 * i)..]),
        _ => (sbyte)_data[i],
    };

    public static int SizeOf(RpmType type) => type switch
    {
        RpmType.Int32 => 4,
        RpmType.Int16 => 2,
        _ => 1,
    };
}

/// <summary>rpmTagType_e of rpm/rpmtag.h: those that are read here.</summary>
internal enum RpmType
{
    None = 0,
    Char = 1,
    Int16 = 3,
    Int32 = 4,
    Text = 6,
    Texts = 8,
}

/// <summary>rpmTag_e of rpm/rpmtag.h: those that are read here.</summary>
internal enum RpmTag
{
    None = 0,
    Name = 1000,
    Version = 1001,
    Release = 1002,
    Epoch = 1003,
    Architecture = 1022,

    /// <summary>Whole paths, as rpm 3 wrote them.</summary>
    OldFileNames = 1027,
    FileStates = 1029,
    FileModes = 1030,

    /// <summary>Hexadecimal; empty for what is no regular file.</summary>
    FileDigests = 1035,
    FileFlags = 1037,
    FileVerifyFlags = 1045,
    FolderOfFile = 1116,
    BaseNames = 1117,

    /// <summary>With a slash at the end.</summary>
    Folders = 1118,
    FileDigestAlgorithm = 5011,
}
