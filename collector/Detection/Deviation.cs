using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>Same numbers as Severity in query.proto.</summary>
internal enum Severity
{
    Unspecified = 0,
    Info = 1,
    Low = 2,
    Medium = 3,
    High = 4,
    Critical = 5,
}

/// <summary>One reason, as a likelihood ratio attack : harmless with an expectation of at most 1 under harmless novelty.</summary>
/// <param name="Reason">Words for a person.</param>
/// <param name="Technique">ATT&amp;CK id; empty when none.</param>
internal sealed record Evidence(string Reason, double Factor, string Technique = "");

internal enum DeviationState
{
    Open = 0,
    Approved = 1,
}

/// <summary>A behaviour outside a scope's baseline, or a Tier 0 fact.</summary>
internal sealed record Deviation
{
    /// <summary>Deterministic: hash of scope, kind, key and first observation, so that replaying the log makes the same one.</summary>
    public required string Id { get; init; }
    public required string ScopeId { get; init; }
    public required string IncidentId { get; init; }
    public required DateTimeOffset Time { get; init; }
    public required DateTimeOffset LastSeen { get; init; }
    public ulong Count { get; init; } = 1;

    /// <summary>"exec", "edge", "file_write", "file_read" (of what is sensitive), "egress", "listen", "name" (looked up), "privilege", "binary", "loading", "managed", "image", "resource", "tier0".</summary>
    public required string Kind { get; init; }

    /// <summary>The item's key; for Tier 0 the rule's name.</summary>
    public required string Key { get; init; }

    /// <summary>One sentence for a person.</summary>
    public required string Title { get; init; }
    public required Severity Severity { get; init; }
    public required IReadOnlyList<Evidence> Evidence { get; init; }
    public required double EValue { get; init; }
    public required string Node { get; init; }

    /// <summary>Null for the host.</summary>
    public required ContainerInfo? Container { get; init; }
    public required IReadOnlyList<ProcessInfo> Lineage { get; init; }
    public DeviationState State { get; init; }
}
