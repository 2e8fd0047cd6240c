using System.Globalization;
using System.Text;

namespace Runtime.Collector.Ingest;

/// <summary>Collects refused rows of one batch. One sample row is told for each table and rule, with how many there were.</summary>
internal sealed class Rejections
{
    // Bounded by the tables and rules of the decoder.
    private readonly Dictionary<(string Table, string Rule), (string Sample, int Rows)> _refused = [];

    /// <param name="row">-1: the whole table.</param>
    /// <param name="value">As it came; cut to 64 characters and escaped.</param>
    public void Add(string table, int row, string column, string value, string rule, int rows = 1)
    {
        ref var entry = ref global::System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_refused, (table, rule), out var known);
        entry = known ? (entry.Sample, entry.Rows + rows) : ($"{table}{(row < 0 ? "" : $" row {row.ToString(CultureInfo.InvariantCulture)}")}: {column} is {Shown(value)}; {rule}", rows);
    }

    public IReadOnlyList<RefusedRows> ToList() => [.. _refused.Values.Select(entry => new RefusedRows(entry.Rows > 1 ? $"{entry.Sample} (and {entry.Rows - 1} more)" : entry.Sample, entry.Rows))];

    private static string Shown(string value)
    {
        var text = new StringBuilder();
        foreach (var c in value.AsSpan(0, Math.Min(value.Length, 64)))
        {
            text.Append(char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c);
        }

        return text.Append(value.Length > 64 ? "…" : "").ToString();
    }
}
