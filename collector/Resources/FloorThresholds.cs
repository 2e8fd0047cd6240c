namespace Runtime.Collector.Resources;

/// <summary>Below which floor a container came in 99.5 % of its windows, by load. Immutable.</summary>
/// <remarks>
/// Eight groups of loads with an eighth of the windows each. A group has <see cref="LeastWindows"/> at least, or a window that is like all
/// others would lie above its quantile more often than the 2 % that the detector counts with: the highest of n is exceeded by one in n + 1.
/// </remarks>
internal sealed class FloorThresholds
{
    public const int LeastWindows = 50;
    private const int Groups = 8;
    private const double Quantile = 0.995;

    /// <summary>A load above 1.05 times the highest was never seen. In packets a second: what a miner sends itself must not be that.</summary>
    private const double Beyond = 1.05;
    private const double OwnPackets = 5;

    // By row; NaN where too little was seen.
    private readonly double[] _byRow = new double[FloorSketch.Rows];
    private readonly double _mostLoad;

    public FloorThresholds(FloorSketch sketch)
    {
        _mostLoad = sketch.MostLoad;
        Array.Fill(_byRow, double.NaN);
        Span<long> rows = stackalloc long[FloorSketch.Rows];
        for (var i = 0; i < sketch.Cells.Length; i++)
        {
            rows[sketch.Cells[i] >> 8] += sketch.Counts[i];
        }

        var known = sketch.Windows - rows[FloorSketch.UnknownRow];
        var enough = Math.Max(LeastWindows, (known + Groups - 1) / Groups);
        for (int row = 0, from = 0; row < FloorSketch.UnknownRow; row++)
        {
            var count = Sum(rows[from..(row + 1)]);
            var left = Sum(rows[(row + 1)..FloorSketch.UnknownRow]);

            // What is left over for the highest loads would be too few: they join the group below.
            if (count >= enough && (left == 0 || left >= LeastWindows))
            {
                Fill(sketch, from, row + 1, count);
                from = row + 1;
            }
            else if (left == 0 && count >= LeastWindows)
            {
                Fill(sketch, from, FloorSketch.UnknownRow, count);
                break;
            }
        }

        // Between and above the rows that were seen the next lower group holds.
        for (var row = 1; row < FloorSketch.UnknownRow; row++)
        {
            _byRow[row] = double.IsNaN(_byRow[row]) ? _byRow[row - 1] : _byRow[row];
        }

        if (rows[FloorSketch.UnknownRow] >= LeastWindows)
        {
            Fill(sketch, FloorSketch.UnknownRow, FloorSketch.Rows, rows[FloorSketch.UnknownRow]);
        }
    }

    /// <summary>Cores; null when it says nothing at this load: it was never seen, or not often enough.</summary>
    /// <param name="load">Packets a second; null when not known.</param>
    public double? At(double? load) =>
        load > (Beyond * _mostLoad) + OwnPackets || double.IsNaN(_byRow[FloorSketch.RowOf(load)]) ? null : _byRow[FloorSketch.RowOf(load)];

    private void Fill(FloorSketch sketch, int from, int to, long count)
    {
        Span<long> buckets = stackalloc long[FloorSketch.Buckets];
        for (var i = 0; i < sketch.Cells.Length; i++)
        {
            if (sketch.Cells[i] >> 8 is var row && row >= from && row < to)
            {
                buckets[sketch.Cells[i] & 0xff] += sketch.Counts[i];
            }
        }

        var rank = Math.Min(count - 1, (long)(Quantile * count));
        var bucket = 0;
        for (var below = buckets[0]; below <= rank; below += buckets[bucket])
        {
            bucket++;
        }

        _byRow.AsSpan(from, to - from).Fill(FloorSketch.Above(bucket));
    }

    private static long Sum(ReadOnlySpan<long> counts)
    {
        long sum = 0;
        foreach (var count in counts)
        {
            sum += count;
        }

        return sum;
    }
}
