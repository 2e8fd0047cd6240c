namespace Runtime.Collector.Baselines;

/// <summary>
/// An item's last three pauses of <see cref="Least"/> days and more, from which it is told whether it comes by the calendar. Shorter periods change nothing: four of
/// them are shorter than what everything is kept for.
/// </summary>
internal struct LongGaps
{
    public const int Least = 20;

    /// <summary>A period's pauses vary by less than this share of their mean; months do by a twentieth.</summary>
    private const double MostVariation = 0.1;

    /// <summary>Days, oldest first; 0: none yet. Longer ones count as 255.</summary>
    private byte _first;
    private byte _second;
    private byte _third;

    public readonly bool HasAny => _third != 0;

    /// <summary>Days of the period; 0 when the pauses show none.</summary>
    public readonly double Period
    {
        get
        {
            var mean = (_first + _second + _third) / 3.0;
            var variance = ((_first - mean) * (_first - mean) + (_second - mean) * (_second - mean) + (_third - mean) * (_third - mean)) / 3;
            return _first > 0 && Math.Sqrt(variance) < MostVariation * mean ? mean : 0;
        }
    }

    public void Note(long days)
    {
        if (days >= Least)
        {
            (_first, _second, _third) = (_second, _third, (byte)Math.Min(days, byte.MaxValue));
        }
    }

    public readonly void Write(BinaryWriter writer)
    {
        writer.Write(_first);
        writer.Write(_second);
        writer.Write(_third);
    }

    public static LongGaps Read(BinaryReader reader) => new() { _first = reader.ReadByte(), _second = reader.ReadByte(), _third = reader.ReadByte() };
}
