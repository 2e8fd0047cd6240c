namespace Runtime.Agent.Managed;

/// <summary>Settings of the watch inside .NET processes.</summary>
internal sealed record ManagedOptions
{
    /// <summary>Off: no process is looked at for a runtime, none is connected to.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Processes watched at the same time, a quarter of them of one container. 4 to 16 384. What is above is told as not seen.</summary>
    public int MaxProcesses { get; init; } = 512;

    /// <summary>How often connections to diagnostics ports are counted, and closed processes' files are looked at. 100 ms to 10 minutes.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a runtime may take to answer. 100 ms to 1 minute.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
