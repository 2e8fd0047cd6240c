using CsCheck;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Tests.Baselines;
using Xunit;

namespace Runtime.Collector.Tests.Incidents;

public sealed class IncidentWeightTests
{
    private static readonly double[] Thresholds = [20, 50, 1000];
    private static readonly string[] Named = ["T1105", "T1190", "T1496.001", "T1053.003"];
    private static readonly Gen<WeighedClass> Classes =
        Gen.Select(Gen.Int[0, 30], Gen.Enum<KindGroup>(), Gen.Double[0.1, 100], Gen.Int[0, 2], Gen.Int[0, 3])
            .Select((name, group, value, threshold, technique) => new WeighedClass("c" + name, group, value, Thresholds[threshold], [Named[technique]]));

    [Fact]
    public void Combine_AnyOrder_WeighsTheSame() => Gen.Select(Classes.Array[1, 12], Gen.Int).Sample((classes, seed) =>
    {
        var shuffled = classes.ToArray();
        new Random(seed).Shuffle(shuffled);
        Assert.Equal(IncidentWeight.Combine(classes), IncidentWeight.Combine(shuffled));
    });

    /// <summary>As an incident gathers it: of a class that comes again the strongest counts, whenever it came.</summary>
    [Fact]
    public void Weigh_DeviationsOfAnEpisodeInAnyOrder_WeighTheSame() => Gen.Select(Classes.Array[1, 40], Gen.Int).Sample((classes, seed) =>
    {
        var shuffled = classes.ToArray();
        new Random(seed).Shuffle(shuffled);
        Assert.Equal(Gathered(classes), Gathered(shuffled));

        static Weight Gathered(WeighedClass[] classes)
        {
            var held = new HeldIncident { Record = null! };
            for (var i = 0; i < classes.Length; i++)
            {
                held.Weigh(classes[i], ObservationBuilder.Epoch.AddSeconds(i), new BaselineOptions());
            }

            return IncidentWeight.Combine(held.Episode);
        }
    });

    [Fact]
    public void Combine_OneGroup_IsItsStrongestClass() =>
        Assert.Equal(new Weight(60, 20), IncidentWeight.Combine([Class("a", KindGroup.Process, 60, 20), Class("b", KindGroup.Process, 10, 20)]));

    [Fact]
    public void Combine_WhatIsOrdinary_AddsNothingToWhatStandsOut() => Assert.Equal(new Weight(60, 20), IncidentWeight.Combine([
        Class("a", KindGroup.Process, 60, 20),
        Class("b", KindGroup.Process, 0.5, 20) with { IsOrdinary = true },
        Class("c", KindGroup.File, 1.9, 20) with { IsOrdinary = true }]));

    [Fact]
    public void Combine_TwoGroups_IsATemperedProduct()
    {
        var weight = IncidentWeight.Combine([Class("a", KindGroup.Process, 60, 20), Class("b", KindGroup.Egress, 4, 20)]);
        Assert.Equal(Math.Pow(240, 0.8), weight.EValue, 1e-9);
        Assert.Equal(Severity.Medium, weight.Severity);
    }

    [Fact]
    public void Combine_EgressAndListen_AreOneGroup() =>
        Assert.Equal(8, IncidentWeight.Combine([Class("a", KindGroup.Egress, 4, 20), Class("b", KindGroup.Listen, 8, 20)]).EValue, 1e-9);

    /// <summary>An attacker adds harmless things at will.</summary>
    [Fact]
    public void Combine_WhatComesBeside_NeverWatersDown() => Gen.Select(Classes.Array[1, 8], Classes).Sample((classes, beside) =>
    {
        var (alone, with) = (IncidentWeight.Combine(classes), IncidentWeight.Combine([.. classes, beside]));
        Assert.True(with.EValue / with.Threshold >= alone.EValue / alone.Threshold * (1 - 1e-9), $"{alone} became {with}");
    });

    /// <summary>What a container uses multiplies with 30 at most, at the threshold of what it multiplies, and alone it is below every one.</summary>
    [Fact]
    public void Combine_Use_MultipliesAndIsNothingAlone()
    {
        var lift = Class("cpu_floor", KindGroup.Resource, 1e6, 1000);
        Assert.Equal(new Weight(30, 1000), IncidentWeight.Combine([lift]));
        Assert.False(IncidentWeight.Combine([lift, Class("b", KindGroup.Resource, 1e6, 1000)]).Alerts);
        var joined = IncidentWeight.Combine([lift, Class("a", KindGroup.Egress, 4, 20)]);
        Assert.Equal((Math.Pow(120, 0.8), 20), (joined.EValue, joined.Threshold));
        Assert.True(joined.Alerts);

        // Nor does what is weaker beside it take from it.
        Assert.Equal(new Weight(30, 1000), IncidentWeight.Combine([lift, Class("a", KindGroup.Listen, 1.2, 1000)]));

        // Nor does it lift what a group that still learns has.
        Assert.False(IncidentWeight.Combine([lift, Class("a", KindGroup.Egress, 4, 1000)]).Alerts);
    }

