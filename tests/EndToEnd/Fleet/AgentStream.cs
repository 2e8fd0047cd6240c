using Grpc.Core;
using Grpc.Net.Client;
using Runtime.V1;

namespace Runtime.EndToEnd.Tests.Fleet;

/// <summary>Plays one node's agent on a real stream.</summary>
internal sealed class AgentStream : IDisposable
{
    private readonly AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> _call;
    private ulong _sequence;

    private AgentStream(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call) => _call = call;

    public static async Task<AgentStream> OpenAsync(GrpcChannel channel, string node, CancellationToken stop)
    {
        var agent = new AgentStream(new Ingest.IngestClient(channel).Stream(cancellationToken: stop));
        await agent._call.RequestStream.WriteAsync(
            new AgentMessage
            {
                Hello = new Hello
                {
                    AgentId = "agent-" + node, Epoch = "epoch-1", Cluster = "prod", Node = node, AgentVersion = "0.1.0", BootId = "boot-" + node, KernelRelease = "6.1.0-27-amd64", ProbeIntervalMs = 10_000,
                },
            },
            stop);
        await agent._call.ResponseStream.MoveNext(stop);
        agent._sequence = agent._call.ResponseStream.Current.Welcome.LastSequence;
        return agent;
    }

    /// <summary>Ends when the collector has it for good, and nothing of it was refused.</summary>
    public async Task SendAsync(RowBatch rows, CancellationToken stop)
    {
        rows.Batch.Sequence = ++_sequence;
        await _call.RequestStream.WriteAsync(new AgentMessage { Batch = rows.Batch }, stop);
        while (await _call.ResponseStream.MoveNext(stop))
        {
            if (_call.ResponseStream.Current.Ack is not { } ack)
            {
                continue;
            }

            if (ack.Rejections.Count > 0)
            {
                throw new InvalidOperationException($"refused: {ack}");
            }

            if (ack.Sequence >= _sequence)
            {
                return;
            }
        }

        throw new InvalidOperationException("the collector ended the stream");
    }

    public Task TellAsync(AgentStatus status, CancellationToken stop) => _call.RequestStream.WriteAsync(new AgentMessage { Status = status }, stop);

    public void Dispose() => _call.Dispose();
}
