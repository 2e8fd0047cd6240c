namespace Runtime.Agent.Sight;

/// <summary>How often the agent proves that it sees. Bounds in <c>AgentOptions</c>.</summary>
internal sealed record SightOptions
{
    /// <summary>Between two probes; zero switches them off, and nobody is told when this node goes blind.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A probe that was not seen after so long was missed; on rung 3 after that and the two looks that it lives through. At most <see cref="Interval"/>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);
}
