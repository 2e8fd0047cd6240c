using Runtime.Collector.Baselines;
using Xunit;

namespace Runtime.Collector.Tests.Baselines;

public sealed class LongGapsTests
{
    [Theory]
    [InlineData(30.333, 30, 31, 30)]
    [InlineData(0, 30, 31)] // Two pauses are no period.
    [InlineData(0, 20, 40, 30)]
    [InlineData(91, 200, 30, 90, 92, 91)] // The last three.
    [InlineData(30.333, 30, 7, 31, 1, 0, -3, 30)] // Short pauses lie within a period's burst.
    [InlineData(255, 400, 900, 300)]
    public void Period_OfPausesInDays(double period, params int[] days)
    {
        var gaps = default(LongGaps);
        foreach (var pause in days)
        {
            gaps.Note(pause);
        }

        Assert.Equal(period, gaps.Period, 0.001);
    }
}
