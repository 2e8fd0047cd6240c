using Grpc.Core;
using Runtime.Collector.Nodes;
using Runtime.Collector.Scopes;
using Runtime.Collector.Storage;
using Runtime.V1;

namespace Runtime.Collector.Ingest;

/// <summary>
/// The road of one agent's batches: decode, commit, acknowledge, hand to the scopes. One batch at a time is committed; the scopes
/// work beside the stream, and when they are too far behind the stream waits, so that the agent keeps what comes.
/// </summary>
#pragma warning disable CA1001 // applying outlives the stream and releases the semaphore, which holds nothing to dispose
internal sealed partial class AgentStream(
    AgentIdentity agent, BatchDecoder decoder, IIngestLog log, IScopeDirectory scopes, NodeWatch nodes, IngestOptions options, IngestMeter meter, TimeProvider time, ILogger logger)
#pragma warning restore CA1001
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _inFlight = new(options.BatchesInFlight);
    private long _lastLogged;

    /// <returns>The acknowledgement, after the commit.</returns>
    /// <exception cref="RpcException">The batch was not kept; the stream ends and the agent sends it again.</exception>
    public async Task<Ack> TakeAsync(Batch batch, CancellationToken cancellationToken)
    {
        if (batch.Sequence == 0 || batch.Sequence > long.MaxValue)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"batch.sequence is {batch.Sequence}; sequences begin at 1 in each epoch"));
        }

        await _inFlight.WaitAsync(cancellationToken);
        var handed = false;
        try
        {
            var started = time.GetTimestamp();
            var decoded = decoder.Decode(agent, batch, time.GetUtcNow());
            var result = await log.CommitAsync(agent, decoded, time.GetUtcNow(), cancellationToken);
            meter.CommitSeconds.Record(time.GetElapsedTime(started).TotalSeconds);
            Count(decoded, result);
            if (!result.Duplicate)
            {
                nodes.Take(agent, decoded.Probes);
            }

            if (result.Stored.Count > 0)
            {
                handed = true;
                _ = ApplyAsync(result.Stored);
            }

            return ToAck(decoded);
        }
        catch (StoreUnavailableException failure)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"batch {batch.Sequence} was not stored: {failure.Message}; send it again later"));
        }
        finally
        {
            if (!handed)
            {
                _inFlight.Release();
            }
        }
    }

    /// <summary>What is stored goes to its scopes, which work on it while the stream goes on.</summary>
    public async Task HandOverAsync(IReadOnlyList<Observation> stored, CancellationToken cancellationToken)
    {
        if (stored.Count > 0)
        {
            await _inFlight.WaitAsync(cancellationToken);
            _ = ApplyAsync(stored);
        }
    }

    /// <summary>
    /// Waits for the batches that the scopes still work on. A stop ends the streams first and the scopes after them: without
    /// this, a scope would be woken while they stop.
    /// </summary>
    public async Task DrainAsync()
    {
        using var patience = new CancellationTokenSource(DrainLimit, time);
        try
        {
            for (var slot = 0; slot < options.BatchesInFlight; slot++)
            {
                await _inFlight.WaitAsync(patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Log.NotDrained(logger, agent.AgentId, DrainLimit);
        }
    }

    private async Task ApplyAsync(IReadOnlyList<Observation> stored)
    {
        try
        {
            await scopes.ApplyAsync(stored, CancellationToken.None);
        }
        catch (Exception failure)
        {
            // The rows are in the log: the scopes' sweep hands them over again.
            Log.NotApplied(logger, agent.AgentId, failure);
        }
        finally
        {
            _inFlight.Release();
        }
    }

    private void Count(DecodedBatch decoded, CommitResult result)
    {
        if (result.Duplicate)
        {
            meter.Duplicates.Add(1);
            return;
        }

        meter.Batches.Add(1);
        meter.Observations.Add(result.Stored.Count);
        if (decoded.Rejections.Count == 0)
        {
            return;
        }

        var rows = decoded.Rejections.Sum(refused => refused.Rows);
        meter.Refused.Add(rows);
        if (_lastLogged == 0 || time.GetElapsedTime(_lastLogged) >= LogInterval)
        {
            _lastLogged = time.GetTimestamp();
            Log.Refused(logger, rows, agent.AgentId, decoded.Rejections[0].Reason);
        }
    }

    private static Ack ToAck(DecodedBatch decoded)
    {
        var ack = new Ack { Sequence = decoded.Sequence };
        ack.Rejections.AddRange(decoded.Rejections.Select(refused => new Rejection { Reason = refused.Reason, Rows = (uint)refused.Rows }));
        return ack;
    }

    private static partial class Log
    {
        [LoggerMessage(3100, LogLevel.Warning, "{Rows} rows of agent {AgentId} were refused, the first because: {Reason}. Said once a minute.")]
        public static partial void Refused(ILogger logger, int rows, string agentId, string reason);

        [LoggerMessage(3101, LogLevel.Error, "Stored rows of agent {AgentId} did not reach their scopes; they are handed over again within a minute.")]
        public static partial void NotApplied(ILogger logger, string agentId, Exception failure);

        [LoggerMessage(3102, LogLevel.Warning, "Scopes still work on what agent {AgentId} sent, {Limit} after its stream ended; they go on beside it.")]
        public static partial void NotDrained(ILogger logger, string agentId, TimeSpan limit);
    }
}
