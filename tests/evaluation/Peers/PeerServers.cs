using System.Net;
using System.Net.Sockets;
using Runtime.Pods;

namespace Runtime.Evaluation.Peers;

/// <summary>Small real servers in the node's network. What each says: README.md. They answer whoever asks and do nothing else.</summary>
internal sealed class PeerServers(ContainerdNode node) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();

    // Bounded by the peers of a scenario.
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _servers = [];

    public async Task StartAsync(string kind, IPAddress address, int port)
    {
        if (kind == "dns")
        {
            var questions = await OpenAsync(SocketType.Dgram, ProtocolType.Udp, address, port);
            _servers.Add(DnsPeer.ServeAsync(questions, _stop.Token));
        }

        var listener = await OpenAsync(SocketType.Stream, ProtocolType.Tcp, address, port);
        listener.Listen(64);
        _servers.Add(AcceptAsync(listener, kind));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _sockets.ForEach(socket => socket.Dispose());
        await Task.WhenAll(_servers);
        _stop.Dispose();
    }

    private async Task<Socket> OpenAsync(SocketType type, ProtocolType protocol, IPAddress address, int port)
    {
        var socket = await node.OpenSocketAsync(type, protocol);
        _sockets.Add(socket);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }

    private async Task AcceptAsync(Socket listener, string kind)
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync(_stop.Token);
                _ = ServeAsync(connection, kind);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The scenario is over.
        }
    }

    private async Task ServeAsync(Socket connection, string kind)
    {
        await using var stream = new NetworkStream(connection, ownsSocket: true);
        try
        {
            await (kind switch
            {
                "http" => HttpPeer.ServeAsync(stream, _stop.Token),
                "tls" => TlsPeer.ServeAsync(stream, _stop.Token),
                "stratum" => StratumPeer.ServeAsync(stream, _stop.Token),
                "dns" => DnsPeer.ServeAsync(stream, _stop.Token),
                _ => SinkPeer.ServeAsync(stream, _stop.Token),
            });
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // Whatever a client does ends its own connection and nothing else.
        }
    }
}
