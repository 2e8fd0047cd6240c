using System.Net.Sockets;

namespace Runtime.Agent.Containers;

/// <summary>HTTP over a unix socket.</summary>
internal static class UnixSocket
{
    /// <returns>A handler that connects every request to <paramref name="path"/>, whatever its host name. The caller owns it.</returns>
    public static SocketsHttpHandler HandlerFor(string path, TimeSpan connectTimeout) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = connectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
