namespace Runtime.Collector.Fleet;

/// <summary>
/// Whether evidence keeps its word: over incidents that were harmless it must weigh at most 1 on average, or thresholds that stand on Markov's
/// inequality let more through than the budget. Where it weighs more, everything is divided by that. Any thread.
/// </summary>
/// <remarks>
/// Harmless is what a person closed as such, and what was seen no more for a day and never paged. To take in only the former would look
/// at incidents that were chosen for their weight.
/// </remarks>
internal sealed class Calibration
{
    /// <summary>Incidents that the mean is taken over; the oldest leaves.</summary>
    public const int Kept = 200;

    /// <summary>Below it a mean says nothing.</summary>
    private const int Least = 50;

    private readonly Lock _gate = new();

    /// <summary>Bounded by <see cref="Kept"/>.</summary>
    private readonly Queue<double> _weights = new();
    private double _sum;

    public void Note(double eValue)
    {
        lock (_gate)
        {
            _weights.Enqueue(eValue);
            _sum += eValue;
            if (_weights.Count > Kept)
            {
                _sum -= _weights.Dequeue();
            }
        }
    }

    /// <summary>What evidence weighs too much by: 1 or more.</summary>
    public double Excess
    {
        get
        {
            lock (_gate)
            {
                return _weights.Count < Least ? 1 : Math.Max(1, _sum / _weights.Count);
            }
        }
    }
}
