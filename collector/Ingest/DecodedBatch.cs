using Runtime.Collector.Inventory;
using Runtime.Collector.Nodes;

namespace Runtime.Collector.Ingest;

/// <summary>A batch after every check. What was refused is not in it, only said in <see cref="Rejections"/>.</summary>
internal sealed record DecodedBatch(
    ulong Sequence,
    IReadOnlyList<Observation> Observations,
    IReadOnlyList<SeenContainer> Containers,
    IReadOnlyList<NodeLoss> NodeLosses,
    IReadOnlyList<RefusedRows> Rejections)
{
    /// <summary>What the agent's probes of its own sight showed.</summary>
    public IReadOnlyList<SeenProbe> Probes { get; init; } = [];
}

internal sealed record SeenContainer(ContainerInfo Container, Scope Scope);

/// <summary>Lost facts that the agent could not attribute: they may belong to any container of the node.</summary>
internal sealed record NodeLoss(string Kind, string Reason, ulong Count, DateTimeOffset First, DateTimeOffset Last);

/// <param name="Reason">Words for a person, naming the table, the row, the value and the rule; control characters escaped.</param>
internal sealed record RefusedRows(string Reason, int Rows);
