using System.Diagnostics.Metrics;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Runtime.Collector.Tests.Hosting;
using Runtime.V1;
using Xunit;

namespace Runtime.Collector.Tests.Query;

/// <summary>What a follower may ask of the collector.</summary>
public sealed class EventFollowerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource _limit = new(Patience);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Measurements _ended;

    public EventFollowerTests() => _ended = new Measurements(Meters, "collector.followers.ended");

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public void Dispose()
    {
        _ended.Dispose();
        _services.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task Follower_AboveTheBound_IsRefusedAndGetsTheFirstPlaceThatIsFree()
    {
        await using var collector = await TestCollector.StartAsync();
        using var ended = new Measurements(collector.Services.GetRequiredService<IMeterFactory>(), "collector.followers.ended");
        var calls = new List<(Grpc.Net.Client.GrpcChannel Channel, AsyncServerStreamingCall<Event> Call)>();
        try
        {
            for (var i = 0; i < EventFollower.MaxFollowers; i++)
            {
                calls.Add(await FollowAsync());
            }

            // All of them do follow.
            collector.Store.Append(Sample.Exec());
            foreach (var (_, call) in calls)
            {
                Assert.True(await call.ResponseStream.MoveNext(_limit.Token));
            }

            var refused = await FollowAsync();
            calls.Add(refused);
            var fault = await Assert.ThrowsAsync<RpcException>(() => refused.Call.ResponseStream.MoveNext(_limit.Token));
            Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
            Assert.Contains("64 callers follow events already", fault.Status.Detail, StringComparison.Ordinal);
            Assert.Equal([(1L, "reason=too_many")], ended.All);

            calls[0].Call.Dispose();
            await UntilFollowedAsync();
        }
        finally
        {
            foreach (var (channel, call) in calls)
            {
                call.Dispose();
                channel.Dispose();
            }
        }

        // A connection each: one carries 64 calls at most.
        async Task<(Grpc.Net.Client.GrpcChannel Channel, AsyncServerStreamingCall<Event> Call)> FollowAsync()
        {
            var channel = collector.Channel();
            var call = new V1.Query.QueryClient(channel).FollowEvents(new(), cancellationToken: _limit.Token);
            await call.ResponseHeadersAsync.WaitAsync(_limit.Token);
            return (channel, call);
        }

        // The collector learns a moment later that a caller left.
        async Task UntilFollowedAsync()
        {
            while (true)
            {
                var next = await FollowAsync();
                calls.Add(next);
                var first = next.Call.ResponseStream.MoveNext(_limit.Token);
                collector.Store.Append(Sample.Exec());
                try
                {
                    Assert.True(await first);
                    return;
                }
                catch (RpcException again) when (again.StatusCode == StatusCode.ResourceExhausted)
                {
                    await Task.Delay(10, _limit.Token);
                }
            }
        }
    }

    [Fact]
    public async Task Follower_TooFarBehindOnceItHadCaughtUp_IsEndedAndCounted()
    {
        var store = new FakeStore();
        var follower = new EventFollower(store, Meters);
        await using var rows = follower.FollowAsync(new ListFilter(), await follower.NowAsync(_limit.Token), _limit.Token).GetAsyncEnumerator(_limit.Token);
        store.Append(Sample.Exec());
        Assert.True(await rows.MoveNextAsync());

        Append(store, EventFollower.MaxBehind + 1000);
        var taken = 1;
        var fault = await Assert.ThrowsAsync<QueryFault>(async () =>
        {
            while (await rows.MoveNextAsync())
            {
                taken++;
            }
        });

        Assert.Equal(QueryFaultKind.TooMuch, fault.Kind);
        Assert.Contains("events behind, at most 100000 are allowed; ask again with since", fault.Message, StringComparison.Ordinal);
        Assert.InRange(taken, 2, 2000);
        Assert.Equal([(1L, "reason=slow")], _ended.All);
    }

    [Fact]
    public async Task Follower_AsFarBehindAsIsAllowed_GetsEveryRow()
    {
        var store = new FakeStore();
        var follower = new EventFollower(store, Meters);
        await using var rows = follower.FollowAsync(new ListFilter(), await follower.NowAsync(_limit.Token), _limit.Token).GetAsyncEnumerator(_limit.Token);
        store.Append(Sample.Exec());
        Assert.True(await rows.MoveNextAsync());

        Append(store, EventFollower.MaxBehind);
        Assert.Equal(EventFollower.MaxBehind + 1, await LastOfAsync(rows, EventFollower.MaxBehind));
        Assert.Empty(_ended.All);
    }

    [Fact]
    public async Task Follower_WithSinceAndALongLog_MayBeAnyDistanceBehind()
    {
        var store = new FakeStore();
        Append(store, EventFollower.MaxBehind + 1000);
        var follower = new EventFollower(store, Meters);
        await using var rows = follower.FollowAsync(new ListFilter(Since: Sample.Noon), await follower.NowAsync(_limit.Token), _limit.Token).GetAsyncEnumerator(_limit.Token);
        Assert.Equal(EventFollower.MaxBehind + 1000, await LastOfAsync(rows, EventFollower.MaxBehind + 1000));
        Assert.Empty(_ended.All);
    }

    [Fact]
    public async Task Follower_ThatTakesNothing_IsEndedAndOneThatReadsIsNot()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var collector = await TestCollector.StartAsync(time: time);
        using var ended = new Measurements(collector.Services.GetRequiredService<IMeterFactory>(), "collector.followers.ended");
        collector.Store.Append([.. Enumerable.Range(0, 2000).Select(_ => Sample.Exec(null, "/bin/echo", new string('x', 4096)))]);
        var since = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(Sample.Noon);
        using var silent = collector.Client().FollowEvents(new() { Since = since }, cancellationToken: _limit.Token);
        await silent.ResponseHeadersAsync.WaitAsync(_limit.Token);
        using var reader = collector.Client().FollowEvents(new() { Since = since }, cancellationToken: _limit.Token);
        for (var i = 0; i < 2000; i++)
        {
            Assert.True(await reader.ResponseStream.MoveNext(_limit.Token));
        }

        // Many small steps: what is not blocked goes on between them.
        while (ended.All.Count == 0)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, _limit.Token);
        }

        Assert.Equal([(1L, "reason=stalled")], ended.All);
        collector.Store.Append(Sample.Connect("10.0.0.2"));
        Assert.True(await reader.ResponseStream.MoveNext(_limit.Token));
        var taken = 0;
        var fault = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await silent.ResponseStream.MoveNext(_limit.Token))
            {
                taken++;
            }
        });
        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
        Assert.Contains("the reader took nothing for 30 s", fault.Status.Detail, StringComparison.Ordinal);
        Assert.InRange(taken, 0, 1999);
    }

    private static async Task<long> LastOfAsync(IAsyncEnumerator<Observation> rows, long count)
    {
        for (var left = count; left > 0; left--)
        {
            Assert.True(await rows.MoveNextAsync());
        }

        return rows.Current.Id;
    }

    private static void Append(FakeStore store, long rows)
    {
        var row = Sample.Exec();
        store.Append([.. Enumerable.Repeat(row, (int)rows)]);
    }
}
