using Runtime.Collector.Baselines;
using Xunit;

namespace Runtime.Collector.Tests.Baselines;

public sealed class LockRuleTests
{
    private static readonly BaselineOptions Options = new();

    [Theory]
    [InlineData(5, 2L, 0.0, 5, 0)] // five of six hours
    [InlineData(6, 2L, 0.9, 1, 1)]
    [InlineData(6, 2L, 1.1, 1, 0)] // too much still expected
    [InlineData(20, 2L, 0.9, 1, 0)] // quiet for less than a tenth of its age
    [InlineData(20, 1L, 0.0, 20, 0)] // one start
    [InlineData(24, 1L, 0.0, 20, 1)] // a day takes the start's place for provisional
    [InlineData(25, 2L, 0.0, 25, 1)] // 26 hours are a full day and its edges
    [InlineData(26, 2L, 0.5, 7, 2)]
    [InlineData(26, 2L, 0.5, 6, 1)] // quiet for less than a quarter of its age
    [InlineData(26, 2L, 0.51, 20, 1)]
    [InlineData(71, 1L, 0.0, 71, 1)]
    [InlineData(72, 1L, 0.0, 71, 2)] // what never restarts
    [InlineData(26, null, 0.0, 26, 2)] // the host has no starts
    [InlineData(192, 2L, 0.1, 100, 3)]
    public void Reached_Table(long units, long? starts, double predicted, double quiet, int expected) =>
        Assert.Equal((BaselineState)expected, LockRule.Reached(new LockFacts(units, starts, predicted, quiet), Options));

    [Theory]
    [InlineData(500, 1L, 0)]
    [InlineData(500, 2L, 0)]
    [InlineData(30, 3L, 2)]
    [InlineData(500, 3L, 3)]
    public void Next_OfAJob_WaitsForItsRunsHoweverLong(long units, long runs, int expected) =>
        Assert.Equal((BaselineState)expected, LockRule.Next(BaselineState.Learning, new LockFacts(units, runs, 0, units, IsJob: true), Options));

    [Fact]
    public void WaitsFor_OfAJob_NamesRuns() =>
        Assert.Contains("3 runs, has 2", LockRule.WaitsFor(new LockFacts(500, 2, 0, 500, IsJob: true), Options), StringComparison.Ordinal);

    [Fact]
    public void Next_FloodOfNovelty_DoesNotUnlock()
    {
        var flood = new LockFacts(100, 2, 50, 0);
        Assert.Equal(BaselineState.Locked, LockRule.Next(BaselineState.Locked, flood, Options));
        Assert.Equal(BaselineState.LockedWeek, LockRule.Next(BaselineState.LockedWeek, flood, Options));
        Assert.Equal(BaselineState.Provisional, LockRule.Next(BaselineState.Provisional, flood, Options));
    }

    [Fact]
    public void Next_SevenDaysWithoutALock_IsUnstableUntilItSettles()
    {
        Assert.Equal(BaselineState.Provisional, LockRule.Next(BaselineState.Provisional, new LockFacts(168, 2, 3, 0), Options));
        Assert.Equal(BaselineState.Unstable, LockRule.Next(BaselineState.Provisional, new LockFacts(169, 2, 3, 0), Options));
        Assert.Equal(BaselineState.Unstable, LockRule.Next(BaselineState.Unstable, new LockFacts(170, 2, 0.9, 60), Options));
        Assert.Equal(BaselineState.LockedWeek, LockRule.Next(BaselineState.Unstable, new LockFacts(250, 2, 0.1, 100), Options));
    }

    [Theory]
    [InlineData(0, 0.02, 1000)]
    [InlineData(0, 18, 1800)]
    [InlineData(1, 0.02, 50)]
    [InlineData(2, 0.02, 20)]
    [InlineData(2, 0.43, 43)]
    [InlineData(3, 0.02, 20)]
    [InlineData(4, 0.1, 50)]
    [InlineData(5, 0.1, 50)]
    public void Threshold_Table(int state, double lambda, double expected) =>
        Assert.Equal(expected, new Bar(lambda, LockRule.Floor((BaselineState)state)).ThresholdAt(0.01), 1e-9);

    [Fact]
    public void WaitsFor_Learning_SaysWhatIsMissingInWords() => Assert.Equal(
        "needs 26 covered hours, has 3; 2 container starts (or 72 hours without one), has 1; at most 0.5 new items expected in the next day, expects 7.25; 6.5 hours without anything new, has 0",
        LockRule.WaitsFor(new LockFacts(3, 1, 7.25, 0), Options));

    [Fact]
    public void WaitsFor_NothingMissing_IsEmpty() => Assert.Equal("", LockRule.WaitsFor(new LockFacts(40, 2, 0.1, 30), Options));

    [Fact]
    public void WaitsFor_ShorterUnit_NamesIt() => Assert.StartsWith(
        "needs 26 covered units of 500 ms, has 3;",
        LockRule.WaitsFor(new LockFacts(3, 1, 0, 0), new BaselineOptions { Unit = TimeSpan.FromMilliseconds(500) }), StringComparison.Ordinal);

    [Fact]
    public void Validate_ManyFaults_TellsAllAtOnce()
    {
        var faults = new BaselineOptions { Unit = TimeSpan.Zero, AlertBudget = 0, LockUnits = 1, MaxItems = 50_000 }.Validate();
        Assert.Contains(faults, fault => fault.StartsWith("Baselines__Unit is 00:00:00; it must be", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("Baselines__AlertBudget is 0;", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Baselines__LearningUnits (6)", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("Baselines__MaxItems is 50000;", StringComparison.Ordinal));
        Assert.Equal(5, faults.Count);
    }

    [Fact]
    public void Validate_Defaults_AreWithoutFault() => Assert.Empty(new BaselineOptions().Validate());
}
