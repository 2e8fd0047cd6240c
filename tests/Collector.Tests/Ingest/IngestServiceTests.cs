using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Nodes;
using Runtime.Collector.Query;
using Runtime.Collector.Scopes;
using Runtime.Collector.Storage;
using Runtime.Collector.Tests.Storage;
using Runtime.V1;
using Xunit;
using Incident = Runtime.Collector.Incidents.Incident;
using Deviation = Runtime.Collector.Detection.Deviation;
using ItemDecision = Runtime.Collector.Baselines.ItemDecision;

namespace Runtime.Collector.Tests.Ingest;

public sealed class IngestServiceTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TakingScopes _scopes = new();
    private readonly FakeTimeProvider _time = new(Sample.Now);
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(
        new IngestOptions { MaxBatchBytes = 64 * 1024, BatchesInFlight = 2 },
        services => services.AddSingleton<TimeProvider>(_time).AddSingleton<IScopeDirectory>(_scopes));

    public async ValueTask DisposeAsync()
    {
        _scopes.Open();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Stream_OfBatches_AcknowledgesEachAndWelcomesWithTheLast()
    {
        using (var stream = await OpenAsync())
        {
            Assert.Equal(0UL, stream.Welcome.LastSequence);
            Assert.Equal(64U * 1024, stream.Welcome.MaxBatchBytes);
            Assert.Equal((1UL, 0), Words(await stream.SendAsync(WireBatch.Full(1))));
            Assert.Equal((2UL, 0), Words(await stream.SendAsync(WireBatch.Full(2))));
            Assert.Equal((1UL, 0), Words(await stream.SendAsync(WireBatch.Full(1))));
        }

        using var again = await OpenAsync();
        Assert.Equal(2UL, again.Welcome.LastSequence);
        Assert.Equal(10, (await Store.GetFiguresAsync(TestContext.Current.CancellationToken)).Events);
        await _scopes.TookAsync(10).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Agent_ThatWasAway_ScopesHearAtOnceThatNobodyWatched()
    {
        using (var stream = await OpenAsync())
        {
            await stream.SendAsync(WireBatch.Full(1));
        }

        _time.Advance(TimeSpan.FromHours(1));
        using var again = await OpenAsync(WireBatch.Hello(epoch: "epoch-2"));
        // Behind the batch's rows one for its deployment and one for the node.
        var rows = (int)(await Store.GetFiguresAsync(TestContext.Current.CancellationToken)).Events;
        Assert.True(rows > 5);
        await _scopes.TookAsync(rows).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Batch_WithRefusedRows_IsAcknowledgedWithReasons()
    {
        using var stream = await OpenAsync();
        var batch = WireBatch.Full();
        batch.Execs.Process[0] = 99;
        var ack = await stream.SendAsync(batch);
        Assert.Equal((1UL, 1), Words(ack));
        Assert.Contains("execs row 0: process is 99", ack.Rejections[0].Reason, StringComparison.Ordinal);
        Assert.Equal(4, (await Store.GetFiguresAsync(TestContext.Current.CancellationToken)).Events);
    }

    [Fact]
    public async Task Stream_OfTheSameAgent_EndsTheOlder()
    {
        using var older = await OpenAsync();
        using var newer = await OpenAsync();
        var ended = await Assert.ThrowsAsync<RpcException>(() => older.ReadAsync());
        Assert.Equal(StatusCode.Aborted, ended.StatusCode);
        Assert.Equal(1UL, (await newer.SendAsync(WireBatch.Full())).Sequence);
        Assert.True(_host.Services.GetRequiredService<IAgentDirectory>().IsConnected("agent-1"));
        using var other = await OpenAsync(WireBatch.Hello("agent-2"));
        Assert.Equal(2UL, (await newer.SendAsync(WireBatch.Full(2))).Sequence);
    }

    [Fact]
    public async Task Hello_WithFaults_IsRefusedWithAllOfThem()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(new Hello { AgentId = new string('x', 200), Epoch = "", Node = "a\nb" }));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("hello.agent_id has 200 bytes; it must have 1 to 128", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("hello.epoch has 0 bytes", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("hello.node holds a control character", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_ThatBeginsWithABatch_IsRefused()
    {
        using var stream = new AgentCall(_host.Channel);
        await stream.WriteAsync(new AgentMessage { Batch = WireBatch.Full() });
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => stream.ReadAsync())).StatusCode);
    }

    [Fact]
    public async Task Batch_WithSequenceZero_EndsTheStream()
    {
        using var stream = await OpenAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => stream.SendAsync(WireBatch.Full(0)));
        Assert.Contains("sequences begin at 1", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_AboveTheBound_IsRefused()
    {
        using var stream = await OpenAsync();
        var batch = WireBatch.Full();
        for (var i = 0; i < 40; i++)
        {
            WireBatch.Bytes(batch, new byte[8192]);
        }

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => stream.SendAsync(batch))).StatusCode);
    }

    [Fact]
    public async Task Batch_OnAFullDisk_IsNotAcknowledgedAndIsTakenLater()
    {
        var database = _host.Services.GetRequiredService<Database>();
        var token = TestContext.Current.CancellationToken;
        using (var stream = await OpenAsync())
        {
            await stream.SendAsync(WireBatch.Full(1));
            await database.WriteAsync(session => session.Number($"PRAGMA max_page_count = {session.Number("PRAGMA page_count")}"), token);
            var failed = await Assert.ThrowsAsync<RpcException>(() => stream.SendAsync(Large(2)));
            Assert.Equal(StatusCode.Unavailable, failed.StatusCode);
            Assert.Contains("batch 2 was not stored: the disk under the store is full", failed.Status.Detail, StringComparison.Ordinal);
        }

        await database.WriteAsync(session => session.Number("PRAGMA max_page_count = 1000000"), token);
        using var again = await OpenAsync();
        Assert.Equal(1UL, again.Welcome.LastSequence);
        Assert.Equal(2UL, (await again.SendAsync(Large(2))).Sequence);
    }

    [Fact]
    public async Task Stream_WhoseScopesAreBehind_WaitsAfterTheBatchesInFlight()
    {
        // A log that commits at once: what a call of TakeAsync does not wait for is done when the call returns.
        var log = new PromptLog();
        var services = _host.Services;
        var stream = new AgentStream(
            Sample.Agent, services.GetRequiredService<BatchDecoder>(), log, _scopes, services.GetRequiredService<NodeWatch>(), services.GetRequiredService<IngestOptions>(), services.GetRequiredService<IngestMeter>(),
            services.GetRequiredService<TimeProvider>(), NullLogger.Instance);
        var token = TestContext.Current.CancellationToken;
        _scopes.Close();
        Assert.True(stream.TakeAsync(WireBatch.Full(1), token).IsCompletedSuccessfully);
        Assert.True(stream.TakeAsync(WireBatch.Full(2), token).IsCompletedSuccessfully);
        var third = stream.TakeAsync(WireBatch.Full(3), token);
        Assert.False(third.IsCompleted);
        Assert.Equal([1UL, 2UL], log.Committed);
        _scopes.Open();
        Assert.Equal(3UL, (await third.WaitAsync(Patience, token)).Sequence);
    }

    [Fact]
    public async Task Status_IsKeptForWhoAsks()
    {
        using var stream = await OpenAsync();
        await stream.WriteAsync(new AgentMessage { Status = new AgentStatus { QueueLength = 7 } });
        await stream.SendAsync(WireBatch.Full());
        Assert.Equal(7UL, _host.Services.GetRequiredService<IAgentDirectory>().LastStatus("agent-1")!.QueueLength);
    }

    private IQueryStore Store => _host.Services.GetRequiredService<IQueryStore>();

    private Task<AgentCall> OpenAsync(Hello? hello = null) => AgentCall.OpenAsync(_host.Channel, hello ?? WireBatch.Hello());

    private static Batch Large(ulong sequence)
    {
        var batch = WireBatch.Full(sequence);
        for (var i = 0; i < 200; i++)
        {
            WireBatch.Exec(batch, 2);
        }

        return batch;
    }

    private static (ulong Sequence, int Refused) Words(Ack ack) => (ack.Sequence, (int)ack.Rejections.Sum(rejection => rejection.Rows));

    /// <summary>Keeps nothing but the sequences.</summary>
    private sealed class PromptLog : IIngestLog
    {
        public ConcurrentQueue<ulong> Committed { get; } = [];

        public Task<OpenedEpoch> OpenEpochAsync(AgentIdentity agent, DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<CommitResult> CommitAsync(AgentIdentity agent, DecodedBatch batch, DateTimeOffset now, CancellationToken cancellationToken)
        {
            Committed.Enqueue(batch.Sequence);
            return Task.FromResult(new CommitResult(false, [Sample.Exec()]));
        }

        public Task<IReadOnlyList<Observation>> AppendAsync(IReadOnlyList<Observation> observations, DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task NoteStoppedAsync(AgentIdentity agent, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>Takes what is handed over; can be held shut.</summary>
    private sealed class TakingScopes : IScopeDirectory
    {
        private readonly Lock _lock = new();
        private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
        private TaskCompletionSource _open = Completed();
        private int _taken;

        public void Close() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open() => _open.TrySetResult();

        public Task TookAsync(int count)
        {
            lock (_lock)
            {
                var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Add((count, reached));
                Tell();
                return reached.Task;
            }
        }

        public async Task ApplyAsync(IReadOnlyList<Observation> observations, CancellationToken cancellationToken)
        {
            await _open.Task;
            lock (_lock)
            {
                _taken += observations.Count;
                Tell();
            }
        }

        public Task<BaselineView?> GetBaselineAsync(string scopeId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Incident?> CloseIncidentAsync(string scopeId, string incidentId, string verdict, string who, string note, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Incident?> ApproveIncidentAsync(string scopeId, string incidentId, string who, string note, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Deviation?> ApproveDeviationAsync(string scopeId, string deviationId, string who, string note, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ExpandedView?> ExpandItemAsync(string scopeId, string key, string who, string note, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<BaselineItemView>?> DecideItemsAsync(string scopeId, IReadOnlyList<ItemDecision> decisions, string who, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<BaselineItemView?> RemoveItemAsync(string scopeId, string kind, string key, string who, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

        private void Tell()
        {
            foreach (var (count, reached) in _waiting.Where(waiting => waiting.Count <= _taken))
            {
                reached.TrySetResult();
            }
        }

        private static TaskCompletionSource Completed()
        {
            var done = new TaskCompletionSource();
            done.SetResult();
            return done;
        }
    }
}
