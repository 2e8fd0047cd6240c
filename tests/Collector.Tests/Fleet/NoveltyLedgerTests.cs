using Runtime.Collector.Baselines;
using Runtime.Collector.Fleet;
using Xunit;

namespace Runtime.Collector.Tests.Fleet;

public sealed class NoveltyLedgerTests
{
    private const long Day = TimeSpan.TicksPerDay;

    [Fact]
    public void Settle_OnlyWhatIsADayOld_Counts()
    {
        var ledger = new NoveltyLedger();
        ledger.Note("a", KindGroup.Process, 3, 100);
        ledger.Note("a", KindGroup.Process, 0, 200);
        ledger.Settle(100 + Day, Day);
        Assert.Equal((1, 1), ledger.Compare(KindGroup.Process, 3));
        Assert.Equal((0, 1), ledger.Compare(KindGroup.Process, 2));
        Assert.Equal((0, 0), ledger.Compare(KindGroup.File, 3));
        ledger.Settle(200 + Day, Day);
        Assert.Equal((2, 2), ledger.Compare(KindGroup.Process, 3));
    }

    [Fact]
    public void Settle_OfADeploymentThatAlerted_LeavesItsNoveltiesOut()
    {
        var ledger = new NoveltyLedger();
        ledger.Note("attacked", KindGroup.Process, 0, 100);
        ledger.Note("quiet", KindGroup.Process, 0, 100);
        ledger.Alerted("attacked", 500);
        ledger.Settle(100 + Day, Day);
        Assert.Equal((1, 1), ledger.Compare(KindGroup.Process, 0));

        // What comes after the alert is compared with again.
        ledger.Note("attacked", KindGroup.Process, 0, 1000);
        ledger.Settle(1000 + Day, Day);
        Assert.Equal((2, 2), ledger.Compare(KindGroup.Process, 0));
    }

    [Fact]
    public void Settle_MoreThanAreKept_ForgetsTheOldest()
    {
        var ledger = new NoveltyLedger();
        for (var i = 0; i < NoveltyLedger.Kept + 10; i++)
        {
            ledger.Note("a", KindGroup.Egress, i < 10 ? 0 : 5, i);
            ledger.Settle(i + Day, Day);
        }

        Assert.Equal((0, NoveltyLedger.Kept), ledger.Compare(KindGroup.Egress, 0));
        Assert.Equal((NoveltyLedger.Kept, NoveltyLedger.Kept), ledger.Compare(KindGroup.Egress, 16));
    }

    /// <summary>The budget stands on this: over harmless novelties that are exchangeable with the ledger's, rarity multiplies by at most 1.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Rarity_OverHarmlessNovelty_IsAtMostOneOnAverage(int seed)
    {
        var random = new Random(seed);
        var knowledge = new FleetKnowledge();
        for (var scope = 0; scope < 40; scope++)
        {
            knowledge.For("s" + scope).Join();
        }

        // Most programs are one deployment's own, some are everywhere.
        string Draw()
        {
            var depth = random.Next(4);
            return $"x/usr/bin/{(depth == 0 ? "common" + random.Next(20) : depth == 1 ? "some" + random.Next(400) : "own" + random.Next(100_000))}";
        }

        for (var i = 0; i < 20_000; i++)
        {
            knowledge.Index.Note("s" + random.Next(40), Draw());
        }

        var view = knowledge.For("s0");
        var start = new Collector.Detection.Assessment("c", [], 1, false);
        for (var i = 0; i < 1500; i++)
        {
            view.Weigh(start, KindGroup.Process, Draw(), i);
        }

        view.Settle(1500 + Day, Day);
        var mean = Enumerable.Range(0, 2000).Select(i => view.Weigh(start, KindGroup.Process, Draw(), 10 * Day).EValue).Average();
        Assert.InRange(mean, 0.3, 1.05);
    }
}
