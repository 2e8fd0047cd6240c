namespace Runtime.Learners;

/// <summary>
/// Days as they may be: the levels of recorded deployments, times a hundred; one load for all of it with weekends, growth and bursts, to which each count
/// answers in its own measure; its own noise; a weekly job; rollouts.
/// </summary>
internal static class MadeDays
{
    // Grow little or not at all with the load.
    private static readonly string[] s_sets = ["programs", "edges", "paths", "peers", "names", "new paths and peers", "made executable", "privileges", "binaries"];
    private static readonly string[] s_atRollouts = ["execs", "programs", "edges", "privileges", "binaries", "new paths and peers"];

    public static IReadOnlyList<DayCounts> Like(IReadOnlyList<DayCounts> recorded, int deployments, int days, double noise)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, deployments).Select(number => One(recorded[number % recorded.Count], days, noise, random))];
    }

    private static DayCounts One(DayCounts like, int days, double noise, Random random)
    {
        var width = DayCounts.Names.Length;
        var isSet = DayCounts.Names.Select(s_sets.Contains).ToArray();
        var level = Enumerable.Range(0, width).Select(i => Figures.Median(like.Days.Select(day => (double)day[i])) * (isSet[i] ? 1 : 100 * Math.Exp(Figures.Normal(random)))).ToArray();
        var answer = isSet.Select(set => set ? 0.05 : 0.7 + 0.5 * random.NextDouble()).ToArray();
        var own = isSet.Select(_ => noise * (0.5 + random.NextDouble())).ToArray();
        var (weekend, growth) = (0.3 + 0.7 * random.NextDouble(), 0.004 * (2 * random.NextDouble() - 0.5));
        var (weekday, weekly) = (random.Next(7), isSet.Select(_ => random.NextDouble() < 0.15 ? 1 + 2 * random.NextDouble() : 1).ToArray());
        var made = new List<float[]>();
        for (var day = 0; day < days; day++)
        {
            var burst = random.NextDouble() < 0.08 ? 1.5 + 1.5 * random.NextDouble() : 1;
            var load = (day % 7 >= 5 ? weekend : 1) * Math.Exp(growth * day + 0.1 * Figures.Normal(random)) * burst;
            var rollout = random.NextDouble() < 0.12;
            made.Add([.. Enumerable.Range(0, width).Select(i =>
            {
                var mean = level[i] * Math.Pow(load, answer[i]) * Math.Exp(own[i] * Figures.Normal(random)) * (day % 7 == weekday ? weekly[i] : 1);
                mean += rollout && s_atRollouts.Contains(DayCounts.Names[i]) ? 3 + 0.3 * level[i] : 0;
                return (float)Math.Max(0, Math.Round(mean + Math.Sqrt(mean) * Figures.Normal(random)));
            })]);
        }

        return new DayCounts(like.Deployment, made);
    }
}
