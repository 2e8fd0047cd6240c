namespace Runtime.Collector.Fleet;

/// <summary>What deployments tell each other. One for the process; any thread.</summary>
internal sealed class FleetKnowledge
{
    public FleetIndex Index { get; } = new();
    public NoveltyLedger Ledger { get; } = new();

    public Calibration Calibration { get; } = new();

    public FleetView For(string scopeId) => new(Index, Ledger, Calibration, scopeId);
}
