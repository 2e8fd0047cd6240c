using System.Diagnostics.Metrics;

namespace Runtime.Collector.Security;

/// <summary>Connections that were not let in, and streams of agents that speak for another node: all counted, one told each minute and reason. Any thread.</summary>
internal sealed partial class Refusals(ILogger<Refusals> logger, IMeterFactory meters, TimeProvider time)
{
    private static readonly TimeSpan _quiet = TimeSpan.FromMinutes(1);

    private readonly Counter<long> _counter = meters.Create("Runtime.Collector").CreateCounter<long>("collector.connections.refused", "{connection}", "Connections that were not let in, by reason.");
    private readonly Lock _lock = new();

    // Bounded by the reasons, which are constants of the callers.
    private readonly Dictionary<string, (long ToldAt, long Untold)> _reasons = [];

    /// <param name="reason">A short constant: "peer", "certificate", "timeout" …</param>
    /// <param name="detail">Words for a person; who, and what would let it in.</param>
    public void Add(string reason, string detail)
    {
        _counter.Add(1, new KeyValuePair<string, object?>("reason", reason));
        long untold;
        lock (_lock)
        {
            Total++;
            if (_reasons.TryGetValue(reason, out var seen) && time.GetElapsedTime(seen.ToldAt) < _quiet)
            {
                _reasons[reason] = seen with { Untold = seen.Untold + 1 };
                return;
            }

            untold = seen.Untold;
            _reasons[reason] = (time.GetTimestamp(), 0);
        }

        Log.Refused(logger, detail, untold);
    }

    /// <summary>Since the start.</summary>
    public long Total { get; private set; }

    private static partial class Log
    {
        [LoggerMessage(8000, LogLevel.Warning, "Connection refused: {Detail} ({Untold} more were refused for this reason and not told)")]
        public static partial void Refused(ILogger logger, string detail, long untold);
    }
}
