namespace Runtime.Agent.Streaming;

/// <summary>Pauses between attempts: doubling, with full jitter, so that a thousand agents do not come back in one moment.</summary>
internal sealed class Backoff
{
    private readonly TimeSpan _minimum, _maximum;
    private TimeSpan _ceiling;

    public Backoff(TimeSpan minimum, TimeSpan maximum) => (_minimum, _maximum, _ceiling) = (minimum, maximum, minimum);

    public TimeSpan Next()
    {
        var pause = _ceiling * Random.Shared.NextDouble();
        _ceiling = _ceiling * 2 < _maximum ? _ceiling * 2 : _maximum;
        return pause;
    }

    public void Reset() => _ceiling = _minimum;
}
