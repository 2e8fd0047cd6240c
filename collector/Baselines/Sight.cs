namespace Runtime.Collector.Baselines;

/// <summary>When and where an item was seen.</summary>
/// <param name="First">UTC ticks of the agent's clock.</param>
/// <param name="Last">As <paramref name="First"/>.</param>
/// <param name="Count">Sightings that it stands for.</param>
/// <param name="Instance">Ordinal of the container instance; null for the host.</param>
/// <param name="StartUnit">The unit in which the instance was first seen.</param>
/// <param name="Settled">False for the init phase and for what was there before the agent.</param>
internal readonly record struct Sight(long First, long Last, int FirstUnit, int LastUnit, ulong Count, int? Instance, int StartUnit, bool Settled)
{
    /// <summary>Was there before the agent: no occurrence of now.</summary>
    public bool IsState { get; init; }

    /// <summary>Whether it recurs with time, and not with starts.</summary>
    public bool IsSteady(int unit) => Settled && unit != StartUnit;
}
