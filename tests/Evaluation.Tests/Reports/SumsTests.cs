using Runtime.Evaluation.Reports;
using Runtime.Evaluation.Runs;
using Runtime.Evaluation.Scenarios;

namespace Runtime.Evaluation.Tests.Reports;

public sealed class SumsTests
{
    [Fact]
    public void Sums_CountWhatRan()
    {
        var sums = new Sums([Attack(1, 0.5), Attack(3, 2), Attack(0, null), Harmless(0), Harmless(1), Result.NotRun(Scenario(true), "no image")], []);

        Assert.Equal(2.0 / 3, sums.DetectionRate);
        Assert.Equal(1, sums.FalseAlarms);
        Assert.Equal(2, sums.IncidentsPerAttack);
        Assert.Contains("not run: A01: no image", sums.Lines());
    }

    [Fact]
    public void TimeToAlert_IsByNearestRank()
    {
        var sums = new Sums(Enumerable.Range(1, 20).Select(i => Attack(1, i)), []);

        Assert.Equal((10, 19, 20), (sums.TimeToAlert(0.5), sums.TimeToAlert(0.95), sums.TimeToAlert(0.99)));
    }

    [Fact]
    public void Sums_OfNothing_HaveNoRates()
    {
        var sums = new Sums([], []);

        Assert.Null(sums.DetectionRate);
        Assert.Null(sums.TimeToAlert(0.5));
    }

    // Garwood's table, as in any book of statistics.
    [Theory]
    [InlineData(0, 0, 3.6889)]
    [InlineData(1, 0.0253, 5.5716)]
    [InlineData(3, 0.6187, 8.7673)]
    [InlineData(10, 4.7954, 18.3904)]
    [InlineData(1000, 938.9730, 1063.9521)]
    [InlineData(3000, 2893.5986, 3109.3135)]
    [InlineData(10000, 9804.9525, 10197.9516)]
    public void Interval_IsGarwoods(int count, double least, double most)
    {
        var interval = Poisson.Interval(count);

        Assert.Equal(least, interval.Least, 3);
        Assert.Equal(most, interval.Most, 3);
    }

    private static Result Attack(int incidents, double? seconds) => Result.Of(Scenario(true), new Observed("c1", [.. Incidents(incidents)], seconds, 0, 0));

    private static Result Harmless(int incidents) => Result.Of(Scenario(false), new Observed("c1", [.. Incidents(incidents)], null, 0, 0));

    private static IEnumerable<SeenIncident> Incidents(int count) => Enumerable.Range(0, count).Select(i => new SeenIncident($"i{i}", "t", Severity.High, ["c1"], ["process"], []));

    private static Scenario Scenario(bool alert) => new(
        "A01-x.sh", "A01", "t", alert, alert ? Severity.High : Severity.None, [], "", "tools", Launch.App, LearningPhase.Locked, 1, [], null, null, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10), null, "");
}
