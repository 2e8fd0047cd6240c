using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Query;

/// <summary>
/// Follows the store's log for callers. What is stored and what comes are one sequence of log ids, so nothing lies
/// between a snapshot and the stream; nothing is buffered either: a slow caller reads later, not from memory. One that
/// falls too far behind is ended, because the log's end is cut off by age and it would miss rows without knowing.
/// Any thread.
/// </summary>
internal sealed class EventFollower(IQueryStore store, IMeterFactory meters)
{
    /// <summary>Rows behind the newest, once the caller had caught up.</summary>
    public const long MaxBehind = 100_000;

    /// <summary>Each follower costs one query for each commit.</summary>
    public const int MaxFollowers = 64;

    private const int ReadAtOnce = 500;

    private readonly Counter<long> _ended = meters.Create("Runtime.Collector").CreateCounter<long>("collector.followers.ended", "{call}", "Calls of FollowEvents that the collector ended, by reason.");
    private int _followers;

    /// <summary>"Now" as a log id; 0 while the log is empty.</summary>
    public async Task<long> NowAsync(CancellationToken cancellationToken) =>
        (await store.ListEventsAsync(new ListFilter(PageSize: 1), cancellationToken)).Items is [var newest, ..] ? newest.Id : 0;

    /// <summary>Rows from <see cref="ListFilter.Since"/> on, or after <paramref name="now"/>, oldest first; ends only by the token.</summary>
    /// <param name="now">From <see cref="NowAsync"/>.</param>
    /// <exception cref="QueryFault">Too many followers, or this one is too slow.</exception>
    public IAsyncEnumerable<Observation> FollowAsync(ListFilter filter, long now, CancellationToken cancellationToken) => FollowAsync(
        (position, limit, stop) => store.ReadEventsAfterAsync(position, filter, limit, stop), row => row.Id, filter.Since is not null, now, cancellationToken);

    /// <summary>As above, of what <paramref name="read"/> gives.</summary>
    /// <param name="read">Rows with an id above the first argument, oldest first, at most as many as the second.</param>
    /// <param name="fromStart">From the log's first row on; else after <paramref name="now"/>.</param>
    public async IAsyncEnumerable<T> FollowAsync<T>(
        Func<long, int, CancellationToken, Task<IReadOnlyList<T>>> read, Func<T, long> idOf, bool fromStart, long now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _followers) > MaxFollowers)
        {
            Interlocked.Decrement(ref _followers);
            throw End("too_many", $"{MaxFollowers} callers follow events already");
        }

        try
        {
            var newest = now;
            var position = fromStart ? 0 : newest;
            var caughtUp = !fromStart;
            while (true)
            {
                var page = await read(position, ReadAtOnce, cancellationToken);
                foreach (var row in page)
                {
                    yield return row;
                    position = idOf(row);
                }

                if (page.Count == ReadAtOnce)
                {
                    newest = Math.Max(newest, await NowAsync(cancellationToken));
                    if (caughtUp && newest - position > MaxBehind)
                    {
                        throw End("slow", $"the reader is {newest - position} events behind, at most {MaxBehind} are allowed; ask again with since");
                    }

                    continue;
                }

                // What was committed when the page was read is behind us, also where the filter let nothing through.
                caughtUp = true;
                position = Math.Max(position, newest);
                newest = await store.WaitForEventsAsync(position, cancellationToken);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _followers);
        }
    }

    /// <summary>Counts a follower that took nothing for too long.</summary>
    public QueryFault Stalled(TimeSpan limit) => End("stalled", $"the reader took nothing for {limit.TotalSeconds:0} s");

    private QueryFault End(string reason, string message)
    {
        _ended.Add(1, new KeyValuePair<string, object?>("reason", reason));
        return new QueryFault(QueryFaultKind.TooMuch, message);
    }
}
