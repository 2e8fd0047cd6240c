using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Runtime.V1;

namespace Runtime.Stack;

/// <summary>The collector's query API over its unix socket.</summary>
public sealed class CollectorClient : IDisposable
{
    private readonly GrpcChannel _channel;

    private readonly string _socketPath;

    public CollectorClient(string socketPath)
    {
        _socketPath = socketPath;
        _channel = OpenChannel();
        Query = new Query.QueryClient(_channel);
    }

    public Query.QueryClient Query { get; }

    /// <summary>A connection of its own, for whoever plays an agent.</summary>
    public GrpcChannel OpenChannel()
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socketPath), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        // A call that failed while the collector started must not put off the next by gRPC's usual second.
        return GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(20),
        });
    }

    /// <summary>Asks until the answer fits: the collector's own state has no event that a program outside could await.</summary>
    /// <exception cref="TimeoutException">With the last answer or fault in words.</exception>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> fits, TimeSpan limit, string what)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var end = TimeProvider.System.GetUtcNow() + limit;
        object? last = null;
        while (TimeProvider.System.GetUtcNow() < end)
        {
            try
            {
                var answer = await ask();
                if (fits(answer))
                {
                    return answer;
                }

                last = answer;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.NotFound)
            {
                last = e.Status;
            }

            await pause.WaitForNextTickAsync();
        }

        throw new TimeoutException($"{what}: not within {limit.TotalSeconds:0} s; last: {last}");
    }

    public void Dispose() => _channel.Dispose();
}
