using System.Collections.Frozen;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Incidents;

/// <summary>
/// Programs that start others by the clock. What they start for the first time is likelier to be a job that was not due yet than an attack, while the
/// deployment was not watched for a full week.
/// </summary>
internal static class Schedulers
{
    // Of Debian's cron, anacron and at; cronie, dcron and busybox ("crond"); fcron; those made for containers.
    private static readonly FrozenSet<string> Names = FrozenSet.Create(
        StringComparer.Ordinal, "cron", "crond", "anacron", "atd", "fcron", "dcron", "supercronic", "go-crond", "yacron");

    /// <param name="lineage">The process first.</param>
    /// <param name="root">Index of the highest process that deviates: a scheduler that is new itself explains nothing.</param>
    public static bool Started(IReadOnlyList<ProcessInfo> lineage, int root)
    {
        for (var i = root + 1; i < lineage.Count; i++)
        {
            if (Is(lineage[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>By name, and of the image: a file that was put there after the start may call itself anything.</summary>
    private static bool Is(ProcessInfo process) =>
        (process.Flags & (ProcessFlags.UpperLayer | ProcessFlags.Memfd | ProcessFlags.Deleted)) == 0
        && Names.Contains(ProgramNames.CalledName(process.Binary, process.Arguments));
}
