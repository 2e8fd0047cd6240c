using Runtime.Collector.Detection;

namespace Runtime.Collector.Query;

/// <summary>One message to one notifier, as the log has it.</summary>
/// <param name="Kind">"alert" or "digest".</param>
/// <param name="IncidentId">Empty for a digest, as <paramref name="Title"/>.</param>
/// <param name="Revision">Of the incident as it was sent; 0 for a digest.</param>
/// <param name="State">"waiting", "delivered", "failed".</param>
/// <param name="Answered">When the newest attempt was answered; null before the first.</param>
/// <param name="Due">Null when it is settled.</param>
/// <param name="Answer">The receiver's words, or why there were none; no secrets.</param>
internal sealed record DeliveryEntry(
    long Id, string Notifier, string Kind, string IncidentId, int Revision, string Title, Severity Severity, string State, int Attempts, DateTimeOffset Enqueued, DateTimeOffset? Answered, DateTimeOffset? Due, string Answer);

/// <param name="Notifier">Empty means any, as of the others.</param>
internal sealed record DeliveryFilter(int PageSize = 100, string PageToken = "", string Notifier = "", string State = "", string IncidentId = "");

/// <param name="Answered">Of the newest answer; null before the first.</param>
internal sealed record DeliveryCount(string Notifier, long Waiting, long Failed, DateTimeOffset? Answered, string Answer);

/// <summary>What was sent where, when, with which answer. Any thread.</summary>
internal interface IDeliveryLog
{
    /// <summary>Newest first.</summary>
    Task<Page<DeliveryEntry>> ListAsync(DeliveryFilter filter, CancellationToken cancellationToken);

    /// <summary>One for each notifier that the log knows, by name.</summary>
    Task<IReadOnlyList<DeliveryCount>> CountAsync(CancellationToken cancellationToken);

    /// <summary>Null when there is none of this id.</summary>
    Task<DeliveryEntry?> FindAsync(long id, CancellationToken cancellationToken);

    /// <summary>Makes a failed one wait again, due now, with a line in the audit.</summary>
    /// <returns>False when it is not failed, or gone.</returns>
    Task<bool> RepeatAsync(long id, string who, DateTimeOffset now, CancellationToken cancellationToken);
}
