using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Resources;
using Xunit;

namespace Runtime.Collector.Tests.Resources;

/// <summary>One container by itself: samples to windows, windows to a floor, floors to evidence.</summary>
public sealed class FloorLiftTests
{
    private static readonly ResourceTimes Times = new(new BaselineOptions());

    private static readonly DateTimeOffset Start = ObservationBuilder.Epoch;

    private static readonly ContainerInfo Web1 = ObservationBuilder.Container("c1", "web-1") with { Started = Start.AddDays(-1) };

    [Fact]
    public void Series_TwelveSamplesOfTenSeconds_AreOneWindow()
    {
        var series = new SampleSeries();
        var use = new Use { Cores = i => i == 7 ? 0.3 : 0.8 };
        for (var i = 0; i < 11; i++)
        {
            Assert.False(series.Add(use.Sample(Start, i), null, Times, out _));
        }

        Assert.True(series.Add(use.Sample(Start, 11), null, Times, out _));
        var window = Assert.Single(series.Windows.ToArray());
        Assert.Equal((0.3, 12, TimeSpan.FromMinutes(2).Ticks), (window.Floor, window.Slots, window.Time));
        Assert.Equal((Start.UtcTicks, Start.AddMinutes(2).UtcTicks), (window.Start, window.End));

        // Its packets are those of the second minute: of the first one's it is not known since when.
        Assert.Equal(100, window.Load!.Value, 1e-9);
    }

    /// <summary>A slot is ten seconds of the rules' hour, or one sample.</summary>
    [Theory]
    [InlineData(3600, 10, 12)]
    [InlineData(3600, 9.9, 12)]
    [InlineData(3600, 1, 120)]
    [InlineData(3600, 4, 24)]
    [InlineData(3600, 60, 12)]
    [InlineData(1, 0.2, 12)]
    [InlineData(36000, 10, 120)]
    public void Series_OfAnySpacing_FillsASlotWithWholeSamples(double unit, double interval, int samples)
    {
        var times = new ResourceTimes(new BaselineOptions { Unit = TimeSpan.FromSeconds(unit) });
        var use = Use.Of(0.5) with { Interval = TimeSpan.FromSeconds(interval) };
        var series = new SampleSeries();
        var taken = 1;
        while (!series.Add(use.Sample(Start, taken - 1), null, times, out _))
        {
            taken++;
        }

        Assert.Equal(samples, taken);
        Assert.Equal(12, series.Windows[0].Slots);
    }

    [Fact]
    public void Series_WithAGap_BeginsAnewAfterIt()
    {
        var series = new SampleSeries();
        var use = Use.Of(0.5);
        Feed(0, 40);
        Assert.Equal(3, series.Windows.Length);
        Assert.False(series.Add(use.Sample(Start, 50), null, Times, out var gap));
        Assert.Equal(TimeSpan.FromSeconds(100).Ticks, gap);
        Assert.Equal(0, series.Windows.Length);
        Feed(51, 11);
        var window = Assert.Single(series.Windows.ToArray());
        Assert.Equal(Start.AddSeconds(500).UtcTicks, window.Start);

        // Told twice: nothing.
        Assert.False(series.Add(use.Sample(Start, 61), null, Times, out _));
        Assert.False(series.Add(use.Sample(Start, 30), null, Times, out _));
        Assert.Equal(Start.AddSeconds(620).UtcTicks, series.Last);

        // The clock was set back by a day: what comes is taken all the same.
        Assert.False(series.Add(use.Sample(Start.AddDays(-1), 0), null, Times, out gap));
        Assert.True(gap > TimeSpan.FromHours(23).Ticks);
        Assert.Equal(Start.AddDays(-1).AddSeconds(10).UtcTicks, series.Last);

        void Feed(int from, int count)
        {
            for (var i = 0; i < count; i++)
            {
                series.Add(use.Sample(Start, from + i), null, Times, out _);
            }
        }
    }

