using Runtime.Evaluation.Recordings;

namespace Runtime.Evaluation.Tests.Recordings;

public sealed class CalendarTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(14)]
    [InlineData(60)]
    public void Calendar_HasItsHappeningsInTheirTime(int days)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var calendar = Calendar.Of("nginx", seed, days);

            Assert.Equal(calendar.OrderBy(entry => entry.Unit).Select(entry => entry.Unit), calendar.Select(entry => entry.Unit));
            Assert.Equal([0, 6, 14], calendar.Where(entry => entry.Happening == Happening.Replace).Select(entry => entry.Unit));
            Assert.Equal(2, calendar.Count(entry => entry.Happening == Happening.Restart));
            Assert.All(
                (Happening[])[Happening.Kill, Happening.ScaleUp, Happening.ScaleDown, Happening.Rollout], happening => Assert.Single(calendar, entry => entry.Happening == happening));
            // What is counted begins behind the week, and a day is left to see what the last rollout brings.
            Assert.All(
                calendar.Where(entry => entry.Happening is Happening.Kill or Happening.ScaleUp or Happening.ScaleDown or Happening.Rollout or Happening.Restart),
                entry => Assert.InRange(entry.Unit, Calendar.LearningUnits, Calendar.Length(days) - 12));
            Assert.True(At(calendar, Happening.ScaleUp) < At(calendar, Happening.ScaleDown) && At(calendar, Happening.ScaleDown) < At(calendar, Happening.Rollout));
            Assert.Equal(calendar.Count(entry => entry.Happening == Happening.BurstBegin), calendar.Count(entry => entry.Happening == Happening.BurstEnd));
        }
    }

    [Fact]
    public void BurstsAndStrays_ComeAtTheirRates()
    {
        var calendars = Enumerable.Range(0, 200).Select(seed => Calendar.Of("redis", seed, 14)).ToList();

        // 20.5 days of bursts, one a day; 21 of strays, one in two days.
        Assert.InRange(calendars.Average(calendar => calendar.Count(entry => entry.Happening == Happening.BurstBegin)), 19.5, 21.5);
        Assert.InRange(calendars.Average(calendar => calendar.Count(entry => entry.Happening == Happening.Stray)), 9.8, 11.2);
    }

    [Fact]
    public void Calendar_IsTheSameForEqualSeedsAndNames()
    {
        Assert.Equal(Calendar.Of("nginx", 3, 14), Calendar.Of("nginx", 3, 14));
        Assert.NotEqual(Calendar.Of("nginx", 3, 14), Calendar.Of("nginx", 4, 14));
        Assert.NotEqual(Calendar.Of("nginx", 3, 14), Calendar.Of("redis", 3, 14));
    }

    [Fact]
    public void Deployments_BeginOneAfterTheOther() => Assert.Equal([0, 10, 20], Enumerable.Range(0, 3).Select(Calendar.BeginOf));

    private static double At(IReadOnlyList<Entry> calendar, Happening happening) => calendar.Single(entry => entry.Happening == happening).Unit;
}
