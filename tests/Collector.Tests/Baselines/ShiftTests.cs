using Xunit;

namespace Runtime.Collector.Tests.Baselines;

/// <summary>
/// A change point on hourly novelty (Poisson CUSUM, alarm above 5) was to make thresholds five times as high for an hour. What that hour holds is why it is left out:
/// see DECISIONS.md. Runtime.Collector.Tests -diagnostics -class '*ShiftTests' prints the figures.
/// </summary>
public sealed class ShiftTests
{
    private const int From = 102;

    [Fact]
    public void HourAfterAShift_OverAllDeployments_HoldsNoMoreNoveltyThanAnyOther()
    {
        long hours = 0, novel = 0, alarms = 0, after = 0;
        double predicted = 0;
        foreach (var items in SimulatedDeployment.All())
        {
            var novelties = new int[SimulatedDeployment.Hours];
            foreach (var item in items)
            {
                novelties[item[0]]++;
            }

            var (sum, lambda, isAfter) = (0.0, 0.0, false);
            for (var hour = From; hour < SimulatedDeployment.Hours; hour++)
            {
                lambda = lambda == 0 || hour % 24 == 0 ? Lambda(items, novelties, hour) : lambda;
                var (usual, shifted) = (lambda / 24, 5 * lambda / 24 + 0.1);
                var isNovel = novelties[hour] > 0;
                hours++;
                novel += isNovel ? 1 : 0;
                after += isAfter && isNovel ? 1 : 0;
                predicted += isAfter ? usual : 0;
                sum = Math.Max(0, sum + novelties[hour] * Math.Log(shifted / usual) - (shifted - usual));
                isAfter = sum > 5;
                if (isAfter)
                {
                    alarms++;
                    sum = 0;
                }
            }
        }

        var (share, usually) = (after / (double)alarms, novel / (double)hours);
        TestContext.Current.SendDiagnosticMessage(
            "{0} alarms, {1:0.000} a deployment-day; something new in the hour after one: {2:0.0000}, in any hour {3:0.0000}, by lambda {4:0.0000}",
            alarms, alarms * 24.0 / hours, share, usually, predicted / alarms);
        Assert.True(alarms > 1000, $"{alarms} alarms");
        Assert.True(share <= predicted / alarms, $"{share} of the hours after a shift held something new, lambda says {predicted / alarms}");
    }

    /// <summary>As <see cref="Collector.Baselines.GroupBaseline.Lambda"/> has it over hours.</summary>
    private static double Lambda(List<int[]> items, int[] novelties, int hour)
    {
        var owners = items.Where(item => item[0] < hour && (item.Length < 2 || item[1] >= hour)).Select(item => item[0]).Distinct().Count();
        var lately = Math.Min(hour, 168);
        var observed = Collector.Baselines.Estimators.LambdaObserved(novelties.AsSpan(hour - lately, lately).ToArray().Count(count => count > 0), lately / 24.0);
        return Collector.Baselines.Estimators.Lambda(hour, Collector.Baselines.Estimators.LambdaGoodTuring(24, hour, owners), observed);
    }
}
