using Runtime.Collector.Baselines;
using Runtime.Collector.Incidents;
using Xunit;

namespace Runtime.Collector.Tests.Incidents;

public sealed class PagingBudgetTests
{
    /// <summary>The threshold is 0.1 / budget and never below 20; the evidence is 100.</summary>
    [Theory]
    [InlineData(1, 1, 0.001)]
    [InlineData(1, 2, 0.002)]
    [InlineData(0.5, 1, 0.002)]
    [InlineData(1, 10, PagingBudget.None)]
    public void Least_IsTheBudgetWhoseThresholdIsReached(double factor, double times, double expected)
    {
        WeighedClass[] classes = [new("a", KindGroup.File, 100, 20, [], Bar: new Bar(0.1, 20))];
        var least = PagingBudget.Least(classes, factor, times);
        Assert.Equal(expected, least!.Value, expected * 1e-6);
        Assert.True(PagingBudget.Pages(least.Value, expected));
        Assert.False(PagingBudget.Pages(least.Value, Math.Min(expected * 0.999, BaselineOptions.MostBudget)));
    }

    [Fact]
    public void Least_OfAStateWithoutBars_CannotBeSaid() => Assert.Null(PagingBudget.Least([new("a", KindGroup.File, 100, 20, [])], 1, 1));
}
