using Runtime.Collector.Ingest;

namespace Runtime.Evaluation.Ablations;

/// <summary>As others do: everything new is learnt until the lock, and after it pages, once for each thing.</summary>
/// <param name="profile">What is kept of a deployment.</param>
/// <param name="part">What of a deployment is learnt by itself (a revision, a version); all of it together when null.</param>
internal sealed class EveryNovelty(string name, LockTime lockTime, Func<IProfile> profile, Func<ContainerInfo, string>? part = null) : IPolicy
{
    public string Name => name;

    public IReadOnlyList<Trial> Try(RecordedStream stream) =>
    [
        .. stream.Observations.Where(observation => RecordedStream.IsCounted(observation.Scope)).GroupBy(observation => observation.Scope.OwnerName)
            .OrderBy(deployment => deployment.Key, StringComparer.Ordinal)
            .Select(deployment => Try(deployment.Key, [.. deployment], stream.Note.Unit)),
    ];

    private Trial Try(string deployment, IReadOnlyList<Observation> observations, TimeSpan unit)
    {
        var pages = new Pages();
        var begun = observations[0].First;
        var parts = observations.GroupBy(observation => part is null || observation.Container is not { } container ? "" : part(container))
            .Select(one => Learn([.. one], begun, unit, pages)).ToList();
        return new Trial(deployment)
        {
            UnitsToLock = parts[0].Locked,
            UnitsAfter = parts.Sum(one => one.Locked is { } locked ? Math.Max(0, one.Last - locked) : 0),
            Pages = pages.After,
            UnitsWithPages = pages.Units,
            Titles = pages.Titles,
        };
    }

    private (double? Locked, double Last) Learn(IReadOnlyList<Observation> observations, DateTimeOffset begun, TimeSpan unit, Pages pages)
    {
        var kept = profile();
        var serving = ServingSince(observations);
        double? locked = null;
        double now = 0, lastNew = 0;
        foreach (var observation in observations.Where(observation => observation.Lineage.Count > 0))
        {
            now = Math.Max(now, (observation.First - begun) / unit);
            if (locked is null && observation.First >= serving && lockTime((serving - begun) / unit, lastNew) is var due && due <= now)
            {
                locked = due;
            }

            foreach (var novelty in kept.TakeNew(observation, locked is not null))
            {
                lastNew = now;
                if (locked is not null)
                {
                    pages.Add(observation.First, (int)now, isLocked: true, novelty, novelty);
                }
            }
        }

        return (locked, now);
    }

    /// <summary>
    /// A start takes seconds however long an hour is here. So that it does not eat an hour of theirs, their clocks begin when the first user is
    /// served, or, where nobody is, when the first container is past its start.
    /// </summary>
    private static DateTimeOffset ServingSince(IReadOnlyList<Observation> observations) =>
        (observations.FirstOrDefault(observation => observation is NetworkObservation { Operation: NetworkOperation.Accept })
            ?? observations.FirstOrDefault(observation => observation.Lineage.Count > 0 && observation.Process.Phase == Phase.Steady)
            ?? observations[^1]).First;
}
