using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

/// <summary>
/// Probes and hooks come into a container by the same road as `kubectl exec`. Those that the baseline knows by their arguments are learnt like whatever else
/// the deployment does, under a phase of their own; all others are sessions.
/// </summary>
internal sealed partial class ObservationJudge
{
    /// <summary>The command that the observation under judgement belongs to; null when it is a session's, or no session's at all.</summary>
    private Item? _probe;

    /// <summary>The deployment's own command that runs a process; null for all else.</summary>
    /// <param name="lineage">The process first.</param>
    public Item? FindProbe(IReadOnlyList<ProcessInfo> lineage) =>
        lineage[0].Phase == Phase.Session && RuntimeCommands.IsDefinite(lineage) && baseline.Items.Find(_key.Command(lineage[^1])) is { State: not ItemState.Pending } item
            ? item
            : null;

    private Item? FindProbe(Observation observation, in Sight sight)
    {
        var lineage = observation.Lineage;
        if (lineage[0].Phase != Phase.Session || !RuntimeCommands.IsDefinite(lineage))
        {
            return null;
        }

        if (observation is ExecObservation { Lineage.Count: 1, Container: { } container } && (lineage[0].Flags & ProcessFlags.AtStart) == 0
            && !incidents.IsBelowAlert(observation) && baseline.Replicas.FindReplica(container.Id) is { } replica)
        {
            baseline.SeeCommand(_key.Command(lineage[0]), replica, sight);
        }

        return FindProbe(lineage);
    }

    private bool IsSession(Observation observation) => observation.Process.Phase == Phase.Session && _probe is null;

    /// <summary>While a command is new its ways are learnt as a baseline that learns does: told is only what is odd by itself.</summary>
    private BaselineState StateFor(KindGroup group, ImageVersion? image) =>
        _probe is { } command && baseline.IsNewCommand(command, _now) ? BaselineState.Learning : baseline.StateFor(group, image);

    /// <summary>UTC ticks of the observation under judgement.</summary>
    private long _now;
}
