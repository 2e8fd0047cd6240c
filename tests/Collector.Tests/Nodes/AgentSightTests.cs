using Runtime.Collector.Nodes;
using Xunit;

namespace Runtime.Collector.Tests.Nodes;

public sealed class AgentSightTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly AgentSight _sight = new(Interval, Start);

    [Fact]
    public void Judge_WhileProbesCome_SaysNothing()
    {
        for (var second = 0; second <= 120; second += 10)
        {
            _sight.Take(Seen("exec", "write", "connect"), At(second));
            Assert.Empty(_sight.Judge(At(second + 9)));
        }
    }

    [Fact]
    public void Judge_WhenOneKindIsMissed_TellsOnceAndWithin30Seconds()
    {
        _sight.Take(Seen("exec", "write", "connect"), At(0));
        DateTimeOffset? told = null;
        for (var second = 1; second <= 60; second++)
        {
            if (second % 10 == 0)
            {
                _sight.Take([.. Seen("write", "connect"), new SeenProbe("exec", false, "the kernel did not run hook exec")], At(second));
            }

            foreach (var change in _sight.Judge(At(second)))
            {
                Assert.Null(told);
                told = At(second);
                Assert.Equal(new SightChange("exec", true, At(0), "the kernel did not run hook exec"), change);
            }
        }

        Assert.InRange(told!.Value, At(20), At(30));
        _sight.Take(Seen("exec"), At(61));
        Assert.Equal([new SightChange("exec", false, At(0), "")], _sight.Judge(At(61)));
    }

    [Fact]
    public void Judge_OfASingleMiss_SaysNothing()
    {
        _sight.Take(Seen("exec", "write", "connect"), At(0));
        _sight.Take([.. Seen("write", "connect"), new SeenProbe("exec", false, "late")], At(10));
        Assert.Empty(_sight.Judge(At(19)));
        _sight.Take(Seen("exec", "write", "connect"), At(20));
        Assert.Empty(_sight.Judge(At(29)));
    }

    [Fact]
    public void Judge_OfASilentAgent_TellsOneThingAndNotFour()
    {
        _sight.Take(Seen("exec", "write", "connect"), At(0));
        var change = Assert.Single(_sight.Judge(At(26)));
        Assert.Equal((AgentSight.Everything, true, At(0)), (change.Kind, change.IsBlind, change.Since));
        Assert.Contains("its connection is open", change.Reason, StringComparison.Ordinal);
        Assert.Empty(_sight.Judge(At(60)));
        Assert.All(_sight.View(), kind => Assert.True(kind.IsBlind));

        _sight.Take(Seen("exec", "write", "connect"), At(61));
        Assert.Equal([new SightChange(AgentSight.Everything, false, At(0), "")], _sight.Judge(At(61)));
    }

    [Fact]
    public void Judge_OfAnAgentWhoseConnectionBroke_TellsEvenWhenItReconnectsWithoutProof()
    {
        _sight.Take(Seen("exec", "write", "connect"), At(0));
        _sight.Close(inOrder: false);
        _sight.Open(Interval, At(20));
        Assert.True(Assert.Single(_sight.Judge(At(26))).IsBlind);
    }

    [Fact]
    public void Judge_OfAnAgentThatWasStoppedInOrder_SaysNothing()
    {
        _sight.Take(Seen("exec", "write", "connect"), At(0));
        _sight.Close(inOrder: true);
        Assert.Empty(_sight.Judge(At(3600)));
        _sight.Open(Interval, At(3600));
        Assert.Empty(_sight.Judge(At(3610)));
    }

    [Fact]
    public void Judge_OfAnAgentWithoutProbes_SaysNothing()
    {
        var none = new AgentSight(TimeSpan.Zero, Start);
        Assert.Empty(none.Judge(At(3600)));
        Assert.Empty(none.View());
    }

    private static SeenProbe[] Seen(params string[] kinds) => [.. kinds.Select(kind => new SeenProbe(kind, true, ""))];

    private static DateTimeOffset At(int second) => Start.AddSeconds(second);
}
