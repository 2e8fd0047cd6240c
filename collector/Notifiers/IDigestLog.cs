using Runtime.Collector.Incidents;

namespace Runtime.Collector.Notifiers;

/// <summary>Which digests were made. Any thread.</summary>
internal interface IDigestLog
{
    /// <summary>When the newest one was due; null before the first.</summary>
    Task<DateTimeOffset?> LastSlotAsync(CancellationToken cancellationToken);

    /// <summary>
    /// In one transaction: makes a digest of what came since the last one for each cluster that has something, a message of it for each notifier, and
    /// notes the slot and all incidents of it as told. Nothing when this slot, or a later one, was told; and in a store that never had one, whose first
    /// is the next. A slot that lies in the future was made by a wrong clock, and holds nothing up.
    /// </summary>
    Task<IReadOnlyList<Digest>> TellAsync(DateTimeOffset slot, DateTimeOffset now, IReadOnlyList<string> notifiers, CancellationToken cancellationToken);
}
