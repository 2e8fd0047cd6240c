using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Runtime.Collector.Storage;

/// <summary>
/// The one writer. Writes that wait share a transaction, so that the price of a commit is paid once; each runs behind a savepoint
/// and fails alone. Nothing is told done before the commit. Own thread, because SQLite blocks.
/// </summary>
internal sealed partial class WriteQueue : IDisposable
{
    // A person who waits for one write should not wait for a second of others.
    private const int MaxShared = 64;
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    // Bounded by WriteQueueLength; who comes when it is full waits (nothing is dropped here).
    private readonly Channel<Request> _queue;
    private readonly SqlSession _session;
    private readonly StorageMeter _meter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private long _lastLogged;
    private bool _faultTold;
    private volatile string? _fault;

    public WriteQueue(SqlSession session, int length, StorageMeter meter, TimeProvider time, ILogger logger)
    {
        (_session, _meter, _time, _logger) = (session, meter, time, logger);
        _queue = Channel.CreateBounded<Request>(new BoundedChannelOptions(length) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        meter.ObserveQueue(() => _queue.Reader.Count);
        _thread = new Thread(Loop) { IsBackground = true, Name = "storage-writer" };
        _thread.Start();
    }

    public string? Fault => _fault;

    public async Task<T> RunAsync<T>(Func<SqlSession, T> work, CancellationToken cancellationToken)
    {
        var request = new Request<T>(work);
        await _queue.Writer.WriteAsync(request, cancellationToken);
        return await request.Done;
    }

    /// <summary>Ends after what waits was written.</summary>
    public void Dispose()
    {
        _queue.Writer.TryComplete();
        _thread.Join();
        _session.Dispose();
    }

    private void Loop()
    {
        var shared = new List<Request>(MaxShared);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            shared.Clear();
            while (shared.Count < MaxShared && _queue.Reader.TryRead(out var request))
            {
                shared.Add(request);
            }

            try
            {
                Commit(shared);
            }
            catch (Exception failure)
            {
                // The writer's thread must live: whoever waits hears of it, the next writes are tried.
                Undo();
                Fail(shared, failure);
            }
        }
    }

    private void Commit(List<Request> shared)
    {
        _session.Execute("BEGIN IMMEDIATE");
        foreach (var request in shared)
        {
            try
            {
                _session.Execute("SAVEPOINT one");
                request.Run(_session);
                _session.Execute("RELEASE one");
            }
            catch (Exception failure)
            {
                if (!_session.InTransaction)
                {
                    // SQLite has undone everything: what ran before this one is gone as well.
                    throw;
                }

                _session.Execute("ROLLBACK TO one");
                _session.Execute("RELEASE one");
                Fail([request], failure);
            }
        }

        _session.Execute("COMMIT");
        _meter.Commits.Add(1);
        var kept = shared.Count(request => request.Complete());
        _meter.Writes.Add(kept);
        if (kept > 0 && _fault is not null)
        {
            _fault = null;
            if (_faultTold)
            {
                _faultTold = false;
                Log.Recovered(_logger);
            }
        }
    }

    private void Fail(IReadOnlyList<Request> requests, Exception failure)
    {
        var full = failure is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL };
        var broken = failure is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CORRUPT };
        if (full || broken)
        {
            _fault = full ? "the disk under the store is full" : $"the disk under the store fails: {failure.Message}";
            failure = new StoreUnavailableException(_fault, failure);
            if (_lastLogged == 0 || _time.GetElapsedTime(_lastLogged) >= LogInterval)
            {
                _lastLogged = _time.GetTimestamp();
                _faultTold = true;
                Log.NotKept(_logger, _fault);
            }
        }

        foreach (var request in requests)
        {
            if (request.Fail(failure))
            {
                _meter.Failures.Add(1, new KeyValuePair<string, object?>("reason", full ? "full" : broken ? "io" : "refused"));
            }
        }
    }

    private void Undo()
    {
        try
        {
            if (_session.InTransaction)
            {
                _session.Execute("ROLLBACK");
            }
        }
        catch (SqliteException failure)
        {
            Log.UndoFailed(_logger, failure);
        }
    }

    private abstract class Request
    {
        public abstract void Run(SqlSession session);

        /// <returns>False when it had failed before.</returns>
        public abstract bool Complete();

        /// <returns>False when it had failed before.</returns>
        public abstract bool Fail(Exception failure);
    }

    private sealed class Request<T>(Func<SqlSession, T> work) : Request
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Done => _done.Task;

        public override void Run(SqlSession session) => _result = work(session);

        public override bool Complete() => _done.TrySetResult(_result);

        public override bool Fail(Exception failure) => _done.TrySetException(failure);
    }

    private static partial class Log
    {
        [LoggerMessage(3000, LogLevel.Error, "Nothing is stored: {Fault}. Batches are not acknowledged, agents keep them; storing goes on when there is room. Said once a minute.")]
        public static partial void NotKept(ILogger logger, string fault);

        [LoggerMessage(3001, LogLevel.Information, "Storing goes on.")]
        public static partial void Recovered(ILogger logger);

        [LoggerMessage(3002, LogLevel.Error, "A transaction could not be undone; the next one will say whether the store still works.")]
        public static partial void UndoFailed(ILogger logger, Exception failure);
    }
}
