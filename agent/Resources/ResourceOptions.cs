namespace Runtime.Agent.Resources;

internal sealed record ResourceOptions
{
    /// <summary>The processor's use is read so often; zero: nothing is read.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);
}