    [Fact]
    public void Lift_GrowsByFifteenAndFallsByAQuarter_BelowItsCap()
    {
        var lift = new FloorLift();
        for (var i = 0; i < 10; i++)
        {
            lift.Take(Window(0.1), 0.05);
        }

        Assert.Equal(0.72, lift.Value, 1e-12);
        lift.Take(Window(0.1501), 0.05);
        lift.Take(Window(0.5), 0.05);
        Assert.Equal(225, lift.Value, 1e-12);
        Assert.False(lift.IsLifted);
        lift.Take(Window(0.4), 0.05);
        Assert.True(lift.IsLifted);
        Assert.Equal((0.4, 0.05), (lift.Floor, lift.Usual));
        for (var i = 0; i < 5; i++)
        {
            lift.Take(Window(0.4), 0.05);
        }

        Assert.Equal(FloorLift.Alarm, lift.Value);
        var until = 0;
        for (; lift.IsLifted; until++)
        {
            lift.Take(Window(0.05), 0.05);
        }

        Assert.Equal(22, until);
    }

    [Fact]
    public void Detector_AfterADay_AlarmsWithinTwelveMinutesAndNotBefore()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.2), TimeSpan.FromHours(23.9));
        Assert.Null(watched.RunToAlarm(Use.Of(0.6), TimeSpan.FromMinutes(4)));
        watched.Run(Use.Of(0.2), TimeSpan.FromHours(1));
        Assert.InRange(watched.RunToAlarm(Use.Of(0.6), TimeSpan.FromHours(1))!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(12));
        Assert.Equal(0.6, watched.Replica.Lift.Floor, 1e-9);
        Assert.InRange(watched.Replica.Lift.Usual, 0.2, 0.21);
        Assert.Equal(24, watched.Watch.Covered(watched.Replica).TotalHours, 0.1);
    }

    /// <summary>0.25 cores at 1,000 packets a second, 0.05 at 200: 0.2 cores are much at night only.</summary>
    [Fact]
    public void Detector_KnowsTheLoad()
    {
        var watched = new Watched();
        for (var i = 0; i < 26; i++)
        {
            watched.Run(Use.Of(0.05) with { Packets = 200 }, TimeSpan.FromMinutes(30));
            watched.Run(Use.Of(0.25) with { Packets = 1000 }, TimeSpan.FromMinutes(30));
        }

        Assert.Null(watched.RunToAlarm(Use.Of(0.3) with { Packets = 1000 }, TimeSpan.FromHours(1)));
        Assert.NotNull(watched.RunToAlarm(Use.Of(0.25) with { Packets = 200 }, TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Detector_AtALoadNeverSeen_SaysNothing()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.1) with { Packets = 1000 }, TimeSpan.FromHours(25));
        Assert.Null(watched.RunToAlarm(Use.Of(2) with { Packets = 1200 }, TimeSpan.FromHours(1)));
        Assert.Equal(1, watched.Replica.Lift.Value, 0.5);
        Assert.NotNull(watched.RunToAlarm(Use.Of(2) with { Packets = 1040 }, TimeSpan.FromHours(1)));
    }

    /// <summary>A container that hears and says nothing has a miner's few packets as the highest load ever: they are none.</summary>
    [Fact]
    public void Detector_OfAContainerWithoutTraffic_IsNotBlindedByTheMinersOwnPackets()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.01) with { Packets = 0 }, TimeSpan.FromHours(25));
        Assert.NotNull(watched.RunToAlarm(Use.Of(1) with { Packets = 2 }, TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Detector_OnTheHostsNetwork_JudgesWithoutALoad()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.1) with { Packets = null }, TimeSpan.FromHours(25));
        Assert.NotNull(watched.RunToAlarm(Use.Of(0.5) with { Packets = null }, TimeSpan.FromHours(1)));
        Assert.Null(watched.Replica.Lift.Load);

        // What it never was asked of, the load of a container network, says nothing.
        var other = new Watched();
        other.Run(Use.Of(0.1) with { Packets = null }, TimeSpan.FromHours(25));
        Assert.Null(other.RunToAlarm(Use.Of(0.5), TimeSpan.FromHours(1)));
    }

    /// <summary>A just started container compiles, fills its caches, warms up.</summary>
    [Fact]
    public void Detector_InTheFirstTenMinutesOfAContainer_SaysAndLearnsNothing()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.1), TimeSpan.FromHours(25));
        var fresh = watched.Watch.See(Web1 with { Id = "c2", Started = watched.Now }, watched.Now.UtcTicks);
        var learnt = watched.Watch.Covered(fresh);
        watched.Run(Use.Of(1.5), TimeSpan.FromMinutes(10), fresh);
        Assert.Equal((1, learnt), (fresh.Lift.Value, watched.Watch.Covered(fresh)));
        watched.Run(Use.Of(1.5), TimeSpan.FromMinutes(12), fresh);
        Assert.True(fresh.Lift.IsAlarm);
        Assert.Equal((1, 0), watched.Watch.Peers(fresh) with { Others = 1 });
    }

    [Fact]
    public void Counter_ThatBeginsAnew_IsASlotOfQuiet()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.5), TimeSpan.FromHours(25));
        watched.Run(new Use { Cores = i => i == 3 ? 0 : 0.9 }, TimeSpan.FromMinutes(2));
        Assert.Equal(0.72, watched.Replica.Lift.Value, 1e-9);
        watched.Run(Use.Of(0.9), TimeSpan.FromMinutes(2));
        Assert.Equal(15, watched.Replica.Lift.Value, 1e-9);
    }

    [Fact]
    public void Gap_OfMinutesKeepsTheEvidence_OfHoursDoesNot()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.1), TimeSpan.FromHours(25));
        watched.Run(Use.Of(0.9), TimeSpan.FromMinutes(8));
        Assert.True(watched.Replica.Lift.IsLifted);
        watched.Now += TimeSpan.FromMinutes(30);
        watched.Run(Use.Of(0.9), TimeSpan.FromMinutes(1));
        Assert.True(watched.Replica.Lift.IsLifted);
        watched.Now += TimeSpan.FromHours(2);
        watched.Run(Use.Of(0.9), TimeSpan.FromMinutes(1));
        Assert.Equal(1, watched.Replica.Lift.Value);
    }

    /// <summary>A second digest is silent for six hours and knows nothing of the first one's floor.</summary>
    [Fact]
    public void Digest_ThatFollows_LearnsForSixHoursAnew()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.1), TimeSpan.FromHours(25));
        var next = watched.Watch.See(Web1 with { Id = "c2", ImageDigest = "sha256:bbbb" }, watched.Now.UtcTicks);
        watched.Run(Use.Of(0.5), TimeSpan.FromHours(5.5), next);
        Assert.Equal(1, next.Lift.Value);
        watched.Run(Use.Of(0.5), TimeSpan.FromHours(1), next);
        Assert.False(next.Lift.IsLifted);
        watched.Run(Use.Of(0.9), TimeSpan.FromMinutes(12), next);
        Assert.True(next.Lift.IsAlarm);

        // Rolled back: the first one's floor is still known.
        var back = watched.Watch.See(Web1 with { Id = "c3" }, watched.Now.UtcTicks);
        watched.Run(Use.Of(0.5), TimeSpan.FromMinutes(12), back);
        Assert.True(back.Lift.IsAlarm);
    }

    [Fact]
    public void Training_OfReplicas_IsShared()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.1), TimeSpan.FromHours(25));
        var second = watched.Watch.See(Web1 with { Id = "c2" }, watched.Now.UtcTicks);
        watched.Run(Use.Of(0.5), TimeSpan.FromMinutes(12), second);
        Assert.True(second.Lift.IsAlarm);
        Assert.False(watched.Replica.Lift.IsLifted);
    }

    /// <summary>0.025 cores an hour: learnt as it rises it would never stand out.</summary>
    [Fact]
    public void Floor_ThatRisesSlowly_IsNotLearntAsItRises()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.1), TimeSpan.FromHours(30));
        TimeSpan? alarm = null;
        for (var hour = 0; hour < 20 && alarm is null; hour++)
        {
            alarm = watched.RunToAlarm(Use.Of(0.1 + (0.025 * (hour + 1))), TimeSpan.FromHours(1)) is { } within ? TimeSpan.FromHours(hour) + within : null;
        }

        Assert.InRange(alarm!.Value, TimeSpan.FromHours(4), TimeSpan.FromHours(6));

        // Nor is the day that it was told of in.
        watched.Run(Use.Of(0.6), TimeSpan.FromHours(60));
        Assert.True(watched.Replica.Lift.IsAlarm);
    }

    [Fact]
    public void Training_AfterAWeek_IsFrozen()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.1), TimeSpan.FromDays(7));
        var week = watched.Watch.Covered(watched.Replica);
        watched.Run(Use.Of(0.19), TimeSpan.FromDays(8));
        Assert.Equal(week, watched.Watch.Covered(watched.Replica));
        Assert.NotNull(watched.RunToAlarm(Use.Of(0.25), TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Sample_OfATrainedContainer_AllocatesNothing()
    {
        var watched = new Watched();
        watched.Run(Use.Of(0.1), TimeSpan.FromHours(25));
        var samples = Enumerable.Range(0, 1200).Select(i => Use.Of(0.1).Sample(watched.Now, i)).ToArray();
        Feed(0, 120);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Feed(120, samples.Length);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Feed(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                if (watched.Watch.Take(watched.Replica, samples[i], null))
                {
                    watched.Watch.Judge(watched.Replica, default);
                }
            }
        }
    }

    [Fact]
    public void Replicas_AboveTheirBound_LeaveTheOneUnseenForLongest()
    {
        var watch = new ResourceWatch(new BaselineOptions());
        for (var i = 0; i <= ResourceWatch.MaxReplicas; i++)
        {
            watch.See(Web1 with { Id = "c" + i, ImageDigest = "sha256:" + (i % 9) }, Start.UtcTicks + i);
        }

        Assert.Null(watch.Find("c0"));
        Assert.NotNull(watch.Find("c1"));
        watch.See(Web1 with { Id = "later" }, Start.AddDays(2).UtcTicks);
        Assert.Null(watch.Find("c500"));
        Assert.NotNull(watch.Find("later"));
    }

    private static SampleWindow Window(double floor) => new() { Floor = floor, Slots = 12, Time = 1 };

    /// <summary>A scope's watch with one container whose samples follow each other.</summary>
    private sealed class Watched
    {
        public Watched() => Replica = Watch.See(Web1, Start.UtcTicks);

        public ResourceWatch Watch { get; } = new(new BaselineOptions());
        public WatchedReplica Replica { get; }
        public DateTimeOffset Now { get; set; } = Start;

        public void Run(Use use, TimeSpan time, WatchedReplica? replica = null) => Feed(use, time, replica ?? Replica, untilAlarm: false);

        /// <returns>Null when there was none in this time.</returns>
        public TimeSpan? RunToAlarm(Use use, TimeSpan time) => Feed(use, time, Replica, untilAlarm: true);

        private TimeSpan? Feed(Use use, TimeSpan time, WatchedReplica replica, bool untilAlarm)
        {
            var start = Now;
            for (var i = 0; Now - start < time; i++)
            {
                Now += use.Interval;
                if (!Watch.Take(replica, use.Sample(start, i), null))
                {
                    continue;
                }

                Watch.Judge(replica, default);
                if (untilAlarm && replica.Lift.IsAlarm)
                {
                    return Now - start;
                }
            }

            return null;
        }
    }
}
