namespace Runtime.Evaluation.Reports;

/// <summary>A table as Markdown has it, its columns as wide as their longest cell.</summary>
internal static class Table
{
    /// <param name="rows">Each with as many cells as there are heads.</param>
    public static void Print(TextWriter output, IReadOnlyList<string> heads, IReadOnlyList<string[]> rows)
    {
        var widths = heads.Select((head, i) => rows.Select(row => row[i].Length).Append(head.Length).Max()).ToArray();
        output.WriteLine(Joined(heads));
        output.WriteLine("|" + string.Join('|', widths.Select(width => new string('-', width + 2))) + "|");
        foreach (var row in rows)
        {
            output.WriteLine(Joined(row));
        }

        string Joined(IReadOnlyList<string> cells) => "| " + string.Join(" | ", cells.Select((cell, i) => cell.PadRight(widths[i]))) + " |";
    }
}
