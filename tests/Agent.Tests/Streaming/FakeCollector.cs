using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Runtime.V1;

namespace Runtime.Agent.Tests.Streaming;

/// <summary>The collector's end of the wire, real Kestrel on a unix socket: commits in memory, acknowledges as a test wants it. What it committed outlives a restart.</summary>
internal sealed class FakeCollector(string socket) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Agent, string Epoch), SortedDictionary<ulong, Batch>> _committed = [];
    private WebApplication? _server;
    private TaskCompletionSource _changed = New();

    public uint MaxBatchBytes { get; set; } = 1 << 20;

    /// <summary>Before each batch is committed; answers how many rows are refused. Throwing breaks the stream.</summary>
    public Func<Batch, Task<uint>> OnBatch { get; set; } = _ => Task.FromResult(0u);

    /// <summary>After the commit: false swallows the acknowledgement.</summary>
    public Func<Batch, bool> Acknowledges { get; set; } = _ => true;
    public List<Hello> Hellos { get; } = [];
    public List<AgentStatus> Statuses { get; } = [];

    /// <summary>Batches that came in, repeated ones too.</summary>
    public int Received { get; private set; }

    public IReadOnlyList<Batch> Committed
    {
        get
        {
            lock (_lock)
                return [.. _committed.Values.SelectMany(batches => batches.Values)];
        }
    }

    public int Rows => Committed.Sum(b => b.Execs.First.Count + b.Exits.Time.Count + b.Files.First.Count + b.Networks.First.Count);

    public async Task StartAsync()
    {
        File.Delete(socket);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _server = builder.Build();
        _server.MapGrpcService<Service>();
        await _server.StartAsync();
    }

    /// <summary>At once, as a killed process would: open streams break.</summary>
    public async Task KillAsync()
    {
        var server = _server!;
        _server = null;
        using var now = new CancellationTokenSource(0);
        await server.StopAsync(now.Token);
        await server.DisposeAsync();
        File.Delete(socket);
    }

    public async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            Task changed;
            lock (_lock)
                changed = _changed.Task;
            if (condition())
                return;
            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"not within 30 s: {what}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await KillAsync();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Note(Action change)
    {
        TaskCompletionSource noted;
        lock (_lock)
        {
            change();
            (noted, _changed) = (_changed, New());
        }
        noted.SetResult();
    }

    private sealed class Service(FakeCollector collector) : Ingest.IngestBase
    {
        public override async Task Stream(IAsyncStreamReader<AgentMessage> request, IServerStreamWriter<CollectorMessage> response, ServerCallContext context)
        {
            if (!await request.MoveNext(context.CancellationToken) || request.Current.Hello is not { } hello)
                throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message is no Hello"));
            SortedDictionary<ulong, Batch> committed = [];
            collector.Note(() =>
            {
                collector.Hellos.Add(hello);
                if (!collector._committed.TryGetValue((hello.AgentId, hello.Epoch), out committed!))
                    collector._committed[(hello.AgentId, hello.Epoch)] = committed = [];
            });
            await response.WriteAsync(new() { Welcome = new() { LastSequence = committed.Keys.LastOrDefault(), MaxBatchBytes = collector.MaxBatchBytes } }, context.CancellationToken);
            while (await request.MoveNext(context.CancellationToken))
            {
                if (request.Current.Status is { } status)
                    collector.Note(() => collector.Statuses.Add(status));
                if (request.Current.Batch is not { } batch)
                    continue;
                var refused = await collector.OnBatch(batch);
                collector.Note(() =>
                {
                    collector.Received++;
                    committed.TryAdd(batch.Sequence, batch);
                });
                if (!collector.Acknowledges(batch))
                    continue;
                var ack = new Ack { Sequence = batch.Sequence };
                if (refused > 0)
                    ack.Rejections.Add(new Rejection { Reason = "execs row 0: a test refuses it", Rows = refused });
                await response.WriteAsync(new() { Ack = ack }, context.CancellationToken);
            }
        }
    }
}
