using Runtime.Collector.Baselines;
using Runtime.V1;

namespace Runtime.Collector.Web;

/// <summary>How many items of a kind group were known at each time, as a line of a chart: steep while it learns, flat when it knows.</summary>
internal sealed class DiscoveryCurve
{
    /// <summary>Of the chart, in its own units. The last part of the width is the day to come.</summary>
    public const double Width = 300;
    public const double Height = 80;
    private const double Ahead = 30;
    private const int MostPoints = 300;

    private DiscoveryCurve(string line, string forecast) => (Line, Forecast) = (line, forecast);

    /// <summary>Points of a polyline.</summary>
    public string Line { get; }

    /// <summary>From now on for a day, by what is predicted.</summary>
    public string Forecast { get; }

    /// <summary>As BaselineGroup.kind.</summary>
    public static string GroupOf(string itemKind) => Item.KindOf(itemKind) is { } kind ? Query.EventText.Snake(Item.GroupOf(kind).ToString()) : "";

    /// <returns>Null when nothing is known, of which there is no line.</returns>
    public static DiscoveryCurve? Of(IReadOnlyList<BaselineItem> items, double predictedNew, DateTimeOffset now)
    {
        if (items.Count == 0)
        {
            return null;
        }

        var times = items.Select(item => item.FirstSeen.ToDateTimeOffset()).Order().ToList();
        var span = Math.Max((now - times[0]).TotalSeconds, 1);
        var top = Math.Max(items.Count + predictedNew, 1);
        var step = Math.Max(1, times.Count / MostPoints);
        List<string> points = [Point(0, 0)];
        for (var i = 0; i < times.Count; i += step)
        {
            // A step up: what was known until then, and one more.
            var x = Math.Clamp((times[i] - times[0]).TotalSeconds / span, 0, 1) * (Width - Ahead);
            points.Add(Point(x, i / top));
            points.Add(Point(x, (i + 1) / top));
        }

        var known = items.Count / top;
        points.Add(Point(Width - Ahead, known));
        return new(string.Join(' ', points), $"{Point(Width - Ahead, known)} {Point(Width, (items.Count + predictedNew) / top)}");
    }

    private static string Point(double x, double share) => $"{Shown.Coordinate(x)},{Shown.Coordinate(Height - 4 - share * (Height - 8))}";
}
