using Grpc.Net.Client;
using Runtime.Collector.Tests.Ingest;
using Runtime.V1;

namespace Runtime.EndToEnd.Tests.Fleet;

/// <summary>One node's agent, which sends batch after batch.</summary>
internal sealed class AgentStream : IDisposable
{
    private readonly AgentCall _call;
    private ulong _sequence;

    private AgentStream(AgentCall call) => (_call, _sequence) = (call, call.Welcome.LastSequence);

    public static async Task<AgentStream> OpenAsync(GrpcChannel channel, string node) => new(await AgentCall.OpenAsync(
        channel,
        new Hello
        {
            AgentId = "agent-" + node, Epoch = "epoch-1", Cluster = "prod", Node = node, AgentVersion = "0.1.0", BootId = "boot-" + node, KernelRelease = "6.1.0-27-amd64", ProbeIntervalMs = 10_000,
        }));

    /// <summary>Ends when the collector has it for good, and nothing of it was refused.</summary>
    public async Task SendAsync(RowBatch rows)
    {
        rows.Batch.Sequence = ++_sequence;
        await _call.WriteAsync(new AgentMessage { Batch = rows.Batch });
        Ack? ack;
        do
        {
            ack = (await _call.ReadAsync()).Ack;
        }
        while (ack is null || ack.Sequence < _sequence);
        if (ack.Rejections.Count > 0)
        {
            throw new InvalidOperationException($"refused: {ack}");
        }
    }

    public Task TellAsync(AgentStatus status) => _call.WriteAsync(new AgentMessage { Status = status });

    public void Dispose() => _call.Dispose();
}
