using CsCheck;
using Runtime.Collector.Baselines;
using Xunit;

namespace Runtime.Collector.Tests.Baselines;

public sealed class EstimatorsTests
{
    // Printed by the reference's pred(Q1, Q2, T, m).
    [Theory]
    [InlineData(10, 5, 24, 24, 6.1325725)]
    [InlineData(0, 0, 24, 24, 0)]
    [InlineData(1, 0, 26, 24, 0.9230769)]
    [InlineData(3, 0, 72, 24, 0.8435418)]
    [InlineData(30, 0, 72, 24, 9.8795973)]
    [InlineData(5, 0, 1, 24, 99)]
    [InlineData(7, 40, 168, 24, 0.4845279)]
    public void PredictedNew_Table_MatchesTheReference(long q1, long q2, long t, double m, double expected) =>
        Assert.Equal(expected, Estimators.PredictedNew(t, q1, q2, m), 0.0001);

    [Fact]
    public void PredictedNew_LongerLook_NeverExpectsLess() => Gen.Select(Gen.Int[2, 2000], Gen.Int[0, 300], Gen.Int[0, 300], Gen.Double[0, 500], Gen.Double[0, 500])
        .Sample((t, q1, q2, m1, m2) =>
            Estimators.PredictedNew(t, q1, q2, Math.Min(m1, m2)) <= Estimators.PredictedNew(t, q1, q2, Math.Max(m1, m2)) + 1e-9);

    [Theory]
    [InlineData(100, 0, 0, 500, 1)]
    [InlineData(100, 500, 0, 500, 0)]
    [InlineData(0, 0, 0, 0, 0)]
    [InlineData(10, 4, 3, 40, 0.9142857)]
    public void Coverage_Table(long t, long q1, long q2, long pairs, double expected) =>
        Assert.Equal(expected, Estimators.Coverage(t, q1, q2, pairs), 0.0001);

    [Fact]
    public void Coverage_Always_IsAShare() => Gen.Select(Gen.Int[0, 1000], Gen.Int[0, 300], Gen.Int[0, 300], Gen.Int[0, 3000])
        .Sample((t, q1, q2, pairs) => Estimators.Coverage(t, q1, q2, pairs) is >= 0 and <= 1);

    [Theory]
    [InlineData(300, 0, 0.0099360)] // about 3/T
    [InlineData(24, 0, 0.1173456)]
    [InlineData(100, 10, 0.1744)]
    [InlineData(0, 0, 1)]
    public void NoveltyUpperBound_Table(long t, long u, double expected) => Assert.Equal(expected, Estimators.NoveltyUpperBound(t, u), 0.0001);

    [Fact]
    public void NoveltyUpperBound_Always_IsAboveTheObservedShare() => Gen.Select(Gen.Int[1, 2000], Gen.Int[0, 2000])
        .Where((t, u) => u <= t)
        .Sample((t, u) => Estimators.NoveltyUpperBound(t, u) >= (double)u / t - 1e-12 && Estimators.NoveltyUpperBound(t, u) <= 1);

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(99, 0, 0.01)]
    [InlineData(99, 99, 1)]
    [InlineData(4, 9, 1)]
    public void NoveltyProbability_Table(long t, long u, double expected) => Assert.Equal(expected, Estimators.NoveltyProbability(t, u), 1e-9);

    [Theory]
    [InlineData(0, 0, 0.2)] // nothing watched: what deployments usually have
    [InlineData(0, 7, 0.0526316)]
    [InlineData(7, 7, 0.7894737)]
    public void LambdaObserved_Table(long noveltyUnits, double days, double expected) =>
        Assert.Equal(expected, Estimators.LambdaObserved(noveltyUnits, days), 0.0001);

    [Theory]
    [InlineData(10, 12, 0.1, 12)] // below a day only the prediction speaks
    [InlineData(24, 1.0, 0.5, 0.75)]
    [InlineData(5000, 0.001, 0.001, 0.02)]
    [InlineData(1, 500, 0, 200)]
    public void Lambda_Table(long t, double goodTuring, double observed, double expected) =>
        Assert.Equal(expected, Estimators.Lambda(t, goodTuring, observed), 1e-9);
}
