using System.Globalization;
using System.Text.Json.Nodes;

namespace Runtime.Bench;

/// <summary>Repeated measurements of one thing, in the order they were made. Bounded by the rounds of a run.</summary>
internal sealed class Samples
{
    private readonly List<double> _values;

    public Samples(params IEnumerable<double> values) => _values = [.. values];

    public IReadOnlyList<double> Values => _values;

    public double Median => Quantile(0.5);

    public double Minimum => _values.Min();

    public double Maximum => _values.Max();

    public double Spread => Maximum - Minimum;

    public void Add(double value) => _values.Add(value);

    /// <summary>This less the other, pair by pair: what both had from the same round is not in it.</summary>
    public Samples Less(Samples other) => new(_values.Zip(other._values, (mine, others) => mine - others));

    /// <summary>Nearest rank: the smallest value with at least <paramref name="share"/> of the values at or below it.</summary>
    public double Quantile(double share)
    {
        var sorted = _values.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>"12", or "12 [9 .. 14]" (median, minimum, maximum) when it was measured more than once.</summary>
    public string Text(string format)
    {
        return _values.Count == 1 ? One(_values[0]) : $"{One(Median)} [{One(Minimum)} .. {One(Maximum)}]";

        string One(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    public JsonObject ToJson(string unit) => new()
    {
        ["unit"] = unit,
        ["median"] = Median,
        ["minimum"] = Minimum,
        ["maximum"] = Maximum,
        ["samples"] = new JsonArray([.. _values.Select(value => JsonValue.Create(value))]),
    };
}

/// <summary>Points over time, and the line through them.</summary>
internal sealed class Line
{
    private readonly List<(double X, double Y)> _points = [];

    public int Count => _points.Count;

    public Samples Values => new(_points.Select(point => point.Y));

    public void Add(double x, double y) => _points.Add((x, y));

    /// <summary>Least squares: the slope and its standard error. Needs three points.</summary>
    public (double Slope, double Error) Slope()
    {
        var (n, meanX, meanY) = (_points.Count, _points.Average(p => p.X), _points.Average(p => p.Y));
        var spread = _points.Sum(p => (p.X - meanX) * (p.X - meanX));
        var slope = _points.Sum(p => (p.X - meanX) * (p.Y - meanY)) / spread;
        var rest = _points.Sum(p => Math.Pow(p.Y - meanY - slope * (p.X - meanX), 2));
        return (slope, Math.Sqrt(rest / (n - 2) / spread));
    }
}
