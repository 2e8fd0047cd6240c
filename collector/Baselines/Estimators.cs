namespace Runtime.Collector.Baselines;

/// <summary>
/// Unseen-species estimators over incidence: what will be new, from how many items were seen in one unit only and in two.
/// Chao, "Nonparametric estimation of the number of classes" (1984) and "Estimating the population size" (1987); Good (1953).
/// </summary>
/// <remarks>T: units; Q1, Q2: items seen in exactly one, two units; U: units that hold an item seen in no other; U ≤ Q1.</remarks>
internal static class Estimators
{
    /// <summary>Lower bound of the number of items that exist and were not seen (Chao2).</summary>
    public static double Unseen(long t, long q1, long q2) =>
        t < 1 ? 0 : (t - 1.0) / t * (q2 > 0 ? (double)q1 * q1 / (2.0 * q2) : q1 * (q1 - 1.0) / 2);

    /// <summary>Expected new items in the next <paramref name="m"/> units. Reliable for m up to about T; above 99 nothing is claimed with fewer than two units.</summary>
    public static double PredictedNew(long t, long q1, long q2, double m)
    {
        if (t < 2)
        {
            return 99;
        }

        var unseen = Unseen(t, q1, q2);
        return unseen <= 0 ? (double)q1 / t * m : unseen * (1 - Math.Pow(1 - q1 / (t * unseen + q1), m));
    }

    /// <summary>Share of what occurs that was seen before, 0 to 1. <paramref name="pairs"/>: sum over items of their units.</summary>
    public static double Coverage(long t, long q1, long q2, long pairs)
    {
        if (t < 1 || pairs < 1)
        {
            return 0;
        }

        var denominator = (t - 1.0) * q1 + 2.0 * q2;
        return denominator <= 0 ? q1 == 0 ? 1 : 0 : Math.Clamp(1 - q1 / (double)pairs * ((t - 1.0) * q1 / denominator), 0, 1);
    }

    /// <summary>Conformal p-value that a harmless next unit holds something new; needs exchangeable units.</summary>
    public static double NoveltyProbability(long t, long u) => Math.Min(1, (u + 1.0) / (t + 1.0));

    /// <summary>95 % upper bound of that probability: exact when no unit had anything of its own, Wilson's else.</summary>
    public static double NoveltyUpperBound(long t, long u)
    {
        if (t < 1)
        {
            return 1;
        }

        if (u == 0)
        {
            return 1 - Math.Pow(0.05, 1.0 / t);
        }

        const double z = 1.959963984540054;
        var p = Math.Min(1, u / (double)t);
        var middle = p + z * z / (2 * t);
        var margin = z * Math.Sqrt(p * (1 - p) / t + z * z / (4.0 * t * t));
        return Math.Min(1, (middle + margin) / (1 + z * z / t));
    }

    /// <summary>Novelty incidents per day by Good and Turing on one axis.</summary>
    public static double LambdaGoodTuring(double unitsPerDay, long t, long u) => unitsPerDay * Math.Min(1, (u + 0.5) / (t + 1.0));

    /// <summary>Novelty incidents per day by what was observed lately (gamma-Poisson), pulled towards what a deployment usually has.</summary>
    /// <param name="noveltyUnits">Units with something new within <paramref name="days"/>.</param>
    /// <param name="days">Covered days that were looked at, at most 7.</param>
    public static double LambdaObserved(long noveltyUnits, double days) =>
        (PriorWeight + noveltyUnits) / (PriorWeight / UsualLambda + days);

    /// <summary>Expected novelty incidents per day: what the alert threshold stands on.</summary>
    public static double Lambda(long t, double goodTuring, double observed) =>
        Math.Clamp(t < 24 ? goodTuring : (goodTuring + observed) / 2, 0.02, 200);

    private const double PriorWeight = 0.5;
    private const double UsualLambda = 0.2;
}
