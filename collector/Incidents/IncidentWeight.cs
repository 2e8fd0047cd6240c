using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;

namespace Runtime.Collector.Incidents;

/// <summary>One class of evidence within an incident.</summary>
/// <param name="Class">Distinct within the incident and group.</param>
/// <param name="EValue">The strongest deviation of the class.</param>
/// <param name="Threshold">What the group's state asked for when it was seen.</param>
/// <param name="IsOrdinary">Weighs only in an incident that holds nothing else; see <see cref="Assessment.IsOrdinary"/>.</param>
/// <param name="Stands">Of <see cref="KindGroup.Resource"/>: enough by itself, whatever else is in the incident.</param>
/// <param name="Gravity">See <see cref="Assessment.Gravity"/>.</param>
/// <param name="Bar">What the threshold would be for another budget; null in a state that was saved without it.</param>
internal sealed record WeighedClass(
    string Class, KindGroup Group, double EValue, double Threshold, IReadOnlyList<string> Techniques, bool IsOrdinary = false, bool Stands = false, Severity Gravity = Severity.Medium,
    Bar? Bar = null);

/// <summary>An incident's evidence and what it has to reach.</summary>
internal readonly record struct Weight(double EValue, double Threshold)
{
    public bool Alerts => EValue >= Threshold;

    public Weight Times(double factor) => this with { EValue = Math.Min(IncidentWeight.Cap, EValue * factor) };

    public Severity Severity =>
        EValue >= 1000 * Threshold ? Severity.Critical
        : EValue >= 10 * Threshold ? Severity.High
        : EValue >= Threshold ? Severity.Medium
        : EValue >= 1 ? Severity.Low
        : Severity.Info;

    /// <summary>Whether people hear of it, the weight alone decides; of what is grave they hear as that.</summary>
    public Severity SeverityWith(Severity gravity) => Alerts && Severity < gravity ? gravity : Severity;
}

/// <summary>
/// Adds evidence up: the strongest class of each group, a tempered product over the groups process, file and network (which depend only
/// roughly), and no less than the strongest of them: whoever attacks must not water down what is strong by what is weak. Against
/// threshold = lambda / budget it keeps the budget (`IncidentWeightTests` simulates that).
/// </summary>
internal static class IncidentWeight
{
    public const double Cap = 1e6;
    public const double Temper = 0.8;

    /// <summary>What a container uses multiplies with no more: a floor that is lifted is seldom harmless, but a change of load can do it.</summary>
    public const double ResourceCap = 30;

    /// <summary>Independent of the order of <paramref name="classes"/>.</summary>
    /// <remarks>
    /// Kind groups lock apart, so they ask for different thresholds. Evidence counts for a threshold when its own group asks for no more: a
    /// group that is still learning cannot push a locked group's evidence over the lower bar, nor hold it back.
    /// </remarks>
    public static Weight Combine(IReadOnlyCollection<WeighedClass> classes)
    {
        var resources = classes.Where(weighed => weighed.Group == KindGroup.Resource).ToList();
        var behaviour = resources.Count == 0 ? classes : classes.Where(weighed => weighed.Group != KindGroup.Resource).ToList();

        // What a container uses asks for no threshold of its own: it multiplies what people may hear of, and alone it is below any of them.
        var best = new Weight(resources.Count > 0 ? Product([], resources) : 0, LockRule.LearningThreshold);
        var candidates = behaviour.Select(weighed => weighed.Threshold).Distinct().Order()
            .Select(threshold => new Weight(Product(behaviour.Where(weighed => weighed.Threshold <= threshold), resources), threshold))
            .Concat(resources.Where(weighed => weighed.Stands).Select(weighed => new Weight(Math.Min(Cap, weighed.EValue), weighed.Threshold)));
        foreach (var weight in candidates)
        {
            if (weight.EValue / weight.Threshold > best.EValue / best.Threshold)
            {
                best = weight;
            }
        }

        return best;
    }

    private static double Product(IEnumerable<WeighedClass> classes, List<WeighedClass> resources)
    {
        var all = classes.ToList();

        // What a session's every command and every own connection is adds nothing to the one thing that stands out.
        var counted = all.Exists(weighed => !weighed.IsOrdinary) ? all.FindAll(weighed => !weighed.IsOrdinary) : all;
        var groups = counted.GroupBy(weighed => weighed.Group == KindGroup.Listen ? KindGroup.Egress : weighed.Group)
            .Select(group => group.Max(weighed => weighed.EValue)).ToList();
        var use = resources.Count > 0 ? Math.Min(ResourceCap, resources.Max(weighed => weighed.EValue)) : 1;

        // What is usual in one group excuses nothing in another. Sorted, or the product's rounding would depend on the order of arrival.
        var factors = groups.Append(use).Where(value => value > 1).Order().ToList();
        var product = factors.Aggregate(1.0, (all, value) => all * value);

        // One group alone has nothing to be dependent on.
        var joined = groups.Count == 0 ? use : Math.Max(groups.Max(), factors.Count > 1 || use > 1 ? Math.Pow(product, Temper) : 0);
        if (Techniques.DistinctTactics(all.Concat(resources).SelectMany(weighed => weighed.Techniques)) >= 3)
        {
            joined *= 3;
        }

        return Math.Min(Cap, joined);
    }
}
