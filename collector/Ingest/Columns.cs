using System.Globalization;
using Google.Protobuf.Collections;

namespace Runtime.Collector.Ingest;

/// <summary>The rule that all columns of a table have one length.</summary>
internal static class Columns
{
    /// <summary>A column that was added later is absent from an older agent's batch: it counts as zeros.</summary>
    public static void FillAbsent<T>(RepeatedField<T> column, int rows)
        where T : struct
    {
        if (column.Count == 0 && rows > 0)
        {
            column.Add(Enumerable.Repeat(default(T), rows));
        }
    }

    /// <summary>Rows that may be read from every column; 0 when the table was refused.</summary>
    /// <param name="columns">The first one says how many rows there are.</param>
    public static int Rows(string table, int most, Rejections rejections, params ReadOnlySpan<(string Name, int Length)> columns)
    {
        var rows = columns[0].Length;
        foreach (var (name, length) in columns)
        {
            if (length != rows)
            {
                rejections.Add(table, -1, name, $"{length} values long", $"every column must be as long as {columns[0].Name}, which has {rows}", Math.Max(1, rows));
                return 0;
            }
        }

        if (rows > most)
        {
            rejections.Add(table, most, "row", rows.ToString(CultureInfo.InvariantCulture), $"a table has at most {most} rows", rows - most);
        }

        return Math.Min(rows, most);
    }
}
