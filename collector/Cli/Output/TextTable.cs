using System.Globalization;
using System.Text;
using Runtime.Collector.Configuration;

namespace Runtime.Cli.Output;

/// <param name="Right">Numbers.</param>
/// <param name="Flexible">May be cut when the terminal is too narrow; it never falls below 12 columns.</param>
internal sealed record Column(string Header, bool Right = false, bool Flexible = false);

/// <param name="Text">As it came; the table escapes it.</param>
internal readonly record struct Cell(string Text, Ink Ink = Ink.None)
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>
/// Aligned columns with two spaces between, one line a row: what grep, cut and awk expect. On a terminal it fits the width;
/// elsewhere nothing is cut.
/// </summary>
internal sealed class TextTable(params Column[] columns)
{
    private const int MinFlexible = 12;

    // Bounded by one answer of the collector, or by what it keeps with --all.
    private readonly List<Cell[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params Cell[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, columns.Length);
        _rows.Add([.. cells.Select(cell => cell with { Text = PrintableText.Escape(cell.Text) })]);
    }

    public void Write(Terminal terminal, string indent = "")
    {
        var widths = columns.Select((column, i) => _rows.Select(row => WidthOf(row[i].Text)).Append(column.Header.Length).Max()).ToArray();
        Shrink(widths, terminal.Width - indent.Length);
        if (columns.Any(column => column.Header.Length > 0))
        {
            WriteRow(terminal, indent, widths, [.. columns.Select(column => new Cell(column.Header, Ink.Dim))]);
        }

        foreach (var row in _rows)
        {
            WriteRow(terminal, indent, widths, row);
        }
    }

    /// <summary>Columns of a terminal that the text fills (Unicode annex 11, wide and fullwidth ranges; marks fill none).</summary>
    internal static int WidthOf(string text) => text.EnumerateRunes().Sum(WidthOf);

    internal static string Cut(string text, int width)
    {
        if (WidthOf(text) <= width)
        {
            return text;
        }

        var cut = new StringBuilder();
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += WidthOf(rune);
            if (used > width - 1)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return cut.Append('…').ToString();
    }

    private static int WidthOf(Rune rune) => rune.Value switch
    {
        _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark => 0,
        >= 0x1100 and <= 0x115F or >= 0x2E80 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF or >= 0xFE30 and <= 0xFE6F
            or >= 0xFF00 and <= 0xFF60 or >= 0xFFE0 and <= 0xFFE6 or >= 0x1F300 and <= 0x1F64F or >= 0x1F900 and <= 0x1F9FF or >= 0x20000 and <= 0x3FFFD => 2,
        _ => 1,
    };

    private void Shrink(int[] widths, int? width)
    {
        var over = widths.Sum() + (2 * (widths.Length - 1)) - (width ?? int.MaxValue);
        while (over > 0)
        {
            // The widest gives first, so that several flexible columns end about equally wide.
            var widest = -1;
            for (var i = 0; i < widths.Length; i++)
            {
                if (columns[i].Flexible && widths[i] > MinFlexible && (widest < 0 || widths[i] > widths[widest]))
                {
                    widest = i;
                }
            }

            if (widest < 0)
            {
                return;
            }

            widths[widest]--;
            over--;
        }
    }

    private void WriteRow(Terminal terminal, string indent, int[] widths, Cell[] cells)
    {
        var line = new StringBuilder(indent);
        for (var i = 0; i < cells.Length; i++)
        {
            var text = Cut(cells[i].Text, widths[i]);
            var padding = new string(' ', widths[i] - WidthOf(text));
            var last = i == cells.Length - 1;
            line.Append(columns[i].Right ? padding : "").Append(cells[i].Ink.Paint(text, terminal)).Append(columns[i].Right || last ? "" : padding).Append(last ? "" : "  ");
        }

        terminal.Out.WriteLine(line.ToString().TrimEnd(' '));
    }
}
