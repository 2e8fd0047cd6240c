namespace Runtime.Collector.Tests.Baselines;

/// <summary>
/// The reference generator of deployments: items with heavy-tailed rates, hourly to monthly jobs, and correlated rare bursts, over 60 days.
/// Each item is told by its first three hours of occurrence.
/// </summary>
internal static class SimulatedDeployment
{
    public const int Hours = 24 * 60;
    public const int Count = 3000;
    public const uint Seed = 20261123;

    private static readonly int[] ReplicaChoices = [1, 2, 3, 5, 10];
    private static readonly (int Period, double Mean)[] Jobs = [(1, 2), (24, 3), (24 * 7, 1.0), (24 * 30, 0.4)];

    public static IEnumerable<List<int[]>> All()
    {
        var random = new PythonRandom(Seed);
        for (var i = 0; i < Count; i++)
        {
            yield return Make(random);
        }
    }

    private static List<int[]> Make(PythonRandom random)
    {
        var replicas = ReplicaChoices[random.Below(ReplicaChoices.Length)];
        var items = new List<int[]>();
        for (var left = random.Between(30, 200); left > 0; left--)
        {
            var rate = Math.Exp(random.Gauss(-1.0, 2.5));
            items.Add(FirstThree(random, 1 - Math.Exp(-Math.Min(rate * replicas, 50))));
        }

        foreach (var (period, mean) in Jobs)
        {
            for (var left = Poisson(random, mean); left > 0; left--)
            {
                var first = random.Below(period);
                items.Add(new[] { first, first + period, first + 2 * period }.Where(hour => hour < Hours).ToArray());
            }
        }

        for (var time = random.Exponential(1.0 / 480); time < Hours; time += random.Exponential(1.0 / 480))
        {
            for (var left = random.Between(1, 8); left > 0; left--)
            {
                items.Add([(int)time]);
            }
        }

        return items.Where(item => item.Length > 0).ToList();
    }

    private static int[] FirstThree(PythonRandom random, double p)
    {
        var hours = new List<int>(3);
        var time = -1;
        for (var i = 0; i < 3; i++)
        {
            if (p >= 1 - 1e-12)
            {
                time++;
            }
            else
            {
                var u = random.NextDouble();
                time += p > 0 ? (int)Math.Min(Hours + 1, 1 + Math.Truncate(Math.Log(1 - u) / Math.Log(1 - p))) : Hours;
            }

            if (time >= Hours)
            {
                break;
            }

            hours.Add(time);
        }

        return [.. hours];
    }

    private static int Poisson(PythonRandom random, double mean)
    {
        var limit = Math.Exp(-mean);
        var k = 0;
        var p = 1.0;
        while (true)
        {
            p *= random.NextDouble();
            if (p < limit)
            {
                return k;
            }

            k++;
        }
    }
}
