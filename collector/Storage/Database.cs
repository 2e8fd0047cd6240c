using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Runtime.Collector.Storage;

/// <summary>
/// One SQLite file: one writer (<see cref="WriteQueue"/>) and read-only connections beside it. The write-ahead log lets readers
/// work while the writer commits. synchronous=NORMAL: what was committed survives the death of the process; a power cut
/// may take the last commits, never the file's consistency. Any thread.
/// </summary>
internal sealed class Database : IDisposable
{
    // Idle ones; bounded by the readers at once: the scopes' pulls (a setting of Orleans' threads) and the people's lane of QueryStore.
    private readonly ConcurrentBag<SqlSession> _idle = [];
    private readonly string _readerConnection;
    private readonly WriteQueue _writes;

    /// <exception cref="StoreOpenException">With words for the operator.</exception>
    public Database(StorageOptions options, StorageMeter meter, TimeProvider time, ILogger<Database> logger)
    {
        Path = options.Path;
        _readerConnection = new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString();
        SqlSession? writer = null;
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            writer = OpenWriter(Path);
            Migrations.Apply(writer, Path, time.GetUtcNow());
            FactBackfill.Run(writer, time.GetUtcNow(), logger);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            writer?.Dispose();
            throw new StoreOpenException($"{StorageOptions.Section}__{nameof(StorageOptions.Path)} is '{Path}'; it cannot be opened: {failure.Message}", failure);
        }
        catch (StoreOpenException)
        {
            writer?.Dispose();
            throw;
        }

        _writes = new WriteQueue(writer, options.WriteQueueLength, meter, time, logger);
    }

    public string Path { get; }

    /// <summary>Why the last write was not kept, in words; null when it was.</summary>
    public string? Fault => _writes.Fault;

    /// <summary>Runs on the writer's thread within a transaction; completes after the commit.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was kept.</exception>
    public Task<T> WriteAsync<T>(Func<SqlSession, T> work, CancellationToken cancellationToken) => _writes.RunAsync(work, cancellationToken);

    /// <summary>Runs on a thread of the pool, on committed data. Cancelling ends the statement that runs.</summary>
    public Task<T> ReadAsync<T>(Func<SqlSession, T> work, CancellationToken cancellationToken) => Task.Run(() => Read(work, cancellationToken), cancellationToken);

    public void Dispose()
    {
        _writes.Dispose();
        while (_idle.TryTake(out var session))
        {
            session.Dispose();
        }
    }

    private T Read<T>(Func<SqlSession, T> work, CancellationToken cancellationToken)
    {
        if (!_idle.TryTake(out var session))
        {
            session = OpenReader();
        }

        var sound = false;
        try
        {
            using (cancellationToken.Register(session.Interrupt))
            {
                var result = work(session);
                sound = true;
                return result;
            }
        }
        catch (SqliteException interrupted) when (interrupted.SqliteErrorCode == SQLitePCL.raw.SQLITE_INTERRUPT)
        {
            throw new OperationCanceledException("the query was ended", interrupted, cancellationToken);
        }
        finally
        {
            // One that failed may hold a half-read statement.
            if (sound)
            {
                _idle.Add(session);
            }
            else
            {
                session.Dispose();
            }
        }
    }

    private static SqlSession OpenWriter(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false }.ToString());
        connection.Open();
        var session = new SqlSession(connection);
        // auto_vacuum works only before the first table is made. The journal's limit gives back the room that a long read made it take.
        session.Script("""
            PRAGMA busy_timeout = 5000;
            PRAGMA auto_vacuum = INCREMENTAL;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = NORMAL;
            PRAGMA foreign_keys = ON;
            PRAGMA journal_size_limit = 67108864;
            """);
        return session;
    }

    private SqlSession OpenReader()
    {
        var connection = new SqliteConnection(_readerConnection);
        connection.Open();
        var session = new SqlSession(connection);
        session.Script("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON");
        return session;
    }
}
