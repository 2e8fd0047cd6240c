using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;

namespace Runtime.Collector.Notifiers;

/// <summary>What is told.</summary>
internal abstract record Message;

/// <param name="Incident">One revision, as it was when it was enqueued.</param>
internal sealed record AlertMessage(Incident Incident) : Message;

internal sealed record DigestMessage(Digest Digest) : Message;

/// <summary>One message to be told through one notifier. At-least-once: the receiver can tell repeats by the key.</summary>
/// <param name="IdempotencyKey">Equal for every attempt: of an alert incident id, revision and notifier; of a digest "digest", cluster, time and notifier.</param>
/// <param name="Attempts">Made so far.</param>
internal sealed record Delivery(long Id, string Notifier, string IdempotencyKey, Message Message, int Attempts, DateTimeOffset Enqueued, DateTimeOffset Due)
{
    /// <summary>When it was tried first; null before. What it waits in quiet hours, or while the collector is away, does not bring giving up nearer.</summary>
    public DateTimeOffset? Tried { get; init; }
}

/// <param name="Notifier">As it was named when the messages were made.</param>
internal sealed record WaitingMessages(string Notifier, long Count);

/// <summary>Deliveries that survive a kill. Rows are made in the transaction that stores the incident, or notes the digest as told, one for each notifier.</summary>
internal interface IOutbox
{
    /// <summary>Due now, oldest first.</summary>
    /// <param name="from">Only incidents of which a revision of this severity or worse waits, with all of their waiting revisions, so that they come in order. Unspecified: everything.</param>
    Task<IReadOnlyList<Delivery>> TakeDueAsync(string notifier, Severity from, int limit, DateTimeOffset now, CancellationToken cancellationToken);
    Task MarkDeliveredAsync(long id, string answer, DateTimeOffset when, CancellationToken cancellationToken);

    /// <param name="nextAttempt">Null: given up, kept as failed and visible.</param>
    Task MarkFailedAsync(long id, string answer, DateTimeOffset when, DateTimeOffset? nextAttempt, CancellationToken cancellationToken);

    /// <summary>When the next delivery of this notifier is due; null when none waits.</summary>
    /// <param name="from">As in <see cref="TakeDueAsync"/>.</param>
    Task<DateTimeOffset?> NextDueAsync(string notifier, Severity from, CancellationToken cancellationToken);

    /// <summary>Messages that wait, for each notifier that has any, by name. Those of notifiers that the settings have no more are among them.</summary>
    Task<IReadOnlyList<WaitingMessages>> ListWaitingAsync(CancellationToken cancellationToken);

    /// <summary>Removes what waits for this notifier and was enqueued before.</summary>
    /// <returns>Messages removed.</returns>
    Task<int> DropWaitingAsync(string notifier, DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Completes soon after rows for this notifier were committed.</summary>
    Task WaitForNewAsync(string notifier, CancellationToken cancellationToken);
}
