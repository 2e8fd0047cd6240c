using System.Buffers.Binary;
using System.Text;

namespace Runtime.Agent.Tests.Packages;

/// <summary>Makes a SQLite file with one table of rows as rpm's has them: pages of 512 bytes, each row's rest in a chain of its own.</summary>
internal sealed class SqliteBuilder
{
    public const int PageBytes = 512;
    private const int MostLocal = PageBytes - 35, LeastLocal = (PageBytes - 12) * 32 / 255 - 23;

    /// <summary>Page 1 is the first.</summary>
    public List<byte[]> Pages { get; } = [new byte[PageBytes], new byte[PageBytes]];

    public byte[] Build()
    {
        var file = Pages.SelectMany(page => page).ToArray();
        "SQLite format 3\0"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(16), PageBytes);
        (file[18], file[19], file[21], file[22], file[23], file[59]) = (2, 2, 64, 32, 32, 1);
        return file;
    }

    /// <param name="rows">A leaf of the table for each.</param>
    public static SqliteBuilder Packages(params byte[][] rows)
    {
        var builder = new SqliteBuilder();
        builder.Leaf(1, 100, Row("table", "Packages", "Packages", 2L, "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)"));
        var leaves = rows.Select(row => builder.Leaf(builder.Add(), 0, Row(null, row))).ToArray();
        builder.Interior(2, leaves);
        return builder;
    }

    public int Add()
    {
        Pages.Add(new byte[PageBytes]);
        return Pages.Count;
    }

    public void Interior(int number, params int[] children)
    {
        var page = Pages[number - 1];
        page[0] = 5;
        BinaryPrimitives.WriteUInt16BigEndian(page.AsSpan(3), (ushort)(children.Length - 1));
        BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(8), children[^1]);
        for (var i = 0; i < children.Length - 1; i++)
        {
            var at = PageBytes - 5 * (i + 1);
            BinaryPrimitives.WriteUInt16BigEndian(page.AsSpan(12 + 2 * i), (ushort)at);
            BinaryPrimitives.WriteInt32BigEndian(page.AsSpan(at), children[i]);
            page[at + 4] = 1;
        }
    }

    public int Leaf(int number, int start, byte[] row)
    {
        var local = row.Length <= MostLocal ? row.Length : LeastLocal + (row.Length - LeastLocal) % (PageBytes - 4) is var even && even <= MostLocal ? even : LeastLocal;
        byte[] cell = [.. Number(row.Length), 1, .. row[..local], .. local < row.Length ? BigEndian(Chain(row[local..])) : []];
        var page = Pages[number - 1];
        page[start] = 13;
        page[start + 4] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(page.AsSpan(start + 8), (ushort)(PageBytes - cell.Length));
        cell.CopyTo(page, PageBytes - cell.Length);
        return number;
    }

    /// <param name="columns">Null, a number, text or bytes.</param>
    public static byte[] Row(params object?[] columns)
    {
        var types = columns.SelectMany(column => Number(column switch { null => 0, long => 6, string text => 13 + 2 * text.Length, byte[] bytes => 12 + 2 * bytes.Length, _ => throw new NotSupportedException() })).ToArray();
        var values = columns.SelectMany(column => column switch { string text => Encoding.ASCII.GetBytes(text), byte[] bytes => bytes, long number => [0, 0, 0, 0, .. BigEndian((int)number)], _ => [] });
        return [(byte)(types.Length + 1), .. types, .. values];
    }

    private int Chain(byte[] rest)
    {
        var number = Add();
        var part = Math.Min(rest.Length, PageBytes - 4);
        rest.AsSpan(0, part).CopyTo(Pages[number - 1].AsSpan(4));
        if (part < rest.Length)
            BigEndian(Chain(rest[part..])).CopyTo(Pages[number - 1], 0);
        return number;
    }

    private static byte[] BigEndian(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Number(int number)
    {
        var bytes = new List<byte> { (byte)(number & 0x7F) };
        while ((number >>= 7) > 0)
            bytes.Insert(0, (byte)(number & 0x7F | 0x80));
        return [.. bytes];
    }
}
