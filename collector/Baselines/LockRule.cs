using System.Globalization;

namespace Runtime.Collector.Baselines;

/// <summary>What the lock rule looks at.</summary>
/// <param name="Units">Covered units.</param>
/// <param name="Starts">Container starts that were watched from their beginning; null where there are none (the host).</param>
/// <param name="PredictedNew">Expected new items in the next day.</param>
/// <param name="QuietUnits">Covered units since the last new item.</param>
/// <param name="IsJob">Each start is a run of its own, and nothing happens between them: covered units teach nothing in their place.</param>
internal readonly record struct LockFacts(long Units, long? Starts, double PredictedNew, double QuietUnits, bool IsJob = false);

/// <summary>What a deviation must weigh, as a function of the budget.</summary>
/// <param name="Lambda">Expected novelty incidents per day.</param>
/// <param name="Floor">Never less than this.</param>
internal sealed record Bar(double Lambda, double Floor)
{
    /// <summary>The factor by which novelty is expected to outnumber the budget, and never little.</summary>
    public double ThresholdAt(double budget) => Math.Max(Lambda / budget, Floor);
}

/// <summary>When a kind group of a baseline moves from learning to provisional to locked, and what its deviations must weigh.</summary>
/// <remarks>
/// States only rise: a lock is no switch, it sets the threshold, and the threshold follows the novelty that is expected. A flood of novelty
/// could otherwise unlock a baseline and be learnt.
/// </remarks>
internal static class LockRule
{
    public const double ProvisionalPrediction = 1.0;
    public const double LockedPrediction = 0.5;

    /// <summary>Evidence that a deviation must have on its own to count while everything is still new.</summary>
    public const double LearningThreshold = 1000;

    /// <summary>Runs of a Job or CronJob before it leaves learning.</summary>
    public const int JobRuns = 3;
    public const double ProvisionalThreshold = 50;
    public const double LockedThreshold = 20;

    public static BaselineState Next(BaselineState state, in LockFacts facts, BaselineOptions options)
    {
        var reached = Reached(facts, options);
        if (reached >= BaselineState.Locked)
        {
            return state is BaselineState.LockedWeek ? state : reached;
        }

        if (state is BaselineState.Locked or BaselineState.LockedWeek)
        {
            return state;
        }

        // A job of the week has not been seen often enough to be called restless.
        if (facts.Units > 7 * BaselineOptions.UnitsPerDay && facts.Units > options.LockUnits && HasStarts(facts, options, options.UnitsInsteadOfStarts))
        {
            return BaselineState.Unstable;
        }

        return state == BaselineState.Unstable || state > reached ? state : reached;
    }

    /// <summary>Learning, Provisional, Locked or LockedWeek, by the facts alone.</summary>
    public static BaselineState Reached(in LockFacts facts, BaselineOptions options)
    {
        if (facts.Units < options.LearningUnits || !HasStarts(facts, options, BaselineOptions.UnitsPerDay))
        {
            return BaselineState.Learning;
        }

        if (facts.Units >= options.LockUnits
            && facts.PredictedNew <= LockedPrediction
            && facts.QuietUnits >= QuietForLock(facts.Units)
            && HasStarts(facts, options, options.UnitsInsteadOfStarts))
        {
            return facts.Units >= options.WeekUnits ? BaselineState.LockedWeek : BaselineState.Locked;
        }

        return facts.PredictedNew <= ProvisionalPrediction && facts.QuietUnits >= Math.Max(1, 0.10 * facts.Units)
            ? BaselineState.Provisional
            : BaselineState.Learning;
    }

    /// <summary>Evidence that a deviation must reach to alert, however large the budget.</summary>
    public static double Floor(BaselineState state) => state switch
    {
        BaselineState.Learning => LearningThreshold,
        BaselineState.Locked or BaselineState.LockedWeek => LockedThreshold,
        _ => ProvisionalThreshold,
    };

    /// <summary>What is missing for the lock, in words; empty when nothing is.</summary>
    public static string WaitsFor(in LockFacts facts, BaselineOptions options)
    {
        var missing = new List<string>();
        var unit = UnitWord(options.Unit);
        if (facts.Units < options.LockUnits)
        {
            missing.Add(Text($"{options.LockUnits} covered {unit}, has {facts.Units}"));
        }

        if (!HasStarts(facts, options, options.UnitsInsteadOfStarts))
        {
            missing.Add(facts.IsJob
                ? Text($"{JobRuns} runs, has {facts.Starts}")
                : Text($"{options.Starts} container starts (or {options.UnitsInsteadOfStarts} {unit} without one), has {facts.Starts}"));
        }

        if (facts.PredictedNew > LockedPrediction)
        {
            missing.Add(Text($"at most {LockedPrediction} new items expected in the next day, expects {facts.PredictedNew:0.##}"));
        }

        // The wait grows with age, so the figure is what would do when everything else is there.
        var quiet = QuietForLock(Math.Max(facts.Units, options.LockUnits));
        if (facts.QuietUnits < quiet)
        {
            missing.Add(Text($"{quiet:0.#} {unit} without anything new, has {facts.QuietUnits}"));
        }

        return missing.Count == 0 ? "" : "needs " + string.Join("; ", missing);
    }

    /// <summary>"hours", or "units of 500 ms".</summary>
    public static string UnitWord(TimeSpan unit) =>
        unit == TimeSpan.FromHours(1) ? "hours"
        : unit.TotalSeconds < 1 ? Text($"units of {unit.TotalMilliseconds:0.#} ms")
        : unit.TotalMinutes < 1 ? Text($"units of {unit.TotalSeconds:0.#} s")
        : Text($"units of {unit.TotalMinutes:0.#} min");

    private static double QuietForLock(long units) => Math.Max(6, 0.25 * units);

    /// <summary>What never restarts would wait for ever: enough covered units take the starts' place.</summary>
    private static bool HasStarts(in LockFacts facts, BaselineOptions options, int unitsInstead) =>
        facts.Starts is not { } starts || (facts.IsJob ? starts >= JobRuns : starts >= options.Starts || facts.Units >= unitsInstead);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
