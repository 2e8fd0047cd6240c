using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;

namespace Runtime.Collector.Scopes;

/// <summary>
/// A grain's state, and what must be stored in the same transaction as the state that brought it forth.
/// After a load only <see cref="State"/>, <see cref="AppliedThrough"/> and <see cref="Known"/> have a meaning.
/// </summary>
[GenerateSerializer]
internal sealed class ScopeRecord
{
    /// <summary>False: the store has no such scope.</summary>
    [Id(0)]
    public bool Known { get; set; }

    /// <summary>What the engine saved; empty for a scope that has no state yet.</summary>
    [Id(1)]
    public byte[] State { get; set; } = [];

    /// <summary>Log id of the last observation that <see cref="State"/> holds.</summary>
    [Id(2)]
    public long AppliedThrough { get; set; }

    [field: NonSerialized]
    public ScopeOutcome Outcome { get; set; } = ScopeOutcome.Nothing;

    /// <summary>One row in the outbox each.</summary>
    [field: NonSerialized]
    public IReadOnlyList<AlertRow> Alerts { get; set; } = [];

    [field: NonSerialized]
    public IReadOnlyList<AuditRow> Audit { get; set; } = [];
}

internal sealed record AlertRow(string Notifier, Incident Incident)
{
    public string IdempotencyKey => $"{Incident.Id}/{Incident.Revision}/{Notifier}";
}

/// <param name="Subject">Id of the incident or deviation; kind and key of an item.</param>
internal sealed record AuditRow(DateTimeOffset Time, string Who, string Action, string Subject, string Note);

/// <summary>Who is to be told of it: names of notifiers.</summary>
internal delegate IReadOnlyList<string> AlertRoutes(Incident incident);
