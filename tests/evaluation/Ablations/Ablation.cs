using Runtime.Collector.Ingest;

namespace Runtime.Evaluation.Ablations;

/// <summary>The same recordings, judged in several ways: what each idea buys.</summary>
internal static class Ablation
{
    private static IReadOnlyList<IPolicy> Policies { get; } =
    [
        new OurEngine("ours"),
        new OurEngine("ours, replicas not compared", comparesPeers: false),
        new OurEngine("ours, no fleet", hasFleet: false),
        // So large a budget that what is expected to be new never lifts the threshold above the least.
        new OurEngine("ours, fixed threshold of 20", options => options.AlertBudget = 10),
        new EveryNovelty("every new item, fixed 1 h", LockTimes.Hour, () => new OurKeys()),
        new EveryNovelty("every new item, fixed 24 h", LockTimes.Day, () => new OurKeys()),
        new EveryNovelty("every new item, 15 min quiet", LockTimes.QuietQuarter, () => new OurKeys()),
        new EveryNovelty("program paths, fixed 1 h (as StackRox)", LockTimes.Hour, () => new ProgramPaths()),
        new EveryNovelty("program paths, 24 h a revision (as Kubescape)", LockTimes.Day, () => new ProgramPaths(), Revision),
        new EveryNovelty("the same and files, collapse at 50", LockTimes.Day, () => new ProgramsAndFolders(), Revision),
        new EveryNovelty("program tree, 15 min quiet a tag (as Datadog)", LockTimes.QuietQuarterWithinAnHour, () => new ProgramTree(), container => container.Image),
    ];

    /// <summary>For all deployments together, and for each workload apart.</summary>
    public static IReadOnlyList<(AblationRow All, IReadOnlyList<AblationRow> Workloads)> Run(IReadOnlyList<RecordedStream> streams, Action<string> progress) =>
    [
        .. Policies.Select(policy =>
        {
            progress(policy.Name);
            var trials = streams.SelectMany(policy.Try).ToList();
            return (
                new AblationRow(policy.Name, "", trials),
                (IReadOnlyList<AblationRow>)[.. trials.GroupBy(trial => trial.Deployment).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => new AblationRow(policy.Name, group.Key, [.. group]))]);
        }),
    ];

    private static string Revision(ContainerInfo container) => container.PodLabels.GetValueOrDefault("pod-template-hash", "");
}
