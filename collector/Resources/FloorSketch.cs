namespace Runtime.Collector.Resources;

/// <summary>How often which floor was seen at which load: a histogram in two dimensions. Adding is commutative, so the order of windows says nothing.</summary>
/// <remarks>Loads in quarters of an octave, floors in steps of 4 % (0.002 cores near zero), so that a quantile is known as well as that.</remarks>
internal sealed class FloorSketch
{
    /// <summary>24 KiB; a service that is watched for a week uses some hundred.</summary>
    public const int MaxCells = 4096;

    /// <summary>Loads that are not known are a row of their own.</summary>
    public const int UnknownRow = 97;
    public const int Rows = UnknownRow + 1;
    public const int Buckets = 256;

    private const double Fine = 0.05;
    private const double Step = 1.04;

    // Sorted; at most MaxCells. Row in the upper byte, bucket in the lower.
    private ushort[] _cells = new ushort[32];
    private uint[] _counts = new uint[32];
    private int _length;

    public long Windows { get; private set; }

    /// <summary>Packets a second; 0 while none was known.</summary>
    public double MostLoad { get; private set; }
    public ReadOnlySpan<ushort> Cells => _cells.AsSpan(0, _length);
    public ReadOnlySpan<uint> Counts => _counts.AsSpan(0, _length);

    /// <param name="load">Packets a second; null when not known.</param>
    public static int RowOf(double? load) =>
        load is not { } known ? UnknownRow : known < 1 ? 0 : Math.Min(UnknownRow - 1, 1 + (int)(4 * Math.Log2(known)));

    public static int BucketOf(double floor) => Math.Min(Buckets - 1, (int)(Math.Log(1 + (floor / Fine)) / Math.Log(Step)));

    /// <summary>Every floor of the bucket lies below it.</summary>
    public static double Above(int bucket) => Fine * (Math.Pow(Step, bucket + 1) - 1);

    /// <param name="floor">Cores.</param>
    public void Add(double? load, double floor)
    {
        MostLoad = Math.Max(MostLoad, load ?? 0);
        Add((ushort)((RowOf(load) << 8) | BucketOf(floor)), 1);
    }

    public void Add(FloorSketch other)
    {
        MostLoad = Math.Max(MostLoad, other.MostLoad);
        for (var i = 0; i < other._length; i++)
        {
            Add(other._cells[i], other._counts[i]);
        }
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(MostLoad);
        writer.Write7BitEncodedInt(_length);
        for (var i = 0; i < _length; i++)
        {
            writer.Write(_cells[i]);
            writer.Write7BitEncodedInt64(_counts[i]);
        }
    }

    /// <exception cref="FormatException">More cells than are ever kept, or not in order.</exception>
    public static FloorSketch Read(BinaryReader reader)
    {
        var sketch = new FloorSketch { MostLoad = reader.ReadDouble() };
        var length = reader.Read7BitEncodedInt();
        if (length is < 0 or > MaxCells)
        {
            throw new FormatException($"{length} cells of a container's floors; at most {MaxCells} are kept");
        }

        for (var i = 0; i < length; i++)
        {
            var cell = reader.ReadUInt16();
            if (cell >> 8 >= Rows || (i > 0 && cell <= sketch._cells[i - 1]))
            {
                throw new FormatException($"cell {i} of a container's floors is {cell}: beyond the last row, or not in order");
            }

            sketch.Add(cell, (uint)reader.Read7BitEncodedInt64());
        }

        return sketch;
    }

    private void Add(ushort cell, uint count)
    {
        var at = Array.BinarySearch(_cells, 0, _length, cell);
        if (at < 0)
        {
            at = ~at;
            if (_length == MaxCells)
            {
                // The next higher floor of this load takes it, or its highest becomes this one: that hides a lift, and makes none up.
                if (at == _length || _cells[at] >> 8 != cell >> 8)
                {
                    if (at == 0 || _cells[at - 1] >> 8 != cell >> 8)
                    {
                        return;
                    }

                    _cells[--at] = cell;
                }
            }
            else
            {
                Insert(at, cell);
            }
        }

        _counts[at] += count;
        Windows += count;
    }

    private void Insert(int at, ushort cell)
    {
        if (_length == _cells.Length)
        {
            Array.Resize(ref _cells, _length * 2);
            Array.Resize(ref _counts, _length * 2);
        }

        Array.Copy(_cells, at, _cells, at + 1, _length - at);
        Array.Copy(_counts, at, _counts, at + 1, _length - at);
        (_cells[at], _counts[at]) = (cell, 0);
        _length++;
    }
}
