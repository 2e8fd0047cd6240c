using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>Batches without an acknowledgement, oldest first; sent again, unchanged, after a reconnect. Any thread.</summary>
/// <remarks>Taken rows = acknowledged + refused + held here, at every moment.</remarks>
internal sealed class SentBatches(StreamingOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();

    // Bounded by WindowBatches and WindowBytes: the stream takes nothing from the queue while HasRoom is false.
    private readonly Queue<SentBatch> _held = new();
    private readonly Wakeup _changed = new();
    private long _bytes;
    private ulong _rows, _acknowledged, _refused, _batches;

    public bool HasRoom
    {
        get
        {
            lock (_lock)
                return _held.Count < options.WindowBatches && _bytes < options.WindowBytes;
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _held.Count == 0;
        }
    }

    /// <summary>Since when the oldest batch of this connection waits; zero when none does.</summary>
    public TimeSpan OldestWait
    {
        get
        {
            lock (_lock)
                return _held.TryPeek(out var oldest) && oldest.SentStamp != 0 ? time.GetElapsedTime(oldest.SentStamp) : TimeSpan.Zero;
        }
    }

    public SentBatch Add(Batch batch, int rows)
    {
        var sent = new SentBatch(batch, rows, batch.CalculateSize());
        lock (_lock)
        {
            _held.Enqueue(sent);
            _bytes += sent.Bytes;
            _rows += (ulong)rows;
            _batches++;
        }
        return sent;
    }

    /// <summary>All of them, for sending again.</summary>
    public IReadOnlyList<SentBatch> Held()
    {
        lock (_lock)
            return [.. _held];
    }

    public void MarkSent(SentBatch batch)
    {
        lock (_lock)
            batch.SentStamp = time.GetTimestamp();
    }

    /// <summary>The collector commits in order: everything at or below <paramref name="sequence"/> is stored.</summary>
    /// <param name="refusedRows">Of the batch <paramref name="sequence"/>.</param>
    /// <returns>Batches that left.</returns>
    public int Acknowledge(ulong sequence, ulong refusedRows)
    {
        var left = 0;
        lock (_lock)
        {
            while (_held.TryPeek(out var batch) && batch.Batch.Sequence <= sequence)
            {
                _held.Dequeue();
                _bytes -= batch.Bytes;
                _rows -= (ulong)batch.Rows;
                var refused = batch.Batch.Sequence == sequence ? Math.Min(refusedRows, (ulong)batch.Rows) : 0;
                _refused += refused;
                _acknowledged += (ulong)batch.Rows - refused;
                left++;
            }
            if (left > 0)
                _changed.Set();
        }
        return left;
    }

    /// <summary>A batch that the collector will never take: its rows are refused, and an empty one takes its sequence.</summary>
    public void Empty(SentBatch batch)
    {
        lock (_lock)
        {
            _refused += (ulong)batch.Rows;
            _rows -= (ulong)batch.Rows;
            _bytes -= batch.Bytes;
            batch.Batch = new Batch { Sequence = batch.Batch.Sequence, BaseUnixNs = batch.Batch.BaseUnixNs };
            batch.Rows = 0;
            batch.Bytes = batch.Batch.CalculateSize();
            _bytes += batch.Bytes;
        }
    }

    /// <summary>Until an acknowledgement comes in.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters()
    {
        lock (_lock)
        {
            return new Dictionary<string, ulong>
            {
                ["stream.batches"] = _batches,
                ["stream.unacknowledged"] = _rows,
                ["stream.acknowledged"] = _acknowledged,
                ["stream.refused"] = _refused,
            };
        }
    }
}

/// <summary>One batch in the window; changed under the window's lock only.</summary>
internal sealed class SentBatch(Batch batch, int rows, int bytes)
{
    public Batch Batch { get; set; } = batch;
    public int Rows { get; set; } = rows;
    public int Bytes { get; set; } = bytes;

    /// <summary>When it was last written to a connection; 0 before.</summary>
    public long SentStamp { get; set; }
}
