namespace Runtime.Collector.Resources;

/// <summary>
/// Whether one container never comes down any more to where it always came: what a miner that hides below the load of a service cannot avoid.
/// An e-detector: under a harmless floor the expected value of what a window multiplies with is at most 1.
/// </summary>
/// <remarks>Bernoulli likelihood ratio of a lift, 0.30 against 0.02 (baselines 4.3): 15 for a window above, 0.72 for one that is not.</remarks>
internal struct FloorLift()
{
    /// <summary>From here on it counts for an incident that is there.</summary>
    public const double Counts = 1000;

    /// <summary>From here on it is told of by itself. No value is higher, so that a lift that ends is over within the hour.</summary>
    public const double Alarm = 1e6;

    /// <summary>Cores above the floor that nearly all windows stay below: what is less is not worth a miner's while.</summary>
    public const double Margin = 0.10;

    private const double Above = 15;
    private const double Below = 0.72;

    public double Value { get; private set; } = 1;

    /// <summary>UTC ticks: beginning of the first window of this lift.</summary>
    public long Since { get; private set; }

    /// <summary>Cores: the floor of the last window that was above, and what its load's windows came down to.</summary>
    public double Floor { get; private set; }
    public double Usual { get; private set; }

    /// <summary>Packets a second in that window; null when not known.</summary>
    public double? Load { get; private set; }

    public readonly bool IsLifted => Value >= Counts;
    public readonly bool IsAlarm => Value >= Alarm;

    public void Take(in SampleWindow window, double usual)
    {
        var isAbove = window.Floor > usual + Margin;
        if (isAbove)
        {
            Since = Value <= 1 ? window.Start : Since;
            (Floor, Usual, Load) = (window.Floor, usual, window.Load);
        }

        Value = Math.Min(Alarm, Math.Max(Value, 1) * (isAbove ? Above : Below));
    }

    public readonly void Write(BinaryWriter writer)
    {
        writer.Write(Value);
        writer.Write(Since);
        writer.Write(Floor);
        writer.Write(Usual);
        writer.Write(Load ?? double.NaN);
    }

    public static FloorLift Read(BinaryReader reader) => new()
    {
        Value = reader.ReadDouble(), Since = reader.ReadInt64(), Floor = reader.ReadDouble(), Usual = reader.ReadDouble(),
        Load = reader.ReadDouble() is var load && double.IsNaN(load) ? null : load,
    };
}
