using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Mutes;

namespace Runtime.Collector.Scopes;

/// <summary>What one call of the scope's engine changed; persisted in one transaction, then <see cref="Alerts"/> go to the outbox.</summary>
/// <param name="Deviations">New or changed.</param>
/// <param name="Incidents">New or changed.</param>
/// <param name="Alerts">Subset of <paramref name="Incidents"/> that people should hear of now.</param>
internal sealed record ScopeOutcome(IReadOnlyList<Deviation> Deviations, IReadOnlyList<Incident> Incidents, IReadOnlyList<Incident> Alerts)
{
    public static ScopeOutcome Nothing { get; } = new([], [], []);

    /// <summary>Subset of <see cref="Incidents"/> that people would have heard of now, but for mutes: <see cref="Incident.MutedBy"/>.</summary>
    public IReadOnlyList<Incident> Silenced { get; init; } = [];

    /// <summary>By an image that they did not know.</summary>
    public IReadOnlyList<EndedMute> EndedMutes { get; init; } = [];
    public bool IsNothing => Deviations.Count == 0 && Incidents.Count == 0 && EndedMutes.Count == 0;
}
