namespace Runtime.Collector.Resources;

/// <summary>What the replicas of one image digest were seen to come down to, by load.</summary>
/// <remarks>
/// At first all is learnt at once. From then on a day waits until it is over and is learnt only when nothing was odd in it, or a floor that rises slowly would be
/// learnt as it rises. After a week it is frozen for good: a floor that moved later is for a person to approve, or a new digest's own.
/// </remarks>
/// <param name="isFirst">The scope ran no other digest before: nothing of its day is known.</param>
internal sealed class FloorTraining(string digest, bool isFirst)
{
    private FloorSketch _learnt = new();
    private FloorSketch _waiting = new();
    private long _waited;
    private bool _isOdd;
    private FloorThresholds? _thresholds;

    public string Digest { get; } = digest;

    /// <summary>Time that was learnt from: that of several replicas counts once.</summary>
    public long Covered { get; private set; }

    /// <summary>UTC ticks: end of the last window of any replica.</summary>
    public long Last { get; private set; }

    /// <summary>Windows that were learnt.</summary>
    public long Windows => _learnt.Windows;

    /// <returns>Null while too little was learnt.</returns>
    public FloorThresholds? Thresholds(ResourceTimes times) => IsTrained(times) ? _thresholds ??= new(_learnt) : null;

    /// <param name="isOdd">Something in it is an attack, or may be.</param>
    public void Take(in SampleWindow window, bool isOdd, ResourceTimes times)
    {
        var fresh = Math.Max(0, window.End - Math.Max(window.Start, Last));
        Last = Math.Max(Last, window.End);
        if (Covered >= times.Week)
        {
            return;
        }

        if (!IsTrained(times))
        {
            if (!isOdd)
            {
                _learnt.Add(window.Load, window.Floor);
                Covered += fresh;
            }

            return;
        }

        _waiting.Add(window.Load, window.Floor);
        _waited += fresh;
        _isOdd |= isOdd;
        if (_waited < times.Day)
        {
            return;
        }

        if (!_isOdd)
        {
            _learnt.Add(_waiting);
            Covered += _waited;
            _thresholds = null;
        }

        (_waiting, _waited, _isOdd) = (new(), 0, false);
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(Digest);
        writer.Write(isFirst);
        writer.Write(Covered);
        writer.Write(Last);
        writer.Write(_waited);
        writer.Write(_isOdd);
        _learnt.Write(writer);
        _waiting.Write(writer);
    }

    /// <exception cref="FormatException">More than is ever kept.</exception>
    public static FloorTraining Read(BinaryReader reader) => new(reader.ReadString(), reader.ReadBoolean())
    {
        Covered = reader.ReadInt64(), Last = reader.ReadInt64(), _waited = reader.ReadInt64(), _isOdd = reader.ReadBoolean(),
        _learnt = FloorSketch.Read(reader), _waiting = FloorSketch.Read(reader),
    };

    private bool IsTrained(ResourceTimes times) => Covered >= (isFirst ? times.Day : 6 * times.Hour);
}
