using Runtime.Collector.Resources;
using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Tests.Baselines;
using Xunit;

namespace Runtime.Collector.Tests.Resources;

public sealed class MinerScoreTests
{
    private static readonly DateTimeOffset Start = ObservationBuilder.Epoch;
    private static readonly ProcessInfo Busiest = new ObservationBuilder().Process("/usr/bin/work")[0];
    private static readonly LongFlow Pool = new("203.0.113.7:443", 7, 0, 36_000_000_000, 72_000_000_000, 100_000);
    private static PythonRandom Noise => new(4711);

    /// <summary>What computes and does not mine, ten minutes of it. The highest score that the proposal allows it is 7.</summary>
    public static TheoryData<string, int> Harmless => new()
    {
        { "openssl speed", 5 },
        { "openssl speed -multi 4", 5 },
        { "stress-ng --cpu 4", 5 },
        { "stress-ng --vm 2 --vm-bytes 2300M", 4 },
        { "ffmpeg", 0 },
        { "gcc", 0 },
        { "training of a model on 4 threads", 7 },
        { "training of a model, its data read again each epoch", 2 },
        { "a data base at rest", 0 },
        { "throttled web server", 2 },
    };

    [Theory]
    [MemberData(nameof(Harmless))]
    public void Score_OfWhatComputesHarmlessly_StaysBelowEight(string what, int expected)
    {
        var random = Noise;
        var use = what switch
        {
            "openssl speed" => Noisy(1, 0.002) with { UserShare = 0.999, MemoryMiB = 9 },
            "openssl speed -multi 4" => Noisy(4, 0.003) with { UserShare = 0.999, MemoryMiB = 30, TopShare = 0.25 },
            "stress-ng --cpu 4" => Noisy(3.98, 0.004) with { UserShare = 0.995, MemoryMiB = 40, TopShare = 0.25 },
            "stress-ng --vm 2 --vm-bytes 2300M" => Noisy(2, 0.01) with { UserShare = 0.71, MemoryMiB = 2310 },
            "ffmpeg" => Noisy(3.6, 0.12) with { UserShare = 0.975, MemoryMiB = 310 },
            "gcc" => new Use { Cores = i => i % 3 == 0 ? 0.4 : 2.2 + (0.3 * random.Gauss(0, 1)), UserShare = 0.86, MemoryMiB = 700, TopShare = 0.3 },
            "training of a model on 4 threads" => Noisy(3.97, 0.02) with { UserShare = 0.98, MemoryMiB = 6200 },
            "training of a model, its data read again each epoch" => new Use { Cores = i => i % 30 < 4 ? 0.6 : 3.97, UserShare = 0.97, MemoryMiB = 6200 },
            "a data base at rest" => Use.Of(0.02) with { UserShare = 0.99, MemoryMiB = 4000 },
            "throttled web server" => Noisy(0.49, 0.02) with { UserShare = 0.8, Limit = 0.5, ThrottledShare = 0.6 },
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, "no such series"),
        };

        Assert.Equal(expected, MinerScore.Points(Of(use, default)));
        Assert.True(MinerScore.Points(Of(use, default)) < MinerScore.High);

