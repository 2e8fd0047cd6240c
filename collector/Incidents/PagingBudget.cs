using Runtime.Collector.Baselines;

namespace Runtime.Collector.Incidents;

/// <summary>
/// From which budget on an incident would page. A larger budget never asks for more, so one figure answers for all of them: whoever thinks about another
/// budget asks what is stored, and nothing has to be learnt again.
/// </summary>
internal static class PagingBudget
{
    /// <summary>Above every budget that may be set.</summary>
    public const double None = 1e9;

    // Five decades, halved: far below what a person can type.
    private const int Halvings = 40;
    private const double Rounding = 1e-9;

    public static bool Pages(double from, double budget) => budget >= from * (1 - Rounding);

    /// <param name="factor">Of the whole weight.</param>
    /// <param name="times">So many times the threshold must be reached.</param>
    /// <returns>Null when a class does not tell what its threshold follows.</returns>
    public static double? Least(IReadOnlyCollection<WeighedClass> classes, double factor, double times)
    {
        if (classes.Any(weighed => weighed.Bar is null))
        {
            return null;
        }

        var (low, high) = (Math.Log(BaselineOptions.LeastBudget), Math.Log(BaselineOptions.MostBudget));
        if (!Reaches(classes, factor, times, BaselineOptions.MostBudget))
        {
            return None;
        }

        if (Reaches(classes, factor, times, BaselineOptions.LeastBudget))
        {
            return BaselineOptions.LeastBudget;
        }

        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Reaches(classes, factor, times, Math.Exp(middle)) ? (low, middle) : (middle, high);
        }

        return Math.Exp(high);
    }

    private static bool Reaches(IReadOnlyCollection<WeighedClass> classes, double factor, double times, double budget)
    {
        var weight = IncidentWeight.Combine([.. classes.Select(weighed => weighed with { Threshold = weighed.Bar!.ThresholdAt(budget) })]).Times(factor);
        return weight.EValue >= times * weight.Threshold;
    }
}
