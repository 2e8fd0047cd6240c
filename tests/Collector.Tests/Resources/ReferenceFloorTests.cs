using System.Globalization;
using Runtime.Collector.Baselines;
using Runtime.Collector.Resources;
using Runtime.Collector.Tests.Baselines;
using Xunit;

namespace Runtime.Collector.Tests.Resources;

/// <summary>
/// The reference simulation of the floor's detector (cpu.py; baselines 4.3): 8 series of 21 days for each kind, learnt as they come. False alarms are counted from
/// the first verdict on, miners begin after nine to ten days.
/// </summary>
public sealed class ReferenceFloorTests
{
    private const int Series = 8;

    /// <summary>The reference's minutes end at the beginning of the window that alarms, ours at its end: two more.</summary>
    public static TheoryData<string, int[]> Reference => new()
    {
        { "web", [11, 11, 12, 40, 814] },
        { "db", [12, 11, 25, 34, 804] },
        { "idle", [11, 11, 11, 29, 607] },
        { "batch", [11, 12, 12, 41, 665] },
    };

    [Theory]
    [MemberData(nameof(Reference))]
    public void Detector_OnTheReferencesSeries_FindsAllMinersAndAlarmsOnNothingElse(string kind, int[] reference)
    {
        var minutes = SyntheticLoad.Miners.ToDictionary(how => how, _ => new List<double>());
        var (alarms, lifts) = (0, 0);
        for (var i = 0; i < Series; i++)
        {
            var random = new PythonRandom((uint)((1000 * i) + kind[0]));
            var series = new FloorSeries(random, kind, 21);
            byte[] week = [];
            series.Run(0, 21 * SyntheticLoad.Day, watch =>
            {
                alarms += watch.HasAlarmed ? 1 : 0;
                lifts += watch.HasLifted ? 1 : 0;
                week = watch.At == 7 * SyntheticLoad.Day ? watch.Save() : week;
            });
            foreach (var how in SyntheticLoad.Miners)
            {
                var mined = new FloorSeries(series, week) { Start = (9 * SyntheticLoad.Day) + random.Between(0, SyntheticLoad.Day), Miner = how };
                var alarm = 0;
                mined.Run(7 * SyntheticLoad.Day, 14 * SyntheticLoad.Day, watch => alarm = alarm == 0 && watch.HasAlarmed && watch.At >= mined.Start ? watch.At : alarm);
                if (alarm > 0)
                {
                    minutes[how].Add((alarm - mined.Start) / 6.0);
                }
            }
        }

        var medians = SyntheticLoad.Miners.Select(how => Median(minutes[how])).ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{kind}: {alarms} false alarms and {lifts} lifts in {Series * 20} days | {string.Join(", ", SyntheticLoad.Miners.Select((how, i) => $"{how} {minutes[how].Count}/{Series} in {medians[i]:0} min (reference {reference[i]})"))}"));
        Assert.Equal(0, alarms);
        for (var i = 0; i < reference.Length; i++)
        {
            Assert.Equal(Series, minutes[SyntheticLoad.Miners[i]].Count);
            Assert.InRange(medians[i], reference[i] / 1.5, (reference[i] * 1.5) + 2);
        }
    }

    /// <summary>A rollout at any hour, judged after six: loads and jobs of the other hours of the day come as news.</summary>
    [Theory]
    [InlineData("web")]
    [InlineData("db")]
    [InlineData("idle")]
    [InlineData("batch")]
    public void Detector_AfterARollout_AlarmsOnNothing(string kind)
    {
        var alarms = 0;
        for (var i = 0; i < Series; i++)
        {
            var random = new PythonRandom((uint)((1000 * i) + 7 + kind[0]));
            var series = new FloorSeries(random, kind, 15);
            var rollout = SyntheticLoad.Day + (random.Between(0, SyntheticLoad.Day / 12) * 12);
            series.Run(0, rollout, _ => { });
            series.Replace("sha256:next");
            series.Run(rollout, 15 * SyntheticLoad.Day, watch => alarms += watch.HasAlarmed ? 1 : 0);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {alarms} false alarms in {Series * 13} days after a rollout");
        Assert.Equal(0, alarms);
    }

    private static double Median(List<double> values) => values.Order().ElementAtOrDefault(values.Count / 2);

    /// <summary>One container of a synthetic service.</summary>
    private sealed class FloorSeries
    {
        private readonly double[] _cores;
        private readonly double[] _packets;
        private readonly ResourceWatch _watch;
        private WatchedReplica _replica;

        public FloorSeries(PythonRandom random, string kind, int days)
        {
            (_cores, _packets) = SyntheticLoad.Benign(random, kind, days);
            _watch = new ResourceWatch(new BaselineOptions());
            _replica = _watch.See(ObservationBuilder.Container("c1", "web-1") with { Started = DateTimeOffset.UnixEpoch }, SyntheticLoad.Sample(_cores, _packets, 0).Time.UtcTicks);
        }

        public FloorSeries(FloorSeries other, byte[] state)
        {
            (_cores, _packets) = (other._cores, other._packets);
            _watch = ResourceWatch.Read(new BinaryReader(new MemoryStream(state)), new BaselineOptions());
            _replica = _watch.Find("c1")!;
        }

        public int Start { get; init; } = int.MaxValue;
        public string Miner { get; init; } = "";

        /// <summary>Samples taken.</summary>
        public int At { get; private set; }
        public bool HasAlarmed { get; private set; }
        public bool HasLifted { get; private set; }

        public void Replace(string digest) => _replica = _watch.See(
            ObservationBuilder.Container("c2", "web-2", digest) with { Started = DateTimeOffset.UnixEpoch }, SyntheticLoad.Sample(_cores, _packets, At).Time.UtcTicks);

        /// <param name="each">Called after every sample.</param>
        public void Run(int from, int to, Action<FloorSeries> each)
        {
            for (var t = from; t < to; t++)
            {
                var (alarm, lift) = (_replica.Lift.IsAlarm, _replica.Lift.IsLifted);
                if (_watch.Take(_replica, SyntheticLoad.Sample(_cores, _packets, t, t >= Start ? SyntheticLoad.Miner(Miner, t - Start) : 0), null))
                {
                    _watch.Judge(_replica, default);
                }

                At = t + 1;
                (HasAlarmed, HasLifted) = (!alarm && _replica.Lift.IsAlarm, !lift && _replica.Lift.IsLifted);
                each(this);
            }
        }

        public byte[] Save()
        {
            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream);
            _watch.Write(writer);
            writer.Flush();
            return stream.ToArray();
        }
    }
}
