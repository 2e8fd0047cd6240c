using System.Security.Cryptography;
using Grpc.Core;
using Runtime.Agent.Binaries;
using Runtime.Agent.Health;
using Runtime.Agent.Reduction;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>The agent's one stream to its collector: connects, sends what the collector lacks, and comes back after every fault.</summary>
/// <param name="state">What to tell about the agent; called every <see cref="StreamingOptions.StatusInterval"/>.</param>
#pragma warning disable CA1001 // the semaphore's wait handle is never made: there is nothing to dispose
internal sealed class CollectorStream(CollectorOptions collector, StreamingOptions options, AgentIdentity identity, FactQueue queue, IWallClock clock, Func<AgentState> state, TimeProvider time, AgentLog log)
#pragma warning restore CA1001
{
    /// <summary>A connection that lived so long was a good one: the next pause is short again.</summary>
    private static readonly TimeSpan Proven = TimeSpan.FromSeconds(5);

    private const int TakenAtOnce = 64;

    // Taken from the queue and not in a batch yet. Bounded by TakenAtOnce.
    private readonly Queue<Fact> _taken = new();

    private readonly SentBatches _sent = new(options, time);
    private readonly string _epoch = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private ulong _sequence, _connects, _failures;
    private volatile bool _connected;
    private int _tooLarge;

    // A call takes one message at a time.
    private readonly SemaphoreSlim _writing = new(1);

    /// <summary>What Hello says of the probes; zero: there are none.</summary>
    public TimeSpan ProbeInterval { get; init; }

    /// <summary>What is shared with other nodes over this stream; null when nothing is.</summary>
    public SharedHashes? Fleet { get; init; }

    public bool IsConnected => _connected;

    /// <summary>Facts that are here and not acknowledged.</summary>
    public ulong Undelivered => (ulong)queue.Count + (ulong)_taken.Count + _sent.Counters()["stream.unacknowledged"];

    private bool IsDelivered => queue.IsCompleted && queue.IsEmpty && _taken.Count == 0 && _sent.IsEmpty;

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>(_sent.Counters())
    {
        ["stream.connects"] = _connects,
        ["stream.failures"] = _failures,
        ["stream.carried"] = (ulong)_taken.Count,
        ["stream.too_large"] = (ulong)_tooLarge,
    };

    /// <summary>Until the queue is completed and everything is acknowledged, or <paramref name="cancellationToken"/>.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options.BackoffMinimum, options.BackoffMaximum);
        string? lastFault = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var acknowledged = _sent.Counters()["stream.acknowledged"];
            try
            {
                await ConnectAsync(cancellationToken);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            // The border of the stream: whatever went wrong, the answer is to try again later. The queue takes what comes meanwhile.
            catch (Exception e)
            {
                _failures++;
                var fault = FaultWords.Of(e);
                if (fault != lastFault)
                    log.Warning($"collector {collector.Address}: {fault}; trying again");
                else
                    log.Debug($"collector {collector.Address}: {fault}");
                lastFault = fault;
            }
            finally
            {
                if (_connected)
                    lastFault = null;
                _connected = false;
                Fleet?.Close();
            }
            if (time.GetElapsedTime(started) > Proven || _sent.Counters()["stream.acknowledged"] > acknowledged)
                backoff.Reset();
            if (IsDelivered)
                return;
            await Task.Delay(backoff.Next(), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        using var channel = CollectorAddress.Connect(collector, options.KeepAlive);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = new Ingest.IngestClient(channel).Stream(cancellationToken: ended.Token);
        var welcome = await GreetAsync(call, ended.Token);
        _connects++;
        _connected = true;
        log.Information($"collector {collector.Address}: connected");

        Fleet?.Open(welcome.SharesHashes);
        _sent.Acknowledge(welcome.LastSequence, 0);
        foreach (var batch in _sent.Held())
        {
            if (batch.Bytes > welcome.MaxBatchBytes)
            {
                log.Warning($"collector takes batches of {welcome.MaxBatchBytes} bytes only: {batch.Rows} facts of an older, larger batch are refused");
                _sent.Empty(batch);
            }
            await SendAsync(call, batch, ended.Token);
        }

        // Any of them that ends, ends the connection; the first fault is the one to tell.
        var reading = ReadAsync(call, ended.Token);
        Task[] parts = [reading, WriteAsync(call, (int)Math.Min(welcome.MaxBatchBytes, int.MaxValue), ended.Token), WatchAsync(ended.Token), .. Fleet is null ? [] : new[] { ShareAsync(Fleet, call, ended.Token) }];
        var first = await Task.WhenAny(parts);
        if (first == parts[1] && first.IsCompletedSuccessfully)
        {
            // Everything is acknowledged. A collector that does not say goodbye in time changes nothing.
            await call.RequestStream.CompleteAsync();
            await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken));
        }
        await ended.CancelAsync();
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // A write into a dead call only says that it is dead; why, the reader knows.
        if (reading.IsFaulted)
            await reading;
        await first;
        if (first != parts[1])
            throw new CollectorGoneException("it ended the stream");
    }

    private async Task<Welcome> GreetAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, CancellationToken cancellationToken)
    {
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        answered.CancelAfter(options.AnswerTimeout);
        try
        {
            await call.RequestStream.WriteAsync(new AgentMessage { Hello = StateMessages.HelloOf(identity, _epoch, ProbeInterval) }, answered.Token);
            if (!await call.ResponseStream.MoveNext(answered.Token))
                throw new CollectorGoneException("it ended the stream before its Welcome");
        }
        catch (OperationCanceledException) when (!answered.IsCancellationRequested)
        {
            // The write only says that the call is dead; why, its headers say.
            await call.ResponseHeadersAsync;
            throw;
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled } && answered.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new CollectorGoneException($"no answer within {options.AnswerTimeout.TotalSeconds:0.#} s");
        }
        return call.ResponseStream.Current.Welcome is { MaxBatchBytes: > 0 } welcome ? welcome : throw new CollectorGoneException("its first message is no Welcome with a batch size");
    }

    private async Task ReadAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, CancellationToken cancellationToken)
    {
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            if (call.ResponseStream.Current.Hashes is { } hashes)
                Fleet?.Answer(HashMessages.AnswersOf(hashes));
            if (call.ResponseStream.Current.Ack is not { } ack)
                continue;
            ulong refused = 0;
            foreach (var rejection in ack.Rejections)
            {
                refused += rejection.Rows;
                log.Warning($"collector refused {rejection.Rows} facts of batch {ack.Sequence}: {rejection.Reason}");
            }
            _sent.Acknowledge(ack.Sequence, refused);
        }
    }

    private async Task WriteAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, int maxBytes, CancellationToken cancellationToken)
    {
        var statusStamp = 0L;
        while (true)
        {
            if (statusStamp == 0 || time.GetElapsedTime(statusStamp) >= options.StatusInterval)
            {
                statusStamp = time.GetTimestamp();
                await WriteAsync(call, new AgentMessage { Status = StateMessages.StatusOf(state()) }, cancellationToken);
            }
            if (!await WaitAsync(options.StatusInterval - time.GetElapsedTime(statusStamp), cancellationToken))
                continue;
            if (Encode(maxBytes) is { } batch)
                await SendAsync(call, batch, cancellationToken);
            else if (IsDelivered)
                return;
            else if (queue.IsCompleted && !_sent.IsEmpty)
                await _sent.WaitAsync(cancellationToken);
        }
    }

    /// <returns>True when there is something to send and room in the window; false when the time is up.</returns>
    private async Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (limit <= TimeSpan.Zero)
            return false;
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var due = Task.Delay(limit, time, timer.Token);
        while (!_sent.HasRoom)
        {
            if (await Task.WhenAny(_sent.WaitAsync(timer.Token), due) == due)
                return await Stop(false);
            // Both end with the connection, and then there will never be room.
            cancellationToken.ThrowIfCancellationRequested();
        }
        return await Stop(_taken.Count > 0 || await Task.WhenAny(queue.WaitAsync(options.UrgentDelay, options.BatchDelay, options.BatchRows, timer.Token), due) != due);

        async Task<bool> Stop(bool answer)
        {
            await timer.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return answer;
        }
    }

    private SentBatch? Encode(int maxBytes)
    {
        var encoder = new BatchEncoder(clock, options.BatchRows, maxBytes);
        var (losses, repairs, probes) = queue.TakeAside();
        foreach (var container in repairs)
            encoder.Add(container);
        foreach (var loss in losses)
            encoder.Add(loss);
        foreach (var probe in probes)
            encoder.Add(probe);
        while (encoder.Rows < options.BatchRows)
        {
            // In small parts: the capture thread waits while the queue hands over.
            if (_taken.Count == 0)
                queue.Take(_taken, TakenAtOnce);
            if (!_taken.TryPeek(out var fact))
                break;
            if (encoder.TryAdd(fact))
            {
                _taken.Dequeue();
            }
            else if (encoder.IsEmpty)
            {
                // Not even alone: it would stand before all others for ever.
                _tooLarge++;
                queue.Refuse(_taken.Dequeue(), "too_large");
            }
            else
            {
                break;
            }
        }
        return encoder.IsEmpty ? null : _sent.Add(encoder.Build(++_sequence), encoder.Rows);
    }

    private async Task SendAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, SentBatch batch, CancellationToken cancellationToken)
    {
        _sent.MarkSent(batch);
        await WriteAsync(call, new AgentMessage { Batch = batch.Batch }, cancellationToken);
    }

    private async Task ShareAsync(SharedHashes fleet, AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, CancellationToken cancellationToken)
    {
        while (true)
            await WriteAsync(call, new AgentMessage { Hashes = HashMessages.Of(await fleet.TakeOutgoingAsync(cancellationToken)) }, cancellationToken);
    }

    private async Task WriteAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, AgentMessage message, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await call.RequestStream.WriteAsync(message, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>A collector whose connection lives but that commits nothing is as good as none.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(options.AnswerTimeout / 4, time, cancellationToken);
            if (_sent.OldestWait > options.AnswerTimeout)
                throw new CollectorGoneException($"no acknowledgement within {options.AnswerTimeout.TotalSeconds:0.#} s");
        }
    }
}

/// <summary>The collector is not what it should be. The message is for the operator.</summary>
internal sealed class CollectorGoneException(string message) : Exception(message);
