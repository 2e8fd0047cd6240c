using System.Net.Sockets;
using Grpc.Core;

namespace Runtime.Agent.Streaming;

/// <summary>What to tell an operator about a connection that failed: the innermost reason, not the layers around it.</summary>
internal static class FaultWords
{
    public static string Of(Exception fault)
    {
        var innermost = fault;
        while ((innermost.InnerException ?? (innermost as RpcException)?.Status.DebugException) is { } inner)
            innermost = inner;
        return innermost switch
        {
            SocketException socket => socket.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "nothing listens there",
                SocketError.AddressNotAvailable => "there is no such socket",
                _ => socket.Message,
            },
            RpcException rpc => $"{rpc.StatusCode}: {rpc.Status.Detail}",
            _ => innermost.Message,
        };
    }
}
