using System.Text.Json.Nodes;

namespace Runtime.Bench;

/// <param name="Unit">Of its figures; empty for words and plain numbers.</param>
/// <param name="Format">Of its figures, as they are printed.</param>
internal sealed record Column(string Name, string Unit = "", string Format = "0")
{
    public string Head => Unit.Length == 0 ? Name : $"{Name}, {Unit}";
}

/// <summary>One place in a table: words, or what was measured.</summary>
internal readonly record struct Cell(string Words, Samples? Figures)
{
    public static implicit operator Cell(string words) => new(words, null);

    public static implicit operator Cell(double figure) => new("", new Samples(figure));

    public static implicit operator Cell(Samples figures) => new("", figures);

    public string Text(Column column) => Figures?.Text(column.Format) ?? Words;
}

/// <summary>Rows as they come. Told when it is disposed of, so that a run that is interrupted tells the rows that it has; without a row nothing is told.</summary>
internal sealed class Table(string title, IReadOnlyList<Column> columns, Action<Table> tell) : IDisposable
{
    private readonly List<IReadOnlyList<Cell>> _rows = [];

    public void Add(params IReadOnlyList<Cell> cells) => _rows.Add(cells);

    public void Dispose()
    {
        if (_rows.Count > 0)
        {
            tell(this);
        }
    }

    public void Print(TextWriter output)
    {
        var heads = columns.Select(column => column.Head).ToList();
        var texts = _rows.Select(row => row.Zip(columns, (cell, column) => cell.Text(column)).ToList()).ToList();
        var widths = heads.Select((head, i) => texts.Select(row => row[i].Length).Append(head.Length).Max()).ToArray();
        output.WriteLine();
        output.WriteLine(title);
        output.WriteLine();
        output.WriteLine(Line(heads));
        output.WriteLine("|" + string.Join('|', widths.Select(width => new string('-', width + 2))) + "|");
        foreach (var row in texts)
        {
            output.WriteLine(Line(row));
        }

        string Line(IReadOnlyList<string> cells) => "| " + string.Join(" | ", cells.Select((cell, i) => cell.PadRight(widths[i]))) + " |";
    }

    public JsonObject ToJson() => new() { ["title"] = title, ["rows"] = new JsonArray([.. _rows.Select(RowToJson)]) };

    private JsonObject RowToJson(IReadOnlyList<Cell> row)
    {
        var (cells, figures) = (new JsonObject(), new JsonObject());
        foreach (var (cell, column) in row.Zip(columns))
        {
            cells[column.Head] = cell.Text(column);
            if (cell.Figures is { } samples)
            {
                figures[column.Name] = samples.ToJson(column.Unit);
            }
        }

        return new JsonObject { ["cells"] = cells, ["figures"] = figures };
    }
}
