using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Runtime.Collector.Security;

/// <summary>
/// Kestrel's transport for <see cref="LocalEndPoint"/>: both protocols' listeners draw from one <see cref="LocalDoor"/>.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "made by the services")]
internal sealed class LocalTransport(LocalDoor door) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is LocalEndPoint;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var local = (LocalEndPoint)endpoint;
        await door.OpenAsync(local.Path, cancellationToken);
        return new Listener(door, local);
    }

    private sealed class Listener(LocalDoor door, LocalEndPoint endPoint) : IConnectionListener
    {
        private readonly ChannelReader<ConnectionContext> _connections = door.Connections(endPoint.Protocol);

        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await _connections.WaitToReadAsync(cancellationToken))
            {
                if (_connections.TryRead(out var connection))
                {
                    return connection;
                }
            }

            return null;
        }

        // Kestrel closes all its listeners together.
        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => door.CloseAsync();

        public ValueTask DisposeAsync() => door.CloseAsync();
    }
}

/// <summary>A door that cannot be opened as the settings ask. The message is for the operator.</summary>
internal sealed class AccessException(string message, Exception? inner = null) : Exception(message, inner);
