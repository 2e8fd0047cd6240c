using Runtime.Collector.Detection;

namespace Runtime.Collector.Incidents;

internal enum IncidentState
{
    Open = 0,
    Closed = 1,
    Approved = 2,
}

/// <summary>Who did what, when; never changed afterwards.</summary>
/// <param name="Who">"root (uid 0)" by peer credentials, or the certificate's subject.</param>
internal sealed record AuditEntry(DateTimeOffset Time, string Who, string Action, string Note);

/// <summary>The deviations of one cause in one scope.</summary>
internal sealed record Incident
{
    /// <summary>Deterministic: hash of scope, cause and first deviation.</summary>
    public required string Id { get; init; }
    public required string ScopeId { get; init; }

    /// <summary>What joins deviations: the chain of binaries down to the highest process that deviates.</summary>
    public required string Cause { get; init; }
    public required string Title { get; init; }
    public required Severity Severity { get; init; }
    public IncidentState State { get; init; }
    public required DateTimeOffset FirstSeen { get; init; }
    public required DateTimeOffset LastSeen { get; init; }
    public ulong Count { get; init; } = 1;
    public required double EValue { get; init; }
    public required double Threshold { get; init; }

    /// <summary>
    /// Bumped by everything that people should hear of again: opened, worse severity, spread to another replica, and when it is critical already
    /// another kind of Tier 0 fact.
    /// </summary>
    public int Revision { get; init; } = 1;

    /// <summary>Revision that was last handed to the notifiers; 0 when it never reached the threshold.</summary>
    public int AlertedRevision { get; init; }

    /// <summary>
    /// Revision that reached the threshold and went to the daily digest instead of the notifiers; 0 when none did. See <see cref="HeldIncident.TakeAlert"/>.
    /// </summary>
    public int DelayedRevision { get; init; }

    /// <summary>Newest revision that should have been told and was muted; 0 when none was.</summary>
    public int MutedRevision { get; init; }

    /// <summary>Ids of the mutes that covered <see cref="MutedRevision"/>.</summary>
    public IReadOnlyList<string> MutedBy { get; init => field = value ?? []; } = [];

    /// <summary>People would have been told of what it is now, but for a mute.</summary>
    [global::System.Text.Json.Serialization.JsonIgnore]
    public bool IsMuted => MutedRevision > AlertedRevision;

    /// <summary>Open, nobody was told of it, and its evidence speaks for an attack rather than against one.</summary>
    [global::System.Text.Json.Serialization.JsonIgnore]
    public bool IsForDigest => State == IncidentState.Open && AlertedRevision == 0 && MutedRevision == 0 && EValue >= 1;

    /// <summary>Holds a Tier 0 fact, of which people hear whatever the budget. False in what was stored before it was noted.</summary>
    public bool IsFact { get; init; }

    /// <summary>
    /// The least budget by which people would have heard of it, had there been no Tier 0 fact; <see cref="PagingBudget.None"/> when no budget would do.
    /// Null where it was stored before it was noted.
    /// </summary>
    public double? PagesFrom { get; init; }

    /// <summary>Kinds of Tier 0 facts that joined after <see cref="HeldIncident.MaxFactUpdates"/> others had been told: kept, and nobody heard of them.</summary>
    public int UntoldFacts { get; init; }

    /// <summary>Kinds of its deviations (<see cref="Deviation.Kind"/>), by name. Empty in an incident that was stored without.</summary>
    public IReadOnlyList<string> Kinds { get; init => field = value ?? []; } = [];

    /// <summary>Of the first pod that deviated, by name: those of its owner's template. Empty without Kubernetes, and in an incident that was stored without.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();
    public required IReadOnlyList<string> Techniques { get; init; }
    public required IReadOnlyList<string> Pods { get; init; }
    public required IReadOnlyList<string> Containers { get; init; }
    public required IReadOnlyList<string> Nodes { get; init; }
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>Parent first, two spaces a level, deviating processes marked; control characters escaped.</summary>
    public required string ProcessTree { get; init; }

    /// <summary>Strongest first, at most 256; the ids of the rest are only counted.</summary>
    public required IReadOnlyList<string> DeviationIds { get; init; }

    /// <summary>The strongest deviations' evidence in words, strongest first, at most 10.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }
    public IReadOnlyList<AuditEntry> Audit { get; init; } = [];
}
