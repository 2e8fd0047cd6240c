using Runtime.Collector.Mutes;
using Runtime.Collector.Notifiers;

namespace Runtime.Collector.Query;

/// <summary>Our records as messages of alerts.proto. The only place that knows both.</summary>
internal static class AlertsWire
{
    /// <param name="options">Null: the settings have it no more.</param>
    public static V1.Notifier Notifier(NotifierOptions? options, DeliveryCount count) => new()
    {
        Name = count.Notifier,
        Kind = options?.Kind?.ToString() ?? "",
        MinimumSeverity = (V1.Severity)(int)(options?.MinimumSeverity ?? default),
        Digest = options?.WantsDigest ?? false,
        Routed = options is { Rest: true } or { For.Count: > 0 },
        QuietHours = options?.Quiet.IsSet ?? false,
        Waiting = (ulong)count.Waiting,
        Failed = (ulong)count.Failed,
        Answered = count.Answered is { } answered ? Wire.Time(answered) : null,
        Answer = count.Answer,
    };

    public static V1.Delivery Delivery(DeliveryEntry entry) => new()
    {
        Id = entry.Id,
        Notifier = entry.Notifier,
        Kind = entry.Kind,
        IncidentId = entry.IncidentId,
        Revision = (uint)entry.Revision,
        Title = entry.Title,
        Severity = (V1.Severity)(int)entry.Severity,
        State = entry.State,
        Attempts = (uint)entry.Attempts,
        Enqueued = Wire.Time(entry.Enqueued),
        Answered = entry.Answered is { } answered ? Wire.Time(answered) : null,
        Due = entry.Due is { } due ? Wire.Time(due) : null,
        Answer = entry.Answer,
    };

    public static V1.Mute Mute(Mute mute, DateTimeOffset now) => new()
    {
        Id = mute.Id,
        ScopeId = mute.ScopeId,
        Kind = mute.Kind,
        Key = mute.Key,
        Cause = mute.Cause,
        Owner = mute.Owner,
        CreatedBy = mute.CreatedBy,
        Reason = mute.Reason,
        Created = Wire.Time(mute.Created),
        Expires = Wire.Time(mute.Expires),
        Images = { mute.Images },
        AnyImage = mute.AnyImage,
        State = mute.Ended is not null ? mute.EndState : mute.IsActive(now) ? "active" : "expired",
        Ended = mute.Ended is { } ended ? Wire.Time(ended) : mute.IsActive(now) ? null : Wire.Time(mute.Expires),
        EndedBy = mute.EndedBy,
        Silenced = (ulong)mute.Silenced,
        LastSilenced = mute.LastSilenced is { } last ? Wire.Time(last) : null,
    };
}
