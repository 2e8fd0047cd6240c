namespace Runtime.Agent.Processes;

/// <summary>Bounds and clocks of the process table.</summary>
internal sealed record ProcessOptions
{
    /// <summary>A container that does not serve stays in <see cref="Phase.Init"/> at least so long, and until no exec of its own lineage was seen for so long. Over 0.</summary>
    public TimeSpan InitPhaseMinimum { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Hard end of <see cref="Phase.Init"/>, from the first process's exec. At least <see cref="InitPhaseMinimum"/>.</summary>
    public TimeSpan InitPhaseMaximum { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A process stays findable so long after its exit, for late events of other processors.</summary>
    public TimeSpan ExitGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Processes held, alive and in grace together; beyond it the one longest without an event goes. 1024 to 4 194 304.</summary>
    public int MaxProcesses { get; init; } = 65_536;

    /// <summary>Exited processes held for grace; beyond it the oldest goes early. 16 to <see cref="MaxProcesses"/>.</summary>
    public int MaxExited { get; init; } = 8_192;

    /// <returns>Every fault, each naming its key, value and rule; empty when there is none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (InitPhaseMinimum <= TimeSpan.Zero)
            faults.Add($"Processes.InitPhaseMinimum is {InitPhaseMinimum}: it must be over 0");
        if (InitPhaseMaximum < InitPhaseMinimum)
            faults.Add($"Processes.InitPhaseMaximum is {InitPhaseMaximum}: it must be at least Processes.InitPhaseMinimum ({InitPhaseMinimum})");
        if (ExitGrace < TimeSpan.Zero || ExitGrace > TimeSpan.FromMinutes(1))
            faults.Add($"Processes.ExitGrace is {ExitGrace}: it must be 0 to 1 minute");
        if (MaxProcesses is < 1024 or > 4_194_304)
            faults.Add($"Processes.MaxProcesses is {MaxProcesses}: it must be 1024 to 4194304");
        if (MaxExited < 16 || MaxExited > MaxProcesses)
            faults.Add($"Processes.MaxExited is {MaxExited}: it must be 16 to Processes.MaxProcesses ({MaxProcesses})");
        return faults;
    }
}
