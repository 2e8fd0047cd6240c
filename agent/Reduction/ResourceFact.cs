using Runtime.Agent.Resources;

namespace Runtime.Agent.Reduction;

/// <summary>What a container used, or the node (<see cref="Fact.Container"/> null). <see cref="Fact.Process"/> is the busiest process, or none.</summary>
internal sealed record ResourceFact : Fact
{
    /// <summary>In order; 1 to <see cref="ContainerMeter.WindowSamples"/>.</summary>
    public required IReadOnlyList<ResourceSample> Samples { get; init; }
}
