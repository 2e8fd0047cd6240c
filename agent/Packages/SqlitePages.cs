using System.Buffers.Binary;
using System.Collections;
using System.Numerics;
using Runtime.Agent.Binaries;

namespace Runtime.Agent.Packages;

/// <summary>Pages of a database in SQLite's file format, read as they are asked for. No log beside the file is looked at. One thread.</summary>
/// <remarks>
/// The format is public (https://www.sqlite.org/fileformat2.html). Here is what one walk through one table needs, with no line of native code: the bytes are the
/// container's. In a sound file a page belongs to one tree or one chain, so each is handed out once: that ends every cycle.
/// </remarks>
internal sealed class SqlitePages
{
    private const int HeaderBytes = 100, MinUsable = 480;

    private readonly ReadAt _readAt;

    // A bit for each page of the file.
    private readonly BitArray _claimed;
    private long _bytesLeft;

    private SqlitePages(ReadAt readAt, long size, int pageBytes, int usable, long maxBytes)
    {
        (_readAt, PageBytes, Usable, _bytesLeft) = (readAt, pageBytes, usable, maxBytes);
        _claimed = new((int)Math.Min(size / pageBytes, int.MaxValue));
    }

    public int PageBytes { get; }

    /// <summary>Without what is reserved for extensions at each page's end.</summary>
    public int Usable { get; }

    /// <summary>What all pages can hold.</summary>
    public long Capacity => (long)_claimed.Length * Usable;

    // 00000000: 5351 4c69 7465 2066 6f72 6d61 7420 3300  SQLite format 3.
    // 00000010: 1000 0202 0040 2020 0000 0003 0000 0035  page size 4096 (1 means 65536); to be written and read in mode 2 (log); none reserved; …
    // 00000030: 0000 0000 0000 0000 0000 0001 0000 0000  … text is UTF-8
    /// <param name="maxBytes">To be read at most.</param>
    /// <returns>Null when it is no such file, or of a kind that rpm does not make.</returns>
    public static SqlitePages? Open(ReadAt readAt, long size, long maxBytes)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (size < HeaderBytes || readAt(0, header) != HeaderBytes || !header.StartsWith("SQLite format 3\0"u8))
            return null;
        int pageBytes = BinaryPrimitives.ReadUInt16BigEndian(header[16..]);
        if (pageBytes == 1)
            pageBytes = 65_536;
        var usable = pageBytes - header[20];
        const byte LogMode = 2;
        return pageBytes >= 512 && BitOperations.IsPow2(pageBytes) && usable >= MinUsable && header[19] <= LogMode && BinaryPrimitives.ReadUInt32BigEndian(header[56..]) == 1
            ? new(readAt, size, pageBytes, usable, maxBytes)
            : null;
    }

    /// <summary>Takes a page for one place of one tree or chain.</summary>
    /// <returns>False when it was taken before, or the file has none of that number.</returns>
    public bool TryClaim(uint number)
    {
        if (number == 0 || number > (uint)_claimed.Length || _claimed[(int)(number - 1)])
            return false;
        return _claimed[(int)(number - 1)] = true;
    }

    /// <param name="number">A page that was claimed.</param>
    /// <param name="target">Takes a whole page.</param>
    public bool TryRead(uint number, Span<byte> target)
    {
        if (_bytesLeft < PageBytes)
            return false;
        _bytesLeft -= PageBytes;
        return _readAt((number - 1) * (long)PageBytes, target) == PageBytes;
    }

    /// <summary>The database's own table of tables says where a table begins.</summary>
    /// <returns>Null when there is none of that name.</returns>
    public SqliteTable? Find(ReadOnlySpan<byte> name)
    {
        // CREATE TABLE sqlite_schema(type text, name text, tbl_name text, rootpage integer, sql text)
        for (var schema = new SqliteTable(this, 1); schema.TryNext(out var row);)
        {
            if (SqliteRow.TryText(row, 0, out var type) && type.SequenceEqual("table"u8) && SqliteRow.TryText(row, 1, out var found) && found.SequenceEqual(name)
                && SqliteRow.TryInteger(row, 3, out var root) && root is > 0 and <= uint.MaxValue)
                return new(this, (uint)root);
        }
        return null;
    }
}
