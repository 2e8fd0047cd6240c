using Grpc.Core;
using Runtime.Collector.Inventory;
using Runtime.Collector.Nodes;
using Runtime.Collector.Scopes;
using Runtime.Collector.Security;
using Runtime.V1;

namespace Runtime.Collector.Ingest;

/// <summary>The gRPC shell: Hello, Welcome, then batches and acknowledgements until one side ends the call.</summary>
internal sealed partial class IngestService(
    BatchDecoder decoder, IIngestLog log, IScopeDirectory scopes, AgentDirectory agents, NodeWatch nodes, HashSharing hashes, IngestOptions options, IngestMeter meter, Refusals refusals, TimeProvider time, ILogger<IngestService> logger)
    : V1.Ingest.IngestBase
{
    private const string InOrder = "ended", Superseded = "superseded";
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(10);

    public override async Task Stream(IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<CollectorMessage> responseStream, ServerCallContext context)
    {
        var agent = await ReadHelloAsync(requestStream, context.CancellationToken);
        MustSpeakFor(agent, context.GetHttpContext().Features.Get<Caller>());
        var session = agents.Open(agent)
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, $"{options.MaxAgents} agents are connected, which is the bound ({IngestOptions.Section}__{nameof(IngestOptions.MaxAgents)})"));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, session.Ended);
        var reason = "broken";
        try
        {
            var opened = await log.OpenEpochAsync(agent, time.GetUtcNow(), stop.Token);
            nodes.Opened(agent);
            await responseStream.WriteAsync(new CollectorMessage { Welcome = new Welcome { LastSequence = opened.LastSequence, MaxBatchBytes = (uint)options.MaxBatchBytes, SharesHashes = options.SharedHashes > 0 } }, stop.Token);
            Log.Connected(logger, agent.AgentId, agent.Node, agent.Version, opened.LastSequence);
            await PumpAsync(agent, opened.Stored, requestStream, responseStream, stop.Token);
            reason = InOrder;
        }
        catch (OperationCanceledException) when (session.Ended.IsCancellationRequested)
        {
            reason = Superseded;
            throw new RpcException(new Status(StatusCode.Aborted, $"a newer stream of agent {agent.AgentId} took over"));
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            reason = "cancelled";
        }
        catch (IOException) when (context.CancellationToken.IsCancellationRequested)
        {
            reason = "broken";
        }
        catch (Storage.StoreUnavailableException failure)
        {
            reason = "unavailable";
            throw new RpcException(new Status(StatusCode.Unavailable, failure.Message));
        }
        catch (RpcException failure)
        {
            reason = failure.StatusCode.ToString();
            throw;
        }
        finally
        {
            agents.Close(session);
            if (reason != Superseded)
            {
                await nodes.ClosedAsync(agent, inOrder: reason == InOrder);
            }

            meter.Streams.Add(1, new KeyValuePair<string, object?>("reason", reason));
            Log.Left(logger, agent.AgentId, reason);
        }
    }

    /// <param name="stored">At the opening; its scopes are still to hear of it.</param>
    private async Task PumpAsync(
        AgentIdentity agent, IReadOnlyList<Observation> stored, IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<CollectorMessage> responseStream, CancellationToken cancellationToken)
    {
        var stream = new AgentStream(agent, decoder, log, scopes, nodes, options, meter, time, logger);
        try
        {
            await stream.HandOverAsync(stored, cancellationToken);
            while (await requestStream.MoveNext(cancellationToken))
            {
                var message = requestStream.Current;
                switch (message.MessageCase)
                {
                    case AgentMessage.MessageOneofCase.Batch:
                        var ack = await stream.TakeAsync(message.Batch, cancellationToken);
                        await responseStream.WriteAsync(new CollectorMessage { Ack = ack }, cancellationToken);
                        break;
                    case AgentMessage.MessageOneofCase.Status:
                        agents.SetStatus(agent.AgentId, message.Status);
                        break;
                    case AgentMessage.MessageOneofCase.Hashes:
                        if (await hashes.TakeAsync(agent, message.Hashes, cancellationToken) is { Answers.Count: > 0 } answers)
                        {
                            await responseStream.WriteAsync(new CollectorMessage { Hashes = answers }, cancellationToken);
                        }

                        break;
                    case AgentMessage.MessageOneofCase.Hello:
                        throw new RpcException(new Status(StatusCode.InvalidArgument, "hello comes once, as the first message"));
                    default:
                        // A kind that a newer agent knows: nothing that was asked for is lost by passing over it.
                        break;
                }
            }
        }
        finally
        {
            await stream.DrainAsync();
        }
    }

    private async Task<AgentIdentity> ReadHelloAsync(IAsyncStreamReader<AgentMessage> requestStream, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => patience.Cancel(), null, HelloTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            if (!await requestStream.MoveNext(patience.Token) || requestStream.Current.MessageCase != AgentMessage.MessageOneofCase.Hello)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message must be hello"));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"no hello came in {HelloTimeout.TotalSeconds:0} s"));
        }

        var faults = HelloRules.Check(requestStream.Current.Hello, out var agent);
        return faults.Count == 0 ? agent : throw new RpcException(new Status(StatusCode.InvalidArgument, string.Join("; ", faults)));
    }

    /// <summary>An agent's certificate names its node. Without a list of nodes (the socket, or a setting) it speaks for any.</summary>
    private void MustSpeakFor(AgentIdentity agent, Caller? caller)
    {
        if (caller is not { Nodes: not null })
        {
            return;
        }

        // The id is the agent's own word: it must not end the stream that another node has under it.
        var fault = caller.FaultFor(agent.Node)
            ?? (agents.NodeOf(agent.AgentId) is { } other && other != agent.Node
                ? $"the agent id {agent.AgentId} is in use by the node {other} and must not be taken over by the node {agent.Node}: machines must differ in /etc/machine-id"
                : null);
        if (fault is not null)
        {
            refusals.Add("node", fault);
            throw new RpcException(new Status(StatusCode.PermissionDenied, fault));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3110, LogLevel.Information, "Agent {AgentId} on {Node} connected, version {AgentVersion}; batches up to {LastSequence} of its epoch are here.")]
        public static partial void Connected(ILogger logger, string agentId, string node, string agentVersion, ulong lastSequence);

        [LoggerMessage(3111, LogLevel.Information, "Agent {AgentId} left: {Reason}.")]
        public static partial void Left(ILogger logger, string agentId, string reason);
    }
}
