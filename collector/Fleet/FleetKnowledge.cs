using Runtime.Collector.Inventory;

namespace Runtime.Collector.Fleet;

/// <summary>What deployments tell each other. One for the process; any thread.</summary>
internal sealed class FleetKnowledge
{
    public FleetIndex Index { get; } = new();
    public NoveltyLedger Ledger { get; } = new();
    public PackageContents Packages { get; } = new();

    public Calibration Calibration { get; } = new();

    /// <returns>Null for what is no deployment: a node's own programs, and the containers that hold pods' namespaces.</returns>
    public FleetView? Of(Scope scope) => scope.IsHost || scope.OwnerKind == Owners.SandboxKind ? null : For(scope.Id);

    public FleetView For(string scopeId) => new(Index, Ledger, Calibration, Packages, scopeId);
}