        Use Noisy(double cores, double spread) => new() { Cores = _ => cores * (1 + (spread * random.Gauss(0, 1))) };
    }

    /// <summary>xmrig on two cores in fast mode.</summary>
    private static readonly Use Xmrig = new() { Cores = _ => 2.0, UserShare = 0.995, MemoryMiB = 2336, Packets = 0.5 };

    [Fact]
    public void Score_OfAMiner_GrowsWithEachSign()
    {
        Assert.Equal(7, MinerScore.Points(Of(Xmrig, default)));
        Assert.Equal(9, MinerScore.Points(Of(Xmrig, new(ProgramIsForeign: true, null, false, false))));
        Assert.Equal(12, MinerScore.Points(Of(Xmrig, new(ProgramIsForeign: true, Pool, false, false))));
        Assert.Equal(16, MinerScore.Points(Of(Xmrig, new(ProgramIsForeign: true, Pool, IsControlled: true, false))));
        Assert.Equal(27, MinerScore.Points(Of(Xmrig, new(false, null, false, IsPooled: true))));

        // Held to 40 % of a core by its own throttle: no whole core, no limit of the container's.
        Assert.Equal(8, MinerScore.Points(Of(Xmrig with { Cores = _ => 0.4, MemoryMiB = 256 }, new(false, Pool, false, false))));
        Assert.Equal(7, MinerScore.Points(Of(Xmrig with { Cores = _ => 0.5, Limit = 0.5, ThrottledShare = 0.7, MemoryMiB = 270 }, default)));
    }

    [Fact]
    public void Score_BesideAServer_IsThatOfTheBusiestProcess()
    {
        var random = Noise;

        // A server whose load jumps, and a miner of one core: the container's use is neither steady nor whole, its busiest process is both.
        var both = new Use { Cores = i => 1.0 + (0.15 * Math.Abs(random.Gauss(0, 1))), UserShare = 0.98 };
        var windows = Windows(both with { TopShare = 0 }, Busiest, (sample, i) => sample with { TopCpu = TimeSpan.FromSeconds(10) });
        Assert.Equal(MinerTerms.Steady | MinerTerms.WholeCores, MinerScore.Of(windows, default));

        // Of two processes that take turns none is.
        var turns = windows.ToArray();
        turns[2].TopPid++;
        Assert.Equal(MinerTerms.None, MinerScore.Of(turns, default));
    }

    [Fact]
    public void Score_BeforeTenMinutesOrWithoutComputing_IsNone()
    {
        var signs = new MinerSigns(true, Pool, true, true);
        Assert.Equal(MinerTerms.None, MinerScore.Of(Windows(Xmrig, Busiest).AsSpan(1), signs));
        Assert.Equal(MinerTerms.None, MinerScore.Of(Windows(Use.Of(0.05), Busiest), signs));
    }

    [Theory]
    [InlineData(1.0, true)]
    [InlineData(0.96, false)]
    [InlineData(3.9, true)]
    [InlineData(3.85, false)]
    [InlineData(15.84, false)]
    [InlineData(15.86, true)]
    [InlineData(0.3, false)]
    public void WholeCores_Table(double cores, bool isWhole) =>
        Assert.Equal(isWhole, Of(Use.Of(cores) with { UserShare = 0.5, TopShare = 0 }, default).HasFlag(MinerTerms.WholeCores));

    [Theory]
    [InlineData(256, 0, true)]
    [InlineData(225, 0, false)]
    [InlineData(300, 0, false)]
    [InlineData(2100, 0, true)]
    [InlineData(2000, 0, false)]
    [InlineData(60, 2336, true)]
    [InlineData(60, 64, false)]
    public void Memory_Table(double memory, double huge, bool isOfRandomX) =>
        Assert.Equal(isOfRandomX, Of(Use.Of(0.5) with { UserShare = 0.5, MemoryMiB = memory, HugePagesMiB = huge }, default).HasFlag(MinerTerms.Memory));

    /// <summary>8 points are high and 12 critical at what a locked baseline asks for, 11 not yet.</summary>
    [Theory]
    [InlineData(8, 4)]
    [InlineData(11, 4)]
    [InlineData(12, 5)]
    public void PointFactor_MakesHighOfEightAndCriticalOfTwelve(int points, int severity) =>
        Assert.Equal(severity, (int)new Collector.Incidents.Weight(Math.Pow(MinerScore.PointFactor, points), LockRule.LockedThreshold).Severity);

    [Fact]
    public void Flows_ThatAreShortBusyOrOver_AreNone()
    {
        var times = new ResourceTimes(new BaselineOptions());
        var minute = TimeSpan.TicksPerMinute;
        Assert.NotNull(Told(40, 300).Find(40 * minute, 1024, times));
        Assert.Null(Told(25, 300).Find(25 * minute, 1024, times));
        Assert.Null(Told(40, 70_000).Find(40 * minute, 1024, times));
        Assert.Null(Told(40, 300).Find(60 * minute, 1024, times));

        // The same peer again from the beginning is another connection.
        var again = Told(40, 300);
        again.Note("a", 1, 41 * minute, minute, 300);
        Assert.Null(again.Find(41 * minute, 1024, times));

        // Told of for the first time after hours: without a second telling there is no rate.
        var late = new LongFlows();
        late.Note("a", 1, 0, 300 * minute, 0);
        Assert.Null(late.Find(0, 1024, times));

        var many = new LongFlows();
        for (var i = 0; i < 100; i++)
        {
            many.Note("peer" + i, 1, i, 0, 0);
        }

        using var stream = new MemoryStream();
        many.Write(new BinaryWriter(stream));
        Assert.Equal(LongFlows.Capacity, stream.ToArray()[0]);

        LongFlows Told(int minutes, double bytesAMinute)
        {
            var flows = new LongFlows();
            for (var i = 1; i <= minutes; i++)
            {
                flows.Note("a", 1, i * minute, i * minute, bytesAMinute);
            }

            return flows;
        }
    }

    private static MinerTerms Of(Use use, MinerSigns signs) => MinerScore.Of(Windows(use, Busiest), signs);

    private static SampleWindow[] Windows(Use use, ProcessInfo? busiest, Func<ResourceSample, int, ResourceSample>? change = null)
    {
        var series = new SampleSeries();
        var times = new ResourceTimes(new BaselineOptions());
        for (var i = 0; i < 60; i++)
        {
            var sample = use.Sample(Start, i);
            series.Add(change?.Invoke(sample, i) ?? sample, busiest, times, out _);
        }

        return series.Windows.ToArray();
    }
}
