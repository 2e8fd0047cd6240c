using Runtime.Collector.Detection;

namespace Runtime.Collector.Incidents;

/// <summary>What a container uses, as evidence of what was done in it.</summary>
internal sealed partial class IncidentTable
{
    /// <summary>Tells of what a container uses, for as long as it goes on: joins the incident of its container, and raises that one's weight.</summary>
    /// <param name="finding">Its observation's first time is when it began, the last one is now.</param>
    /// <param name="opens">Whether it opens an incident of its own where none is there to join.</param>
    public void RaiseUse(Finding finding, bool opens)
    {
        var key = finding.Keys[0];
        var (held, from) = IncidentOf(finding);

        // The same of another replica is the same incident.
        held ??= _open.TryGetValue(key, out var elsewhere) && Takes(elsewhere.Incident, finding) ? elsewhere.Incident : null;
        if (held?.Open.Find(open => open.Keys[0] == key) is { } known)
        {
            GoOn(held, known, finding);
        }
        else if (held is not null || opens)
        {
            held = Raise(finding, "use " + key[1..], held, from);

            // It has not paused since: what follows within the join window is of the same episode.
            held.EpisodeLast = Later(held.EpisodeLast, finding.Observation.Last);
        }
    }

    /// <summary>
    /// The one that tells of it already; that of the busiest process, when it was started in it; or another of its container which is not
    /// younger: what began long after it can be no cause of it. Who looks into a busy container with a shell is no miner.
    /// </summary>
    /// <returns>When it began to weigh: a process that an incident is about weighs in it whenever it begins to compute.</returns>
    private (HeldIncident? Incident, DateTimeOffset From) IncidentOf(Finding finding)
    {
        var observation = finding.Observation;
        var begun = observation.First;
        var ofContainer = _held.Where(held => held.Record.Containers.Contains(observation.Container?.Id ?? "") && Takes(held, finding)).ToList();
        if (ofContainer.Find(held => held.Open.Exists(open => open.Keys[0] == finding.Keys[0])) is { } tells)
        {
            return (tells, begun);
        }

        if (FindByLineage(observation, 0, finding) is { } own && observation.Process.Executed >= own.Record.FirstSeen - options.JoinWindow)
        {
            return (own, own.EpisodeLast < begun ? own.EpisodeLast : begun);
        }

        return (ofContainer.Where(held => held.EpisodeStart <= begun + options.JoinWindow).OrderBy(held => held.EpisodeLast).LastOrDefault(), begun);
    }

    private void GoOn(HeldIncident held, OpenDeviation open, Finding finding)
    {
        var observation = finding.Observation;
        var deviation = held.Deviations.Find(candidate => candidate.Id == open.Id)!;
        var isStronger = finding.Assessment.EValue > deviation.EValue;
        deviation = deviation with { Count = deviation.Count + observation.Count, LastSeen = Later(deviation.LastSeen, observation.Last) };
        if (isStronger || deviation.Container?.Id == observation.Container?.Id)
        {
            // Its figures are of now.
            deviation = deviation with { Title = finding.Title };
        }

        if (isStronger)
        {
            var value = finding.Assessment.EValue;
            deviation = deviation with { EValue = value, Evidence = finding.Assessment.Evidence, Severity = new Weight(value, finding.Threshold).Severity };
            var stronger = open with { Weighed = open.Weighed with { EValue = value } };
            held.Open[held.Open.IndexOf(open)] = stronger;
            _open[open.Keys[0]] = (held, stronger);
            open = stronger;
        }

        held.Put(deviation);
        held.Weigh(open.Weighed, observation.Last, options);
        held.Refresh(deviation with { Container = observation.Container, Node = observation.Node }, observation.Count);
        Changed(held, deviation);
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}
