using Runtime.Collector.Ingest;

namespace Runtime.Collector.Nodes;

/// <summary>A node's sight was lost, or came back: made by the collector from what it did not hear, and kept in the log like any other.</summary>
internal sealed record SightObservation : Observation
{
    /// <summary>"exec", "write", "connect"; "agent" when nothing at all is heard.</summary>
    public required string Kind { get; init; }
    public required bool IsBlind { get; init; }

    /// <summary>The last proof of sight, the collector's clock.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>As far as it is known; empty when it is not, and when sight is back.</summary>
    public required string Reason { get; init; }
}