    [Fact]
    public void Combine_UseThatStands_IsEnoughWhateverIsBeside()
    {
        var miner = Class("miner_score", KindGroup.Resource, 783, 20) with { Stands = true };
        Assert.Equal(new Weight(783, 20), IncidentWeight.Combine([miner]));
        Assert.Equal(new Weight(783, 20), IncidentWeight.Combine([miner, Class("a", KindGroup.File, 0.2, 1000), Class("b", KindGroup.Process, 0.5, 20)]));

        // It multiplies no more than any use: with what is stronger so.
        Assert.Equal(Math.Pow(300 * 30, 0.8), IncidentWeight.Combine([miner, Class("a", KindGroup.Process, 300, 20)]).EValue, 1e-9);
    }

    [Fact]
    public void Combine_ThreeTactics_TripleOnce()
    {
        var weight = IncidentWeight.Combine([
            new("a", KindGroup.Process, 20, 20, ["T1190", "T1105"]), new("b", KindGroup.Process, 20, 20, ["T1496.001", "T1053.003"])]);
        Assert.Equal(60, weight.EValue, 1e-9);
    }

    [Fact]
    public void Combine_GroupThatStillLearns_NeitherHoldsBackNorPushes()
    {
        // The process group's 60 alerts at 20 though the file group asks for 1000 and brings little.
        Assert.Equal(new Weight(60, 20), IncidentWeight.Combine([Class("a", KindGroup.Process, 60, 20), Class("b", KindGroup.File, 0.5, 1000)]));

        // The file group's 900 does not lift the process group's 2 over 20.
        Assert.False(IncidentWeight.Combine([Class("a", KindGroup.Process, 2, 20), Class("b", KindGroup.File, 900, 1000)]).Alerts);
    }

    [Fact]
    public void Combine_Always_StaysBelowTheCap() => Classes.Array[1, 12].Sample(classes => IncidentWeight.Combine(classes).EValue <= IncidentWeight.Cap);

    [Theory]
    [InlineData(0.9, Severity.Info)]
    [InlineData(1, Severity.Low)]
    [InlineData(20, Severity.Medium)]
    [InlineData(200, Severity.High)]
    [InlineData(20_000, Severity.Critical)]
    public void Severity_Table(double value, object expected) => Assert.Equal((Severity)expected, new Weight(value, 20).Severity);

    // The reference's budget experiment (seed 5): four groups, each present half of the time, calibrated p-to-e values, no tempering.
    private static readonly double[] Lambdas = [0.05, 0.2, 1, 5, 20];
    private static readonly double[] Overconfidence = [1.0, 2.0, 4.0];
    private static readonly double[] ReferenceRates = [0.0001, 0.0016, 0.0155, 0.0003, 0.0061, 0.0623, 0.0001, 0.0026, 0.0651, 0.0000, 0.0011, 0.0427, 0.0000, 0.0001, 0.0217];

    [Fact]
    public void BudgetSimulation_ReferenceProduct_PrintsTheReferencesTable()
    {
        var rates = Simulate(evidence => evidence.Aggregate(1.0, (product, value) => product * value));
        for (var i = 0; i < rates.Count; i++)
        {
            Assert.Equal(ReferenceRates[i], rates[i], 0.000051);
        }
    }

    [Fact]
    public void BudgetSimulation_OurWeights_KeepTheBudgetWhenCalibrated()
    {
        var kinds = new[] { KindGroup.Process, KindGroup.File, KindGroup.Egress };
        foreach (var lambda in Lambdas)
        {
            var threshold = new Bar(lambda, LockRule.Floor(BaselineState.Locked)).ThresholdAt(0.01);
            var random = new PythonRandom(7);
            var rates = FalseAlertsPerDay(random, lambda, lambda < 1 ? 50_000 : 5_000, 1.0, threshold, evidence => evidence.Count == 0
                ? 1
                : IncidentWeight.Combine(evidence.Select((value, index) => Class("c" + index, kinds[index % 3], value, threshold)).ToList()).EValue);
            Assert.True(rates <= 0.01, $"lambda {lambda}: {rates} false alerts a day");
        }
    }

    private static List<double> Simulate(Func<List<double>, double> combine)
    {
        var random = new PythonRandom(5);
        return Lambdas.SelectMany(lambda => Overconfidence.Select(factor =>
            FalseAlertsPerDay(random, lambda, lambda < 1 ? 200_000 : 20_000, factor, Math.Max(20, lambda / 0.01), combine))).ToList();
    }

    private static double FalseAlertsPerDay(PythonRandom random, double lambda, int days, double overconfidence, double threshold, Func<List<double>, double> combine)
    {
        var alerts = 0;
        var limit = Math.Exp(-lambda);
        var evidence = new List<double>(4);
        for (var day = 0; day < days; day++)
        {
            var novelties = 0;
            for (var p = random.NextDouble(); p >= limit; p *= random.NextDouble())
            {
                novelties++;
            }

            for (; novelties > 0; novelties--)
            {
                evidence.Clear();
                for (var group = 0; group < 4; group++)
                {
                    if (random.NextDouble() < 0.5)
                    {
                        evidence.Add(Math.Min(1000, overconfidence * 0.5 * Math.Pow(Math.Max(1e-4, random.NextDouble()), -0.5)));
                    }
                }

                alerts += combine(evidence) >= threshold ? 1 : 0;
            }
        }

        return (double)alerts / days;
    }

    private static WeighedClass Class(string name, KindGroup group, double value, double threshold) => new(name, group, value, threshold, []);
}
