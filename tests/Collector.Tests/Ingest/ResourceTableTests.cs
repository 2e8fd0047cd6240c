using CsCheck;
using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;
using Runtime.Collector.Storage;
using Runtime.Collector.Tests.Storage;
using Runtime.V1;
using Xunit;

namespace Runtime.Collector.Tests.Ingest;

public sealed class ResourceTableTests
{
    private const ulong Second = 1_000_000_000;

    [Fact]
    public void Decode_GivesOneObservationForAContainersSamples_AndTheLogKeepsThem()
    {
        var decoded = Decode(Batch());
        Assert.Empty(decoded.Rejections);
        var rows = decoded.Observations.OfType<ResourceObservation>().ToArray();
        Assert.Equal(2, rows.Length);
        var (container, node) = (rows[0], rows[1]);

        Assert.Equal(12, container.Samples.Count);
        Assert.Equal((12ul, TimeSpan.FromSeconds(120)), (container.Count, container.Last - container.First));
        Assert.Equal(new string('a', 64), container.Container!.Id);
        Assert.Empty(container.Container.PodLabels);
        Assert.Equal("/bin/sh", Assert.Single(container.Lineage).Binary);
        Assert.Null(node.Container);
        Assert.Empty(node.Lineage);

        foreach (var row in rows)
        {
            var again = Assert.IsType<ResourceObservation>(ObservationCodec.Decode(5, row.Scope, ObservationCodec.Encode(row)));
            Assert.Equal(row.Samples, again.Samples);
            Assert.Equal((row.First, row.Last, row.Count), (again.First, again.Last, again.Count));
        }

        var bytes = ObservationCodec.Encode(container).Length;
        TestContext.Current.TestOutputHelper?.WriteLine($"one stored row of 12 samples: {bytes} bytes; 720 rows a day: {bytes * 720 / 1024} KiB");
        Assert.InRange(bytes, 100, 1000);
    }

    [Fact]
    public void Summary_SaysWhatWasUsedAndByWhom()
    {
        var resource = Decode(Batch()).Observations.OfType<ResourceObservation>().First();
        Assert.Equal("resource", EventText.Kind(resource));
        Assert.Equal(
            "cpu 0.50 cores (user 98 %), throttled in 40 % of periods, memory 200 MiB, huge pages 4 MiB, 3 processes, 9 threads, 2 packets/s over 120 s; most by /bin/sh, 0.45 cores",
            EventText.Summary(resource));
        var details = EventText.Details(resource).ToDictionary();
        Assert.Equal(("0.5", "0.5", "0.98", "0.4", "0.5", "8192"), (details["cores"], details["cores_min"], details["user_share"], details["throttled_share"], details["limit_cores"], details["read_bytes"]));
        Assert.StartsWith("node: cpu 1.00 cores", EventText.Summary(Decode(Batch()).Observations.OfType<ResourceObservation>().Last()), StringComparison.Ordinal);
    }

    [Fact]
    public void Engine_OfResources_LearnsAndRaisesNothing()
    {
        var resource = Decode(Batch()).Observations.OfType<ResourceObservation>().First();
        var engine = new ScopeEngine(resource.Scope, new BaselineOptions());
        var outcome = engine.Apply(resource with { Id = 7 });
        Assert.True(outcome.IsNothing);
        Assert.Equal(7, engine.AppliedThrough);
        Assert.Empty(engine.View(resource.Last).Items);
    }

