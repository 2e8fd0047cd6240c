using System.Globalization;

namespace Runtime.Learners;

internal static class Figures
{
    /// <summary>Of a random pair, how often the positive one is the larger; equal ones count half.</summary>
    public static double Auc(IReadOnlyCollection<double> positive, IReadOnlyCollection<double> negative) =>
        positive.Sum(p => negative.Sum(n => p > n ? 1 : p == n ? 0.5 : 0)) / positive.Count / negative.Count;

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The value that this share of them does not exceed.</summary>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>"4.8 % (1.9 to 11.6)": a share with its 95 % interval (Wilson 1927).</summary>
    public static string Share(int count, int of)
    {
        const double z = 1.96;
        var share = (double)count / of;
        var middle = (share + z * z / (2 * of)) / (1 + z * z / of);
        var half = z / (1 + z * z / of) * Math.Sqrt(share * (1 - share) / of + z * z / (4.0 * of * of));
        return string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} % ({100 * (middle - half):0.0} to {100 * (middle + half):0.0})");
    }

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
