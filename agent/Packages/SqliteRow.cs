namespace Runtime.Agent.Packages;

/// <summary>Columns of a row. Pure; every length is checked against what is there.</summary>
// 03 00 a8 2c | 0000 003d 0000 043c …     the header's length, a type for each column; then the columns, one behind the other
// Types: 0 no value, 1 to 6 integers of 1, 2, 3, 4, 6, 8 bytes, 7 a float, 8 and 9 the integers 0 and 1 without a byte;
// from 12 on bytes (even, (type - 12) / 2 of them) and text (odd, (type - 13) / 2). 10 and 11 are in no file.
internal static class SqliteRow
{
    private static ReadOnlySpan<byte> Sizes => [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

    public static bool TryText(ReadOnlySpan<byte> row, int column, out ReadOnlySpan<byte> text) =>
        TryColumn(row, column, out var type, out text) && type >= 13 && (type & 1) == 1;

    public static bool TryBytes(ReadOnlySpan<byte> row, int column, out ReadOnlySpan<byte> bytes) =>
        TryColumn(row, column, out var type, out bytes) && type >= 12 && (type & 1) == 0;

    public static bool TryInteger(ReadOnlySpan<byte> row, int column, out long value)
    {
        value = 0;
        if (!TryColumn(row, column, out var type, out var bytes) || type is 0 or 7 or > 9)
            return false;
        if (type >= 8)
            value = (long)type - 8;
        for (var i = 0; i < bytes.Length; i++)
            value = i == 0 ? (sbyte)bytes[0] : value << 8 | bytes[i];
        return true;
    }

    /// <summary>Takes SQLite's number of varying length: seven bits a byte, the highest first, and all eight of a ninth.</summary>
    public static bool TryTakeNumber(scoped ref ReadOnlySpan<byte> rest, out ulong number)
    {
        number = 0;
        for (var i = 0; i < rest.Length && i < 9; i++)
        {
            number = i == 8 ? number << 8 | rest[i] : number << 7 | rest[i] & 0x7Fu;
            if (i < 8 && rest[i] >= 0x80)
                continue;
            rest = rest[(i + 1)..];
            return true;
        }
        return false;
    }

    private static bool TryColumn(ReadOnlySpan<byte> row, int column, out ulong type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = [];
        var types = row;
        if (!TryTakeNumber(ref types, out var header) || header > (ulong)row.Length || (int)header < row.Length - types.Length)
            return false;
        types = types[..((int)header - (row.Length - types.Length))];
        var columns = row[(int)header..];
        for (var i = 0; TryTakeNumber(ref types, out type); i++)
        {
            var size = type < 10 ? Sizes[(int)type] : (type - 12) >> 1;
            if (type is 10 or 11 || size > (ulong)columns.Length)
                return false;
            value = columns[..(int)size];
            if (i == column)
                return true;
            columns = columns[(int)size..];
        }
        return false;
    }
}
