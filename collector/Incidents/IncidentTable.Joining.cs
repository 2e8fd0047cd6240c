using Runtime.Collector.Ingest;

namespace Runtime.Collector.Incidents;

/// <summary>Which incident a finding belongs to.</summary>
internal sealed partial class IncidentTable
{
    /// <param name="joins">What looks for an incident to join; null to know of any that lives.</param>
    private HeldIncident? FindByLineage(Observation observation, int from, Finding? joins = null)
    {
        if (_processes.Count == 0)
        {
            return null;
        }

        var container = observation.Container?.Id ?? "";
        for (var i = from; i < observation.Lineage.Count; i++)
        {
            var process = observation.Lineage[i];
            if (Living(_processes.Find(new ProcessKey(container, process.Pid, process.StartBootNs)), observation.First) is { } held
                && (joins is null || Takes(held, joins)))
            {
                return held;
            }
        }

        return null;
    }

    /// <summary>
    /// A script whose steps deviate one by one, below a process that does not: they are one story while they follow each other. Not below the container's
    /// first process, whose children have nothing to do with each other.
    /// </summary>
    private HeldIncident? FindBySibling(Finding finding)
    {
        var lineage = finding.Observation.Lineage;
        if (finding.Root + 2 >= lineage.Count)
        {
            return null;
        }

        var parent = lineage[finding.Root + 1];
        var container = finding.Observation.Container?.Id;
        return _held.FindLast(held => !held.IsReview && finding.Observation.First - held.Record.LastSeen <= options.JoinWindow && Takes(held, finding)
            && held.Deviations.Exists(deviation => deviation.Container?.Id == container && IsBelow(deviation.Lineage, parent)));
    }

    private static bool IsBelow(IReadOnlyList<ProcessInfo> lineage, ProcessInfo parent)
    {
        for (var i = 1; i < lineage.Count - 1; i++)
        {
            if (lineage[i].Pid == parent.Pid && lineage[i].StartBootNs == parent.StartBootNs)
            {
                return true;
            }
        }

        return false;
    }

    private void Mark(HeldIncident held, Observation observation, int root)
    {
        var container = observation.Container?.Id ?? "";
        foreach (var index in root == 0 ? (ReadOnlySpan<int>)[0] : [0, root])
        {
            var process = observation.Lineage[index];
            _processes.Add(new ProcessKey(container, process.Pid, process.StartBootNs), held);
        }
    }

    private HeldIncident? Living(HeldIncident? held, DateTimeOffset now) => held is not null && Lives(held, now) ? held : null;

    /// <summary>
    /// What was odd while everything was new, and nobody was told of, is another story than what stands out now: people would read old times and
    /// counts, and evidence weighed against another bar.
    /// </summary>
    private bool Takes(HeldIncident held, Finding finding) =>
        Lives(held, finding.Observation.First) && (finding.IsOfLearning || !held.IsOfLearning || held.IsAlerted);

    private bool Lives(HeldIncident held, DateTimeOffset now) =>
        held.Record.State == IncidentState.Open && now - held.Record.LastSeen <= options.ReturnWindow;
}
