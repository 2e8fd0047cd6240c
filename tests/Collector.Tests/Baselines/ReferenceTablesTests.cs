using Runtime.Collector.Baselines;
using Xunit;

namespace Runtime.Collector.Tests.Baselines;

/// <summary>
/// The reference simulations (3,000 deployments, 60 days, seed 20261123) through our estimators, counters and lock rule. The expected figures are
/// what the reference programs print; the generator is reproduced draw by draw, so they must agree to the last printed digit.
/// </summary>
public sealed class ReferenceTablesTests
{
    private const double Printed = 0.00051;

    [Fact]
    public void PythonRandom_SameSeed_DrawsWhatPythonDraws()
    {
        // random.Random(20261123): random(), random(), randint(30, 200), gauss(-1, 2.5), expovariate(1 / 480)
        var random = new PythonRandom(SimulatedDeployment.Seed);
        double[] drawn = [random.NextDouble(), random.NextDouble(), random.Between(30, 200), random.Gauss(-1.0, 2.5), random.Exponential(1.0 / 480)];
        Assert.Equal(new double[] { 0.7548469049910241, 0.8974816498515421, 197.0, -2.541687031410846, 394.59200701291047 }, drawn);
    }

    [Fact]
    public void PredictedNew_OverAllDeployments_MatchesTheCalibrationTable()
    {
        int[] at = [24, 72, 168, 336];
        var predicted = new double[at.Length];
        var actual = new double[at.Length];
        foreach (var items in SimulatedDeployment.All())
        {
            for (var i = 0; i < at.Length; i++)
            {
                var t = at[i];
                var (q1, q2, _) = Count(items, t);
                predicted[i] += Estimators.PredictedNew(t, q1, q2, 24);
                actual[i] += items.Count(item => item[0] >= t && item[0] < t + 24);
            }
        }

        double[] expectedPrediction = [6.381, 1.336, 0.640, 0.313];
        double[] expectedActual = [4.365, 1.304, 0.487, 0.320];
        for (var i = 0; i < at.Length; i++)
        {
            Assert.Equal(expectedPrediction[i], predicted[i] / SimulatedDeployment.Count, Printed);
            Assert.Equal(expectedActual[i], actual[i] / SimulatedDeployment.Count, Printed);
        }
    }

    [Fact]
    public void LambdaGoodTuring_OverAllDeployments_MatchesTheTableAndErrsQuiet()
    {
        int[] at = [6, 24, 72, 168, 336, 672];
        var predicted = new double[at.Length];
        var actual = new double[at.Length];
        var exceeded = new int[at.Length];
        foreach (var items in SimulatedDeployment.All())
        {
            var novelty = new bool[SimulatedDeployment.Hours];
            foreach (var item in items)
            {
                novelty[item[0]] = true;
            }

            for (var i = 0; i < at.Length; i++)
            {
                var (_, _, owners) = Count(items, at[i]);
                var lambda = Estimators.LambdaGoodTuring(24, at[i], owners);
                var next = novelty.Skip(at[i]).Take(24).Count(isNew => isNew);
                predicted[i] += lambda;
                actual[i] += next;
                exceeded[i] += next > 2 * lambda + 3 * Math.Sqrt(lambda) ? 1 : 0;
            }
        }

        double[] expectedLambda = [18.931, 8.116, 1.529, 0.565, 0.181, 0.105];
        double[] expectedActual = [10.297, 3.669, 1.119, 0.323, 0.140, 0.080];
        for (var i = 0; i < at.Length; i++)
        {
            // The reference does not cap a probability at 1; the cap only acts in the first hours.
            Assert.Equal(expectedLambda[i], predicted[i] / SimulatedDeployment.Count, i == 0 ? 0.05 : Printed);
            Assert.Equal(expectedActual[i], actual[i] / SimulatedDeployment.Count, Printed);
            Assert.True(exceeded[i] <= 0.026 * SimulatedDeployment.Count, $"after {at[i]} h {exceeded[i]} scopes exceeded twice the prediction");
        }
    }

    [Fact]
    public void LockRule_OverAllDeployments_LocksWhenTheTableSays()
    {
        var options = new BaselineOptions();
        var locks = new List<int>();
        double items = 0, noveltyHours = 0, days = 0;
        var quiet = 0;
        foreach (var deployment in SimulatedDeployment.All())
        {
            var novelty = new int[SimulatedDeployment.Hours];
            var first = new int[SimulatedDeployment.Hours + 1];
            var second = new int[SimulatedDeployment.Hours + 1];
            foreach (var item in deployment)
            {
                novelty[item[0]]++;
                first[item[0]]++;
                if (item.Length > 1)
                {
                    first[item[1]]--;
                    second[item[1]]++;
                }

                if (item.Length > 2)
                {
                    second[item[2]]--;
                }
            }

            int q1 = 0, q2 = 0, last = 0;
            for (var hour = 0; hour < SimulatedDeployment.Hours; hour++)
            {
                q1 += first[hour];
                q2 += second[hour];
                last = novelty[hour] > 0 ? hour : last;
                var facts = new LockFacts(hour + 1, 2, Estimators.PredictedNew(hour + 1, q1, q2, 24), hour - last);
                if (LockRule.Reached(facts, options) < BaselineState.Locked)
                {
                    continue;
                }

                if (hour <= SimulatedDeployment.Hours - 24 * 14 - 1)
                {
                    locks.Add(hour);
                    var after = novelty.AsSpan(hour + 1, 24 * 14);
                    var hours = 0;
                    foreach (var count in after)
                    {
                        items += count;
                        hours += count > 0 ? 1 : 0;
                    }

                    noveltyHours += hours;
                    quiet += hours == 0 ? 1 : 0;
                    days += 14;
                }

                break;
            }
        }

        locks.Sort();
        // GT+quiet pred24h<=0.5:  98.1 %   median 102   p90 393   0.415 items   0.242 novelty hours   9 % with none
        Assert.Equal(98.1, 100.0 * locks.Count / SimulatedDeployment.Count, 0.051);
        Assert.Equal(102, locks[locks.Count / 2]);
        Assert.Equal(393, locks[(int)(locks.Count * 0.9)]);
        Assert.Equal(0.415, items / days, Printed);
        Assert.Equal(0.242, noveltyHours / days, Printed);
        Assert.Equal(9, 100.0 * quiet / locks.Count, 0.51);
    }

    [Fact]
    public void IncidenceAxis_FedWithSimulatedDeployments_CountsWhatACountFromScratchDoes()
    {
        foreach (var items in SimulatedDeployment.All().Take(50))
        {
            var axis = new IncidenceAxis();
            var incidences = new Incidence[items.Count];
            foreach (var (hour, index) in items.SelectMany((item, index) => item.Select(hour => (hour, index))).Where(pair => pair.hour < 336).OrderBy(pair => pair.hour))
            {
                axis.Add(ref incidences[index], hour);
            }

            Assert.Equal(Count(items, 336), ((int)axis.Singletons, (int)axis.Doubletons, (int)axis.Owners));
        }
    }

    /// <summary>Q1, Q2 and U after the first <paramref name="t"/> hours, counted from scratch.</summary>
    private static (int Q1, int Q2, int Owners) Count(List<int[]> items, int t)
    {
        int q1 = 0, q2 = 0;
        var owners = new HashSet<int>();
        foreach (var item in items)
        {
            var seen = item.Count(hour => hour < t);
            q1 += seen == 1 ? 1 : 0;
            q2 += seen == 2 ? 1 : 0;
            if (seen == 1)
            {
                owners.Add(item[0]);
            }
        }

        return (q1, q2, owners.Count);
    }
}
