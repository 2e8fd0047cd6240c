using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runtime.Bench;

/// <summary>Repeated measurements of one thing. Bounded by the rounds of a run.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public int Count => _values.Count;

    public double Median => Quantile(0.5);

    public double Minimum => _values.Min();

    public double Maximum => _values.Max();

    public void Add(double value) => _values.Add(value);

    /// <summary>Nearest rank: the smallest value with at least <paramref name="share"/> of the values at or below it.</summary>
    public double Quantile(double share)
    {
        var sorted = _values.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    public string Range(string format) => string.Create(CultureInfo.InvariantCulture,
        $"{Median.ToString(format, CultureInfo.InvariantCulture)} [{Minimum.ToString(format, CultureInfo.InvariantCulture)} .. {Maximum.ToString(format, CultureInfo.InvariantCulture)}]");
}

/// <summary>Points over time, and the line through them.</summary>
internal sealed class Line
{
    private readonly List<(double X, double Y)> _points = [];

    public void Add(double x, double y) => _points.Add((x, y));

    public string Range() => string.Create(CultureInfo.InvariantCulture, $"{_points[0].Y:0.0} at first, {_points[^1].Y:0.0} at last, {_points.Min(p => p.Y):0.0} .. {_points.Max(p => p.Y):0.0}");

    /// <summary>Least squares: the slope and its standard error.</summary>
    public (double Slope, double Error) Slope()
    {
        var (n, meanX, meanY) = (_points.Count, _points.Average(p => p.X), _points.Average(p => p.Y));
        var spread = _points.Sum(p => (p.X - meanX) * (p.X - meanX));
        var slope = _points.Sum(p => (p.X - meanX) * (p.Y - meanY)) / spread;
        var rest = _points.Sum(p => Math.Pow(p.Y - meanY - slope * (p.X - meanX), 2));
        return (slope, Math.Sqrt(rest / (n - 2) / spread));
    }
}

/// <summary>What a run found: printed as tables as it comes, and kept as JSON.</summary>
internal sealed class Report
{
    private readonly JsonArray _tables = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<string[]> _aims = [];

    public void Table(string title, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = columns.Select((column, i) => rows.Select(row => row[i].Length).Append(column.Length).Max()).ToArray();
        Console.WriteLine();
        Console.WriteLine(title);
        Console.WriteLine();
        Console.WriteLine(Line(columns));
        Console.WriteLine("|" + string.Join('|', widths.Select(width => new string('-', width + 2))) + "|");
        foreach (var row in rows)
        {
            Console.WriteLine(Line(row));
        }

        var json = new JsonArray();
        foreach (var row in rows)
        {
            json.Add(new JsonObject(columns.Zip(row, (column, cell) => KeyValuePair.Create(column, (JsonNode?)JsonValue.Create(cell)))));
        }

        _tables.Add(new JsonObject { ["title"] = title, ["rows"] = json });

        string Line(IReadOnlyList<string> cells) => "| " + string.Join(" | ", cells.Select((cell, i) => cell.PadRight(widths[i]))) + " |";
    }

    /// <summary>One line on standard error: what runs now.</summary>
    public void Progress(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{_clock.Elapsed:mm\\:ss}] {what}"));

    /// <summary>What we want to reach, beside what this run gave.</summary>
    public void Aim(string aim, string figure, bool isMet) => _aims.Add([aim, figure, isMet ? "met" : "missed"]);

    public void TellAims()
    {
        if (_aims.Count > 0)
        {
            Table("Aims", ["aim", "this run", ""], _aims);
        }
    }

    public void Save(string path) => File.WriteAllText(path, _tables.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
}
