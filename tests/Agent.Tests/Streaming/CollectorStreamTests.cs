using Runtime.Agent.Health;
using Runtime.Agent.Reduction;
using Runtime.Agent.Streaming;
using Runtime.Agent.Tests.Reduction;
using Runtime.V1;
using Xunit;

namespace Runtime.Agent.Tests.Streaming;

/// <summary>Emitted = acknowledged + queued + counted lost, whatever the collector does.</summary>
public sealed class CollectorStreamTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("stream-").FullName;
    private readonly FakeCollector _collector;
    private readonly StringWriter _log = new();
    private readonly CancellationTokenSource _stop = new();
    private FactQueue _queue = new(10_000, TimeProvider.System);
    private CollectorStream? _stream;
    private Task _running = Task.CompletedTask;

    public CollectorStreamTests() => _collector = new(Path.Combine(_folder, "c.sock"));

    [Fact]
    public async Task Facts_WithTheCollectorThere_ArriveOnceAndAreAcknowledged()
    {
        await _collector.StartAsync();
        Start(new());
        for (uint i = 0; i < 5000; i++)
            _queue.Post(Facts.Exec(i));
        await FinishAsync();
        Assert.Equal(5000, _collector.Rows);
        Assert.Equal(Enumerable.Range(1, _collector.Committed.Count).Select(i => (ulong)i), _collector.Committed.Select(b => b.Sequence));
        AssertInvariant(5000);
        Assert.Equal(("default", "node-1"), (_collector.Hellos[0].Cluster, _collector.Hellos[0].Node));
    }

    [Fact]
    public async Task NewExec_WithTheCollectorThere_ArrivesWithinAMoment()
    {
        await _collector.StartAsync();
        Start(new());
        await _collector.UntilAsync(() => _collector.Statuses.Count > 0, "the agent told its state");
        var started = TimeProvider.System.GetTimestamp();
        _queue.Post(Facts.Exec());
        await _collector.UntilAsync(() => _collector.Rows == 1, "the exec is committed");
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(2));
        await FinishAsync();
    }

    [Fact]
    public async Task Collector_DownAtStart_FactsWaitAndArrive()
    {
        Start(new());
        for (uint i = 0; i < 100; i++)
            _queue.Post(Facts.Exec(i));
        await UntilAsync(() => _stream!.Counters()["stream.failures"] >= 3, "three attempts failed");
        await _collector.StartAsync();
        await FinishAsync();
        Assert.Equal(100, _collector.Rows);
        AssertInvariant(100);
        Assert.Contains("there is no such socket; trying again", _log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collector_KilledWhileStreaming_NothingIsLostAndNothingCountsTwice()
    {
        await _collector.StartAsync();
        Start(new() { BatchRows = 10, WindowBatches = 8 });
        const int Total = 3000;
        var posting = Task.Run(async () =>
        {
            for (uint i = 0; i < Total; i++)
            {
                _queue.Post(Facts.Exec(i));
                if (i % 100 == 0)
                    await Task.Yield();
            }
        }, TestContext.Current.CancellationToken);
        for (var kills = 1; kills <= 3; kills++)
        {
            var after = kills * 500;
            await _collector.UntilAsync(() => _collector.Rows >= after, $"{after} rows before kill {kills}");
            await _collector.KillAsync();
            await _collector.StartAsync();
        }
        await posting;
        await FinishAsync();
        Assert.Equal(Total, _collector.Rows);
        Assert.Equal(Total, _collector.Committed.SelectMany(b => b.Execs.Process.Select(p => b.Processes.Pid[(int)p - 1])).Distinct().Count());
        AssertInvariant(Total);
        Assert.Single(_collector.Hellos.Select(h => h.Epoch).Distinct());
    }

    [Fact]
    public async Task Collector_KilledWithTheWindowFull_IsCalledAnew()
    {
        await _collector.StartAsync();
        _collector.Acknowledges = _ => _collector.Hellos.Count > 1;
        Start(new() { BatchRows = 10, WindowBatches = 2 });
        for (uint i = 0; i < 100; i++)
            _queue.Post(Facts.Exec(i));
        await _collector.UntilAsync(() => _collector.Rows == 20, "the window is full");
        await _collector.KillAsync();
        await _collector.StartAsync();
        await FinishAsync();
        Assert.Equal(100, _collector.Rows);
        AssertInvariant(100);
    }

    [Fact]
    public async Task Collector_CommitsAndDiesBeforeTheAck_IsAskedWhatItHas()
    {
        await _collector.StartAsync();
        var broken = 0;
        _collector.Acknowledges = _ => Interlocked.Increment(ref broken) > 3;
        Start(new() { AnswerTimeout = TimeSpan.FromSeconds(1), BatchRows = 10 });
        for (uint i = 0; i < 30; i++)
            _queue.Post(Facts.Exec(i));
        await _collector.UntilAsync(() => _collector.Rows == 30, "all is committed");
        await _collector.KillAsync();
        await _collector.StartAsync();
        await FinishAsync();
        Assert.Equal(30, _collector.Rows);
        // Its Welcome told what it had: nothing came twice.
        Assert.Equal(_collector.Committed.Count, _collector.Received);
        AssertInvariant(30);
    }

    [Fact]
    public async Task Collector_ThatStopsAcknowledging_IsLeftAndCalledAnew()
    {
        await _collector.StartAsync();
        _collector.Acknowledges = _ => _collector.Hellos.Count > 1;
        Start(new() { AnswerTimeout = TimeSpan.FromSeconds(1) });
        _queue.Post(Facts.Exec());
        await _collector.UntilAsync(() => _collector.Hellos.Count > 1, "the agent called anew");
        await FinishAsync();
        Assert.Contains("no acknowledgement within 1 s", _log.ToString(), StringComparison.Ordinal);
        AssertInvariant(1);
    }

    [Fact]
    public async Task Collector_Slow_QueueFillsDropsAreCountedAndTold()
    {
        await _collector.StartAsync();
        var gate = new TaskCompletionSource();
        _collector.OnBatch = async _ =>
        {
            await gate.Task;
            return 0;
        };
        _queue = new(1000, TimeProvider.System);
        Start(new() { BatchRows = 10, WindowBatches = 2 });
        for (uint i = 0; i < 5000; i++)
            _queue.Post(Facts.File($"/f{i}", "noisy"));
        for (uint i = 0; i < 50; i++)
            _queue.Post(Facts.Exec(i, "quiet"));
        gate.SetResult();
        await FinishAsync();
        var counters = _queue.Counters();
        Assert.True(counters["queue.dropped"] > 3000);
        Assert.Equal(0ul, counters["queue.dropped.NewProcess"]);
        Assert.Equal(50, _collector.Committed.Sum(b => b.Execs.First.Count));
        var told = _collector.Committed.SelectMany(b => b.Losses.Select(l => (b.Containers[(int)l.Container - 1].Id, l.Kind, l.Reason, l.Count))).ToArray();
        Assert.All(told, l => Assert.Equal(("noisy", "file", "queue_full"), (l.Id, l.Kind, l.Reason)));
        Assert.Equal(counters["queue.dropped"], told.Aggregate(0ul, (sum, l) => sum + l.Count));
        AssertInvariant(5050);
    }

    [Fact]
    public async Task Collector_RefusesRows_TheyAreCountedAndNotSentAgain()
    {
        await _collector.StartAsync();
        _collector.OnBatch = _ => Task.FromResult(1u);
        Start(new() { BatchRows = 10 });
        for (uint i = 0; i < 100; i++)
            _queue.Post(Facts.Exec(i));
        await FinishAsync();
        var refused = _stream!.Counters()["stream.refused"];
        Assert.Equal((ulong)_collector.Committed.Count, refused);
        Assert.Contains("a test refuses it", _log.ToString(), StringComparison.Ordinal);
        Assert.Equal(_collector.Committed.Count, _collector.Received);
        AssertInvariant(100);
    }

    [Fact]
    public async Task Collector_TakesSmallerBatchesAfterRestart_OlderOnesAreRefusedNotStuck()
    {
        await _collector.StartAsync();
        _collector.OnBatch = _ => throw new InvalidOperationException("dies");
        Start(new());
        for (uint i = 0; i < 200; i++)
            _queue.Post(Facts.Exec(i));
        await UntilAsync(() => _stream!.Counters()["stream.failures"] >= 1, "the stream broke");
        await _collector.KillAsync();
        _collector.MaxBatchBytes = 2000;
        _collector.OnBatch = batch => Task.FromResult(batch.CalculateSize() <= 2000 ? 0u : throw new InvalidOperationException("too large"));
        await _collector.StartAsync();
        _queue.Post(Facts.Exec(1000));
        await FinishAsync();
        Assert.True(_stream!.Counters()["stream.refused"] > 0);
        AssertInvariant(201);
    }

    [Fact]
    public async Task Fact_ThatFitsNoBatch_IsCountedLostAndTheRestGoesOn()
    {
        _collector.MaxBatchBytes = 2000;
        await _collector.StartAsync();
        Start(new());
        _queue.Post(Facts.File(new string('a', 4000)));
        _queue.Post(Facts.Exec());
        await FinishAsync();
        Assert.Equal(1, _collector.Rows);
        Assert.Equal("too_large", Assert.Single(_collector.Committed.SelectMany(b => b.Losses)).Reason);
        AssertInvariant(2);
    }

    [Fact]
    public async Task Repair_WithoutRows_IsSent()
    {
        await _collector.StartAsync();
        Start(new());
        _queue.Post(FakeContainers.Record("c9"));
        await _collector.UntilAsync(() => _collector.Committed.Any(b => b.Containers.Any(c => c.Id == "c9" && c.Complete)), "the container is told");
        await FinishAsync();
    }

    [Fact]
    public async Task State_IsToldAgainAndAgain()
    {
        await _collector.StartAsync();
        Start(new() { StatusInterval = TimeSpan.FromMilliseconds(100) });
        await _collector.UntilAsync(() => _collector.Statuses.Count >= 3, "three states");
        Assert.Equal(10_000ul, _collector.Statuses[0].QueueCapacity);
        Assert.Equal(4ul, _collector.Statuses[0].Counters["capture.exec.delivered"]);
        await FinishAsync();
    }

    [Fact]
    public async Task Stop_WithTheCollectorAway_EndsWhenToldAndCountsWhatIsLeft()
    {
        Start(new());
        for (uint i = 0; i < 10; i++)
            _queue.Post(Facts.Exec(i));
        _queue.Complete();
        await UntilAsync(() => _stream!.Counters()["stream.failures"] >= 1, "an attempt failed");
        await _stop.CancelAsync();
        await _running.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(10ul, _stream!.Undelivered);
    }

    [Fact]
    public async Task Collector_ThatAcceptsAndNeverAnswers_IsLeft()
    {
        using var listener = new global::System.Net.Sockets.Socket(global::System.Net.Sockets.AddressFamily.Unix, global::System.Net.Sockets.SocketType.Stream, 0);
        listener.Bind(new global::System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(_folder, "c.sock")));
        listener.Listen(10);
        Start(new() { AnswerTimeout = TimeSpan.FromSeconds(1) });
        await UntilAsync(() => _stream!.Counters()["stream.failures"] >= 2, "two attempts failed");
        Assert.Contains("no answer within 1 s", _log.ToString(), StringComparison.Ordinal);
        await _stop.CancelAsync();
        await _running.WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Limit);
        await _collector.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Start(StreamingOptions options)
    {
        options = options with { BackoffMinimum = TimeSpan.FromMilliseconds(5), BackoffMaximum = TimeSpan.FromMilliseconds(50) };
        var identity = new AgentIdentity("a1", "default", "node-1", "0.1.0", "boot", "6.18");
        var state = new AgentState([], new Dictionary<string, ulong> { ["capture.exec.delivered"] = 4 }, 0, 10_000, 1, 1, 0, 0);
        _stream = new(new() { Address = "unix:" + Path.Combine(_folder, "c.sock") }, options, identity, _queue, new TestClock(), () => state, TimeProvider.System, new AgentLog(_log, LogLevel.Debug, TimeProvider.System));
        _running = Task.Run(() => _stream.RunAsync(_stop.Token), TestContext.Current.CancellationToken);
    }

    private async Task FinishAsync()
    {
        _queue.Complete();
        await _running.WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    /// <summary>The stream has no event for its counters: looked at again and again, with a hard end.</summary>
    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Limit, $"not within {Limit.TotalSeconds} s: {what}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private void AssertInvariant(ulong emitted)
    {
        var (queue, stream) = (_queue.Counters(), _stream!.Counters());
        Assert.Equal(emitted, queue["queue.posted"]);
        Assert.Equal(emitted, stream["stream.acknowledged"] + stream["stream.refused"] + _stream.Undelivered + queue["queue.dropped"]);
        Assert.Equal(0ul, _stream.Undelivered);
    }
}
