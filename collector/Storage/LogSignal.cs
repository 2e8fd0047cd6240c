namespace Runtime.Collector.Storage;

/// <summary>The newest committed id of the log, for who follows it. Any thread.</summary>
internal sealed class LogSignal
{
    private readonly CommitSignal _commits = new();
    private long _newest;

    public void Raise(long newest)
    {
        var seen = Volatile.Read(ref _newest);
        while (newest > seen)
        {
            seen = Interlocked.CompareExchange(ref _newest, newest, seen);
        }

        _commits.Raise();
    }

    public async Task<long> WaitAboveAsync(long id, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Asked for before looking: a commit between looking and waiting wakes us.
            var next = _commits.NextAsync(cancellationToken);
            var newest = Volatile.Read(ref _newest);
            if (newest > id)
            {
                return newest;
            }

            await next;
        }
    }
}
