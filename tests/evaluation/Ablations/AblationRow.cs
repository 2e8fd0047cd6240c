using System.Globalization;
using System.Text.Json.Nodes;
using Runtime.Evaluation.Reports;

namespace Runtime.Evaluation.Ablations;

/// <summary>What the trials of one policy add up to.</summary>
/// <param name="Workload">Empty: all.</param>
internal sealed record AblationRow(string Policy, string Workload, IReadOnlyList<Trial> Trials)
{
    private const double Day = 24;

    public static readonly string[] Heads =
        ["policy", "locked", "h to lock", "days after", "pages", "a day (95 %)", "h with a page", "a day (95 %)", "before", "digest a day", "predicted/actual", "rollouts: reviews, pages each"];

    public int Locked => Trials.Count(trial => trial.UnitsToLock is not null);

    /// <summary>The median over all deployments, one that never locks counting as the longest; null when that is one.</summary>
    public double? UnitsToLock => Trials.Select(trial => trial.UnitsToLock ?? double.PositiveInfinity).Order().ElementAt((Trials.Count - 1) / 2) is var median && double.IsFinite(median) ? median : null;

    public double DaysAfter => Trials.Sum(trial => trial.UnitsAfter) / Day;

    public int Pages => Trials.Sum(trial => trial.Pages);

    public int UnitsWithPages => Trials.Sum(trial => trial.UnitsWithPages);

    public int PagesBefore => Trials.Sum(trial => trial.PagesBefore);

    public double? DigestLinesPerDay => Trials.Sum(trial => trial.DigestLines) / NotZero(Trials.Where(trial => trial.DigestLines is not null).Sum(trial => trial.UnitsAfter) / Day);

    public double? NoveltyRatio => Trials.Sum(trial => trial.PredictedNew) / NotZero(Trials.Sum(trial => trial.ActualNew ?? 0));

    public int Rollouts => Trials.Sum(trial => trial.Rollouts ?? 0);

    public double? ReviewsPerRollout => Trials.Sum(trial => trial.Reviews) / NotZero(Rollouts);

    public double? PagesPerRollout => Trials.Sum(trial => trial.RolloutPages) / NotZero(Rollouts);

    public string[] Cells() =>
    [
        Workload.Length > 0 ? Workload : Policy, Text($"{Locked} of {Trials.Count}"), Number(UnitsToLock, "0.0"), Number(DaysAfter, "0.0"), $"{Pages}", Rate(Pages), $"{UnitsWithPages}", Rate(UnitsWithPages), $"{PagesBefore}",
        Number(DigestLinesPerDay, "0.000"), Number(NoveltyRatio, "0.00"), Rollouts > 0 ? Text($"{Rollouts}: {ReviewsPerRollout:0.00}, {PagesPerRollout:0.00}") : "",
    ];

    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["policy"] = Policy,
            ["workload"] = Workload.Length > 0 ? Workload : null,
            ["deployments"] = Trials.Count,
            ["locked"] = Locked,
            ["hours_to_lock_median"] = UnitsToLock,
            ["deployment_days_after_lock"] = DaysAfter,
            ["pages"] = Pages,
            ["pages_per_deployment_day"] = PerDay(Pages),
            ["pages_per_deployment_day_95"] = Interval(Pages),
            ["hours_with_pages"] = UnitsWithPages,
            ["hours_with_pages_per_deployment_day"] = PerDay(UnitsWithPages),
            ["hours_with_pages_per_deployment_day_95"] = Interval(UnitsWithPages),
            ["pages_before_lock"] = PagesBefore,
        };
        if (Trials.Any(trial => trial.DigestLines is not null))
        {
            json["digest_lines_per_deployment_day"] = DigestLinesPerDay;
            json["predicted_new"] = Trials.Sum(trial => trial.PredictedNew);
            json["actual_new"] = Trials.Sum(trial => trial.ActualNew);
            json["predicted_per_actual"] = NoveltyRatio;
            json["predicted_new_at_rollouts"] = Trials.Sum(trial => trial.PredictedNewAtRollouts);
            json["actual_new_at_rollouts"] = Trials.Sum(trial => trial.ActualNewAtRollouts);
            json["rollouts"] = Rollouts;
            json["reviews_per_rollout"] = ReviewsPerRollout;
            json["pages_per_rollout"] = PagesPerRollout;
        }

        if (Workload.Length > 0)
        {
            json["titles"] = Words(trial => trial.Titles);
            json["new_items"] = Words(trial => trial.NewItems);
            json["waits_for"] = Words(trial => trial.WaitsFor.Length > 0 ? [trial.WaitsFor] : []);
        }

        return json;
    }

    private JsonArray Words(Func<Trial, IEnumerable<string>> words) => new([.. Trials.SelectMany(words).Select(word => JsonValue.Create(word))]);

    private double? PerDay(int count) => DaysAfter > 0 ? count / DaysAfter : null;

    private JsonArray? Interval(int count) => DaysAfter > 0 && Poisson.Interval(count) is var (least, most) ? new JsonArray(least / DaysAfter, most / DaysAfter) : null;

    private string Rate(int count) => DaysAfter > 0 && Poisson.Interval(count) is var (least, most)
        ? Text($"{count / DaysAfter:0.000} ({least / DaysAfter:0.000} to {most / DaysAfter:0.000})")
        : "";

    private static double? NotZero(double value) => value == 0 ? null : value;

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
