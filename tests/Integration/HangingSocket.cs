using System.Net.Sockets;

namespace Runtime.Integration;

/// <summary>A unix socket that takes connections into its backlog and never answers.</summary>
internal sealed class HangingSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public HangingSocket()
    {
        Path = global::System.IO.Path.Combine(global::System.IO.Path.GetTempPath(), $"hang-{Guid.NewGuid():N}.sock");
        _socket.Bind(new UnixDomainSocketEndPoint(Path));
        _socket.Listen(128);
    }

    public string Path { get; }

    public void Dispose()
    {
        _socket.Dispose();
        File.Delete(Path);
    }
}
