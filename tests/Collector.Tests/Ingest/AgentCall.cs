using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Runtime.V1;
using Xunit;

namespace Runtime.Collector.Tests.Ingest;

/// <summary>An agent's side of the stream, over a unix socket.</summary>
internal sealed class AgentCall(GrpcChannel channel) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> _call = new V1.Ingest.IngestClient(channel).Stream();

    public Welcome Welcome { get; private set; } = new();

    public static GrpcChannel Connect(string path) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        },
    });

    public static async Task<AgentCall> OpenAsync(GrpcChannel channel, Hello hello)
    {
        var call = new AgentCall(channel);
        await call.WriteAsync(new AgentMessage { Hello = hello });
        call.Welcome = (await call.ReadAsync()).Welcome;
        return call;
    }

    public async Task<Ack> SendAsync(Batch batch)
    {
        try
        {
            await WriteAsync(new AgentMessage { Batch = batch });
        }
        catch (RpcException)
        {
            // The answer says why.
        }

        return (await ReadAsync()).Ack;
    }

    public Task WriteAsync(AgentMessage message) => _call.RequestStream.WriteAsync(message).WaitAsync(Patience);

    public async Task<CollectorMessage> ReadAsync()
    {
        Assert.True(await _call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience), "the stream ended without an answer");
        return _call.ResponseStream.Current;
    }

    public void Dispose() => _call.Dispose();
}
