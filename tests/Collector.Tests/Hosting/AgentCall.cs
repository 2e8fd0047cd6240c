using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Runtime.V1;

namespace Runtime.Collector.Tests.Hosting;

/// <summary>Plays an agent that reports containers of the deployment shop/web.</summary>
internal sealed class AgentCall : IDisposable
{
    private readonly AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> _call;
    private ulong _sequence;

    private AgentCall(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call) => _call = call;

    /// <summary>Highest sequence of the epoch that the collector has.</summary>
    public ulong Known { get; private set; }

    public static async Task<AgentCall> OpenAsync(GrpcChannel channel, CancellationToken stop, string epoch = "epoch1")
    {
        var agent = new AgentCall(new V1.Ingest.IngestClient(channel).Stream(cancellationToken: stop));
        await agent._call.RequestStream.WriteAsync(
            new AgentMessage { Hello = new Hello { AgentId = "agent1", Epoch = epoch, Cluster = "default", Node = "node1", AgentVersion = "0.1.0", BootId = "boot1", KernelRelease = "6.1.0" } }, stop);
        agent.Known = (await agent.ReadAsync(stop)).Welcome.LastSequence;
        agent._sequence = agent.Known;
        return agent;
    }

    /// <summary>One exec of /usr/sbin/nginx's child; answers when it is acknowledged.</summary>
    /// <param name="memfd">The child's binary lives in memory only: never harmless, whatever was learnt.</param>
    public async Task ExecAsync(string binary, bool memfd, CancellationToken stop)
    {
        string[] strings = ["", "/usr/sbin/nginx", "nginx", binary, binary + "\0-x", "/"];
        var now = (ulong)(DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
        var batch = new Batch
        {
            Sequence = ++_sequence,
            BaseUnixNs = now,
            Strings = { strings.Select(ByteString.CopyFromUtf8) },
            Containers =
            {
                new Container
                {
                    Id = new string('a', 64), Runtime = "containerd", Name = "app", PodName = "web-5d9c7b6f4d-x2z4q", PodNamespace = "shop", PodUid = "uid1",
                    PodLabels = { ["app"] = "web", ["pod-template-hash"] = "5d9c7b6f4d" }, Image = "docker.io/library/nginx:1.25", ImageDigest = "sha256:" + new string('d', 64),
                    StartedUnixNs = now - 3_600_000_000_000, Complete = true, CgroupPath = "/kubepods/x",
                },
            },
            Processes = new ProcessColumns
            {
                Pid = { 100, 101 }, StartBootNs = { 1000, 2000 }, Parent = { 0, 1 }, Container = { 1, 1 }, Binary = { 1, 3 }, Arguments = { 2, 4 }, Cwd = { 5, 5 }, Script = { 0, 0 },
                Uid = { 0, 0 }, Euid = { 0, 0 }, Gid = { 0, 0 }, LoginUid = { uint.MaxValue, uint.MaxValue },
                Flags = { 0, memfd ? (uint)ProcessFlag.Memfd : 0 }, Inode = { 1, 2 }, Device = { 1, 1 }, ModifiedUnixS = { 1, 1 }, ChangedUnixS = { 1, 1 }, Size = { 9, 9 }, Links = { 1, memfd ? 0u : 1u },
                Capabilities = { 0, 0 }, Phase = { (uint)Phase.Steady, (uint)Phase.Steady }, ExecTime = { -1000, 0 },
                MountNamespace = { 1, 1 }, PidNamespace = { 1, 1 }, NetworkNamespace = { 1, 1 }, UserNamespace = { 1, 1 },
            },
            Execs = new ExecColumns { First = { 0 }, Last = { 0 }, Count = { 1 }, Process = { 2 } },
        };
        await _call.RequestStream.WriteAsync(new AgentMessage { Batch = batch }, stop);
        var ack = (await ReadAsync(stop)).Ack;
        if (ack.Sequence != batch.Sequence || ack.Rejections.Count > 0)
        {
            throw new InvalidOperationException($"sequence {batch.Sequence} was answered with {ack}");
        }
    }

    /// <summary>Waits for the collector to end the stream.</summary>
    public async Task<StatusCode> EndAsync(CancellationToken stop)
    {
        try
        {
            return await _call.ResponseStream.MoveNext(stop) ? StatusCode.Unknown : StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    public void Dispose() => _call.Dispose();

    private async Task<CollectorMessage> ReadAsync(CancellationToken stop) =>
        await _call.ResponseStream.MoveNext(stop) ? _call.ResponseStream.Current : throw new InvalidOperationException("the collector ended the stream");
}
