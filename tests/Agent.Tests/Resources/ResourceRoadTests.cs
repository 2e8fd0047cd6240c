using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using Runtime.Agent.Health;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Resources;
using Runtime.Agent.Streaming;
using Runtime.Agent.Tests.Reduction;
using Runtime.Agent.Tests.Streaming;
using Runtime.V1;
using Xunit;

namespace Runtime.Agent.Tests.Resources;

/// <summary>A window's way from the sampler to a batch.</summary>
public sealed class ResourceRoadTests
{
    [Fact]
    public void Window_OfTheNode_LeavesThroughTheReducerWithoutAProcess()
    {
        var sampler = new ResourceSampler(new(), new(), () => [], TimeProvider.System, new AgentLog(TextWriter.Null, LogLevel.Information, TimeProvider.System));
        for (var i = 0; i <= ContainerMeter.WindowSamples; i++)
            sampler.Round();
        var sink = new FactList();
        var containers = new FakeContainers();
        var processes = new ProcessTable(new(), containers, Redaction.WithRandomSalt(), null, new FakeTimeProvider());
        var reducer = new Reducer(new(), processes, containers, new TestClock(), () => [], sink) { Resources = sampler };
        reducer.OnIdle();
        var fact = Assert.IsType<ResourceFact>(Assert.Single(sink.Facts));
        Assert.Equal((null, ContainerMeter.WindowSamples), (fact.Container, fact.Samples.Count));
        Assert.True(fact.FirstUnixNs < fact.LastUnixNs);
        Assert.Equal(Lane.Resource, FactQueue.LaneOf(fact));

        var batch = Encode(fact, Facts.Exec());
        Assert.Equal(12, batch.Resources.Time.Count);
        Assert.All(batch.Resources.TopProcess, p => Assert.Equal(0u, p));
        Assert.Single(batch.Processes.Pid);
    }

    [Fact]
    public void Encode_OfAContainersWindow_GivesARowForEachSample()
    {
        var samples = Enumerable.Range(0, 3).Select(i => new ResourceSample { TimeBootNs = 100ul + ((ulong)i * 10), IntervalNs = 10, Has = ResourceCounters.Cpu, CpuUserNs = (ulong)i, TopCpuNs = 7 }).ToArray();
        var batch = Encode(Window(samples));
        var rows = batch.Resources;
        Assert.Equal([1u, 1u, 1u], rows.Container);
        Assert.Equal([1u, 1u, 1u], rows.TopProcess);
        Assert.Equal([0ul, 1ul, 2ul], rows.CpuUserNs);
        Assert.Equal(10, rows.Time[1] - rows.Time[0]);
        Assert.Equal((long)(2_000 - batch.BaseUnixNs), rows.Time[2]);
        foreach (var field in ResourceColumns.Descriptor.Fields.InFieldNumberOrder())
            Assert.Equal(3, ((global::System.Collections.IList)field.Accessor.GetValue(rows)).Count);
    }

    [Fact]
    public void Encoder_CountsEverySampleAsARow()
    {
        var samples = new ResourceSample[12];
        Array.Fill(samples, new ResourceSample { TimeBootNs = 100, IntervalNs = 10 });
        var encoder = new BatchEncoder(new TestClock(), 20, 1 << 20);
        Assert.True(encoder.TryAdd(Window(samples)));
        Assert.False(encoder.TryAdd(Window(samples)));
        Assert.Equal(12, encoder.Rows);
        // Alone it fits whatever the bound: it cannot be divided.
        Assert.True(new BatchEncoder(new TestClock(), 5, 1 << 20).TryAdd(Window(samples)));
    }

    [Fact]
    public void Queue_WithoutRoom_DropsResourcesBeforeAllElse()
    {
        var queue = new FactQueue(1, new FakeTimeProvider());
        queue.Post(Window([new ResourceSample { TimeBootNs = 100, IntervalNs = 10 }]));
        queue.Post(Facts.File(isNew: false));
        var loss = Assert.Single(queue.TakeAside().Losses);
        Assert.Equal(("resource", "queue_full"), (loss.Kind, loss.Reason));
    }

    private static ResourceFact Window(IReadOnlyList<ResourceSample> samples) => new()
    {
        Process = Facts.Process(), Container = Facts.Container("c1"), FirstUnixNs = 1_000, LastUnixNs = 2_000, Samples = samples,
    };

    private static Batch Encode(params Fact[] facts)
    {
        var encoder = new BatchEncoder(new TestClock(), 1000, 1 << 20);
        Assert.All(facts, fact => Assert.True(encoder.TryAdd(fact)));
        return Batch.Parser.ParseFrom(encoder.Build(1).ToByteArray());
    }
}
