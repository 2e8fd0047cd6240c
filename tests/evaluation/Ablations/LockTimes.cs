namespace Runtime.Evaluation.Ablations;

/// <summary>When a policy holds what it learnt for complete, if nothing new comes until then. All in units.</summary>
/// <param name="begun">When the deployment began to serve.</param>
/// <param name="lastNew">When something was new last.</param>
/// <returns>Infinity: never.</returns>
internal delegate double LockTime(double begun, double lastNew);

/// <summary>The rules of others; sources as read in public in August 2026.</summary>
internal static class LockTimes
{
    /// <summary>StackRox, ROX_BASELINE_GENERATION_DURATION (pkg/env/baseline.go): an hour from the first process on. Prisma Compute's is an hour too.</summary>
    public static double Hour(double begun, double lastNew) => begun + 1;

    /// <summary>Kubescape node-agent (pkg/config/config.go): a profile is complete after 24 hours.</summary>
    public static double Day(double begun, double lastNew) => begun + 24;

    /// <summary>Without an end to wait for.</summary>
    public static double QuietQuarter(double begun, double lastNew) => Math.Max(begun, lastNew) + 0.25;

    /// <summary>
    /// Datadog agent (pkg/security/security_profile): three minutes to warm up, then stable when 15 minutes brought nothing new; not stable within an
    /// hour, nothing is told.
    /// </summary>
    public static double QuietQuarterWithinAnHour(double begun, double lastNew) => Math.Max(begun + 0.05, lastNew) + 0.25 is var stable && stable <= begun + 1 ? stable : double.PositiveInfinity;
}