    public static TheoryData<Action<ResourceColumns>, string> Faults => new()
    {
        { r => r.IntervalNs[0] = 0, "resources row 0: interval_ns is out of range; it must be above 0 and at most two hours" },
        { r => r.CpuUserNs[0] = ulong.MaxValue, "no node has so many processors" },
        { r => r.Container[0] = 9, "resources row 0: container is out of range; it must name a row of containers" },
        { r => r.TopProcess[0] = 9, "it must name a row of processes, of that container" },
        { r => r.Time[1] = r.Time[0], "resources row 1: time is out of range; samples of one container must be in order" },
        { r => r.Time[0] = long.MaxValue, "resources row 0: time is" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Decode_OfAFault_RefusesTheRowInWords(Action<ResourceColumns> damage, string words)
    {
        var batch = Batch();
        damage(batch.Resources);
        var decoded = Decode(batch);
        Assert.Contains(words, Assert.Single(decoded.Rejections).Reason, StringComparison.Ordinal);
        Assert.Equal(12, decoded.Observations.OfType<ResourceObservation>().Sum(row => row.Samples.Count));
    }

    [Fact]
    public void Decode_OfAShortColumn_RefusesTheTable()
    {
        var batch = Batch();
        batch.Resources.Periods.RemoveAt(0);
        Assert.Contains("resources: periods is 12 values long", Assert.Single(Decode(batch).Rejections).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Codec_OfAnyNumbers_GivesTheSame() => Gen.Select(Gen.ULong, Gen.UInt, Gen.Int[0, 127], Gen.Int[1, 64]).Sample((big, small, has, count) =>
    {
        var resource = Decode(Batch()).Observations.OfType<ResourceObservation>().First();
        var sample = new ResourceSample
        {
            Time = resource.Last, Interval = TimeSpan.FromTicks(small + 1L), Has = (ResourceCounters)has, CpuUser = TimeSpan.FromTicks(small), CpuSystem = TimeSpan.FromTicks((long)(big >> 2)),
            Throttled = Only(ResourceCounters.Throttling) ? TimeSpan.FromTicks(small) : default, Periods = Only(ResourceCounters.Throttling) ? small : 0,
            MemoryBytes = Only(ResourceCounters.Memory) ? big : 0, HugePageBytes = Only(ResourceCounters.HugePages) ? big : 0, WrittenBytes = Only(ResourceCounters.Io) ? big : 0,
            SentPackets = Only(ResourceCounters.Network) ? big : 0, Threads = Only(ResourceCounters.Threads) ? small : 0,
        };
        resource = resource with { Samples = [.. Enumerable.Range(0, count).Select(i => sample with { Time = resource.First.AddSeconds(i) })] };
        return ((ResourceObservation)ObservationCodec.Decode(0, resource.Scope, ObservationCodec.Encode(resource))).Samples.SequenceEqual(resource.Samples);

        bool Only(ResourceCounters counter) => ((ResourceCounters)has).HasFlag(counter);
    }, iter: 500);

    private static DecodedBatch Decode(Batch batch) => new BatchDecoder(new IngestOptions()).Decode(Sample.Agent, batch, Sample.Now);

    /// <summary>Twelve samples of a container with a quota of half a processor, and one of the node.</summary>
    private static Batch Batch()
    {
        var batch = WireBatch.Full();
        batch.Resources = new ResourceColumns();
        for (var i = 0; i < 12; i++)
        {
            Row(batch.Resources, (i - 11) * 10L * (long)Second, 1, 2, i % 6 == 5 ? 127u : 3u, 4_900_000_000, 100_000_000);
        }

        Row(batch.Resources, 0, 0, 0, 1, 9 * Second, Second);
        return batch;
    }

    private static void Row(ResourceColumns r, long time, uint container, uint process, uint has, ulong user, ulong system)
    {
        r.Time.Add(time);
        r.Container.Add(container);
        r.IntervalNs.Add(10 * Second);
        r.Has.Add(has);
        r.CpuUserNs.Add(user);
        r.CpuSystemNs.Add(system);
        r.ThrottledNs.Add(container == 0 ? 0 : 3 * Second);
        r.CpuLimitNs.Add(container == 0 ? 0 : 5 * Second);
        var isFull = has == 127;
        r.MemoryBytes.Add(isFull ? 200ul << 20 : 0);
        r.HugePageBytes.Add(isFull ? 4ul << 20 : 0);
        r.ReadBytes.Add(isFull ? 4096ul : 0);
        r.WrittenBytes.Add(isFull ? 512ul : 0);
        r.ReceivedPackets.Add(isFull ? 100ul : 0);
        r.SentPackets.Add(isFull ? 20ul : 0);
        r.Processes.Add(isFull ? 3u : 0);
        r.Threads.Add(isFull ? 9u : 0);
        r.Periods.Add(container == 0 ? 0 : 100u);
        r.ThrottledPeriods.Add(container == 0 ? 0 : 40u);
        r.TopProcess.Add(process);
        r.TopCpuNs.Add(process == 0 ? 0 : 4_500_000_000ul);
    }
}
