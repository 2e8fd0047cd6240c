namespace Runtime.Agent.Streaming;

/// <summary>Bounds and clocks between the agent and its collector.</summary>
internal sealed record StreamingOptions
{
    /// <summary>Facts held while the collector is slow or away. 1000 to 4 194 304; about 0.5 kB each.</summary>
    public int QueueCapacity { get; init; } = 65_536;

    /// <summary>Rows of one batch. 1 to 100 000.</summary>
    public int BatchRows { get; init; } = 1000;

    /// <summary>How long a first sight of an exec or a connection may wait for company. 0 to 1 s.</summary>
    public TimeSpan UrgentDelay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long everything else may wait. <see cref="UrgentDelay"/> to 1 minute.</summary>
    public TimeSpan BatchDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Batches that were sent and are not acknowledged; beyond it the rest waits in the queue. 1 to 1024.</summary>
    public int WindowBatches { get; init; } = 4;

    /// <summary>The same in bytes. 64 KiB to 1 GiB.</summary>
    public long WindowBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>A collector that does not answer Hello, or does not acknowledge a batch, for so long is left and called anew. 1 s to 10 minutes.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pings on a silent connection. 1 s to 10 minutes.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan BackoffMinimum { get; init; } = TimeSpan.FromMilliseconds(100);
    public TimeSpan BackoffMaximum { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the agent tells its own state. 100 ms to 10 minutes.</summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stopping agent tries to deliver what it holds. 0 to 1 minute.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
