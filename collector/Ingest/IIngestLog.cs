namespace Runtime.Collector.Ingest;

/// <summary>Where batches are kept. Any thread.</summary>
internal interface IIngestLog
{
    /// <summary>Makes the agent and its epoch known.</summary>
    Task<OpenedEpoch> OpenEpochAsync(AgentIdentity agent, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Stores observations, inventory and the agent's last sequence in one transaction. A sequence at or below the last one is
    /// answered as a duplicate, with nothing stored.
    /// </summary>
    /// <exception cref="Storage.StoreUnavailableException">Nothing was kept.</exception>
    Task<CommitResult> CommitAsync(AgentIdentity agent, DecodedBatch batch, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Observations of the collector's own; answers them with their log ids.</summary>
    /// <exception cref="Storage.StoreUnavailableException">Nothing was kept.</exception>
    Task<IReadOnlyList<Observation>> AppendAsync(IReadOnlyList<Observation> observations, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The agent was stopped in order: nobody waits for it. Its next epoch ends that.</summary>
    Task NoteStoppedAsync(AgentIdentity agent, CancellationToken cancellationToken);
}

/// <summary>What an agent said of itself in Hello, checked.</summary>
internal sealed record AgentIdentity(string AgentId, string Epoch, string Cluster, string Node, string Version, string BootId, string KernelRelease)
{
    /// <summary>Zero: it makes no probes of its sight.</summary>
    public TimeSpan ProbeInterval { get; init; }
}

/// <param name="LastSequence">The highest that is committed of this epoch; 0 when none is.</param>
/// <param name="Stored">With their log ids, in log order: that nobody watched while the agent was away, for every scope of its node.</param>
internal sealed record OpenedEpoch(ulong LastSequence, IReadOnlyList<Observation> Stored);

/// <param name="Stored">With their log ids, in log order; also the losses that were put under every scope of the node.</param>
internal sealed record CommitResult(bool Duplicate, IReadOnlyList<Observation> Stored)
{
    public static CommitResult Repeated { get; } = new(true, []);
}
