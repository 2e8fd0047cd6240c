using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Runtime.Agent.Reduction;
using Runtime.Agent.Streaming;
using Runtime.Agent.Tests.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Streaming;

public sealed class FactQueueTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Take_WhileOneContainerFloods_HandsOverEachInTurn()
    {
        var queue = new FactQueue(1000, TimeProvider.System);
        for (var i = 0; i < 500; i++)
            queue.Post(Facts.Exec(container: "flood"));
        queue.Post(Facts.Exec(container: "quiet"));
        var taken = new Queue<Fact>();

        queue.Take(taken, 3);

        Assert.Contains(taken, fact => fact.Container!.Id == "quiet");
        queue.Take(taken, 1000);
        Assert.Equal(501, taken.Count);
        Assert.True(queue.IsEmpty);
    }

    [Fact]
    public void Take_Facts_WorthiestFirst()
    {
        var queue = new FactQueue(100, _time);
        queue.Post(Facts.File(isNew: false));
        queue.Post(Facts.Network());
        queue.Post(Facts.File());
        queue.Post(Facts.Exec());
        queue.Post(Facts.Exec(isNew: false));
        Assert.Equal([Lane.NewProcess, Lane.NewNetwork, Lane.NewFile, Lane.ProcessRepeat, Lane.FileRepeat], Take(queue).Select(FactQueue.LaneOf));
    }

    [Fact]
    public void Post_Full_DropsRepeatsThenFilesThenNetworkBeforeExecs()
    {
        var queue = new FactQueue(4, _time);
        queue.Post(Facts.File(isNew: false, count: 7));
        queue.Post(Facts.File("/new"));
        queue.Post(Facts.Network());
        queue.Post(Facts.Exec());
        for (uint i = 1; i <= 3; i++)
            queue.Post(Facts.Exec(100 + i));
        Assert.All(Take(queue), f => Assert.IsType<ExecFact>(f));
        var losses = queue.TakeAside().Losses;
        Assert.Equal([("file", 8ul), ("network", 1ul)], losses.Select(l => (l.Kind, l.Count)).Order());
        Assert.All(losses, l => Assert.Equal(("c1", "queue_full"), (l.Container!.Id, l.Reason)));
    }

    [Fact]
    public void Post_FullOfWorthier_DropsTheNewcomer()
    {
        var queue = new FactQueue(2, _time);
        queue.Post(Facts.Exec(1));
        queue.Post(Facts.Exec(2));
        queue.Post(Facts.File());
        Assert.Equal(2, Take(queue).Count);
        Assert.Equal("file", Assert.Single(queue.TakeAside().Losses).Kind);
    }

    [Fact]
    public void Post_NoisyContainer_DisplacesItsOwnFactsOnly()
    {
        var queue = new FactQueue(100, _time);
        for (var i = 0; i < 5; i++)
            queue.Post(Facts.File($"/quiet/{i}", "quiet"));
        for (var i = 0; i < 10_000; i++)
            queue.Post(Facts.File($"/noisy/{i}", "noisy"));
        Assert.Equal(5, Take(queue).Count(f => f.Container!.Id == "quiet"));
        var loss = Assert.Single(queue.TakeAside().Losses);
        Assert.Equal(("noisy", 9_905ul), (loss.Container!.Id, loss.Count));
    }

    [Fact]
    public void Post_NewContainerIntoFullQueue_GetsRoomFromTheNoisiest()
    {
        var queue = new FactQueue(100, _time);
        for (var i = 0; i < 100; i++)
            queue.Post(Facts.Exec((uint)i, "noisy"));
        queue.Post(Facts.Exec(1000, "late"));
        Assert.Single(Take(queue), f => f.Container!.Id == "late");
    }

    [Fact]
    public void Losses_OfOneKind_AreSummed()
    {
        var queue = new FactQueue(10, _time);
        queue.Post(new LossFact(null, true, "process", "ring_full", 3, 50, 60));
        queue.Post(new LossFact(null, true, "process", "ring_full", 4, 40, 70));
        queue.Post(new LossFact(null, false, "process", "ring_full", 5, 1, 2));
        var losses = queue.TakeAside().Losses;
        Assert.Equal([(false, 5ul, 1L, 2L), (true, 7ul, 40L, 70L)], losses.Select(l => (l.Host, l.Count, l.FirstUnixNs, l.LastUnixNs)).Order());
        Assert.Empty(queue.TakeAside().Losses);
    }

    [Fact]
    public void Repairs_OfOneContainer_KeepTheNewest()
    {
        var queue = new FactQueue(10, _time);
        queue.Post(FakeContainers.Record("c", complete: false));
        queue.Post(FakeContainers.Record("c"));
        Assert.True(Assert.Single(queue.TakeAside().Repairs).Complete);
    }

    [Fact]
    public async Task WaitAsync_NewExec_WaitsTheUrgentDelayOnly()
    {
        var queue = new FactQueue(10, _time);
        var wait = queue.WaitAsync(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100), 1000, TestContext.Current.CancellationToken);
        queue.Post(Facts.File());
        await AdvanceUntil(wait, 0, 60);
        queue.Post(Facts.Exec());
        await AdvanceUntil(wait, 1, 20);
    }

    [Fact]
    public async Task WaitAsync_Repeat_WaitsForCompany()
    {
        var queue = new FactQueue(10, _time);
        var wait = queue.WaitAsync(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100), 1000, TestContext.Current.CancellationToken);
        queue.Post(Facts.Exec(isNew: false));
        await AdvanceUntil(wait, 0, 90);
        await AdvanceUntil(wait, 1, 60);
    }

    [Fact]
    public async Task WaitAsync_FullBatch_DoesNotWait()
    {
        var queue = new FactQueue(5000, _time);
        for (var i = 0; i < 1000; i++)
            queue.Post(Facts.File(isNew: false));
        await queue.WaitAsync(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), 1000, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task WaitAsync_Completed_DoesNotWait()
    {
        var queue = new FactQueue(10, _time);
        var wait = queue.WaitAsync(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), 1000, TestContext.Current.CancellationToken);
        queue.Complete();
        await wait.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        queue.Post(Facts.Exec());
        Assert.Equal(1ul, Assert.Single(queue.TakeAside().Losses).Count);
    }

    [Fact]
    public async Task WaitForRoom_FullQueue_ReturnsWhenFactsWereTaken()
    {
        var queue = new FactQueue(1, _time);
        queue.Post(Facts.Exec());
        var waiting = Task.Run(() => queue.WaitForRoom(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        Take(queue);
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void AnyPostsAndTakes_PostedIsTakenPlusQueuedPlusDropped() =>
        Gen.Int[0, 5].Select(Gen.Int[0, 3], Gen.Int[1, 9]).Array[1, 300].Sample(
            steps =>
            {
                var queue = new FactQueue(20, new FakeTimeProvider());
                ulong lost = 0;
                foreach (var (kind, container, count) in steps)
                {
                    switch (kind)
                    {
                        case 0:
                            queue.Post(Facts.Exec(container: "c" + container));
                            break;
                        case 1:
                            queue.Post(Facts.Network(container: "c" + container));
                            break;
                        case 2:
                            queue.Post(Facts.File(container: "c" + container, isNew: count > 3));
                            break;
                        case 3:
                            queue.Post(Facts.Exec(container: "", isNew: false));
                            break;
                        case 4:
                            var into = new Queue<Fact>();
                            queue.Take(into, count);
                            break;
                        default:
                            lost += queue.TakeAside().Losses.Aggregate(0ul, (sum, l) => sum + l.Count);
                            break;
                    }
                    var counters = queue.Counters();
                    Assert.Equal(counters["queue.posted"], counters["queue.taken"] + counters["queue.dropped"] + counters["queue.length"]);
                    Assert.True(queue.Count <= 20);
                }
                lost += queue.TakeAside().Losses.Aggregate(0ul, (sum, l) => sum + l.Count);
                // Every fact of this test stands for one sight: what was dropped is told in full.
                Assert.Equal(queue.Counters()["queue.dropped"], lost);
                Assert.Equal(queue.Count, Take(queue).Count);
            },
            iter: 300);

    /// <summary>Lets the fake clock go on, with real turns for the waiting task in between.</summary>
    private async Task AdvanceUntil(Task wait, int expectedDone, int milliseconds)
    {
        for (var i = 0; i < milliseconds && !wait.IsCompleted; i += 5)
        {
            for (var turn = 0; turn < 20 && !wait.IsCompleted; turn++)
                await Task.Delay(1, TestContext.Current.CancellationToken);
            _time.Advance(TimeSpan.FromMilliseconds(5));
        }
        if (expectedDone == 1)
            await wait.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(expectedDone == 1, wait.IsCompleted);
    }

    private static List<Fact> Take(FactQueue queue)
    {
        var into = new Queue<Fact>();
        queue.Take(into, int.MaxValue);
        return [.. into];
    }
}
