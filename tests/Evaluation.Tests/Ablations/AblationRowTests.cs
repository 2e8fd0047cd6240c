using Runtime.Evaluation.Ablations;

namespace Runtime.Evaluation.Tests.Ablations;

public sealed class AblationRowTests
{
    private static readonly Trial s_a = new("a")
    {
        UnitsToLock = 26, UnitsAfter = 240, Pages = 3, UnitsWithPages = 2, PagesBefore = 1, DigestLines = 4, PredictedNew = 6, ActualNew = 5, Rollouts = 1, Reviews = 1, RolloutPages = 2,
        PredictedNewAtRollouts = 1, ActualNewAtRollouts = 9,
    };

    private static readonly Trial s_b = new("b")
    {
        UnitsToLock = 100, UnitsAfter = 120, Pages = 1, UnitsWithPages = 1, DigestLines = 1, PredictedNew = 3, ActualNew = 5, Rollouts = 3, Reviews = 4, RolloutPages = 0,
        PredictedNewAtRollouts = 1, ActualNewAtRollouts = 9,
    };

    private static readonly Trial s_never = new("c") { DigestLines = 0, PredictedNew = 0, ActualNew = 0, Rollouts = 0, Reviews = 0, RolloutPages = 0 };

    [Fact]
    public void Row_AddsUp()
    {
        var row = new AblationRow("p", "", [s_a, s_b, s_never]);

        Assert.Equal((2, 15.0, 4, 3, 1), (row.Locked, row.DaysAfter, row.Pages, row.UnitsWithPages, row.PagesBefore));
        Assert.Equal(100, row.UnitsToLock);
        Assert.Equal(5 / 15.0, row.DigestLinesPerDay);
        Assert.Equal(0.9, row.NoveltyRatio);
        Assert.Equal((4, 5 / 4.0, 0.5), (row.Rollouts, row.ReviewsPerRollout, row.PagesPerRollout));
    }

    [Fact]
    public void Json_HasRatesWithTheirInterval()
    {
        var json = new AblationRow("p", "w", [s_a, s_b]).ToJson();

        Assert.Equal(4 / 15.0, json["pages_per_deployment_day"]!.GetValue<double>());
        // Garwood's for 4: 1.0899 to 10.2416.
        Assert.Equal(1.0899 / 15, json["pages_per_deployment_day_95"]![0]!.GetValue<double>(), 5);
        Assert.Equal(10.2416 / 15, json["pages_per_deployment_day_95"]![1]!.GetValue<double>(), 5);
        Assert.Equal(3 / 15.0, json["hours_with_pages_per_deployment_day"]!.GetValue<double>());
    }

    [Fact]
    public void Row_OfWhatNeverLocks_HasNoRates()
    {
        var row = new AblationRow("p", "", [s_never]);

        Assert.Null(row.UnitsToLock);
        Assert.Null(row.DigestLinesPerDay);
        Assert.Null(row.NoveltyRatio);
        Assert.Null(row.ToJson()["pages_per_deployment_day"]);
        Assert.Equal("", row.Cells()[5]);
    }
}
