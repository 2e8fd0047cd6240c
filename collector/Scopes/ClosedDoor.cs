using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Runtime.Collector.Scopes;

/// <summary>
/// Takes the place of Orleans' sockets while there is one silo: nothing listens, nothing is accepted, no connection is made.
/// A cluster leaves it away and brings TLS instead.
/// </summary>
internal sealed class ClosedDoor : IConnectionListenerFactory, IConnectionFactory
{
    /// <summary>Replaces every transport that Orleans registered (keyed by silo and gateway; the keys are its own).</summary>
    public static void Replace(IServiceCollection services)
    {
        var door = new ClosedDoor();
        foreach (var descriptor in services.Where(service => service.IsKeyedService && (service.ServiceType == typeof(IConnectionListenerFactory) || service.ServiceType == typeof(IConnectionFactory))).ToArray())
        {
            services.Replace(ServiceDescriptor.KeyedSingleton(descriptor.ServiceType, descriptor.ServiceKey, (_, _) => door));
        }
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(new Listener(endpoint));

    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"the collector runs alone and does not connect to {endpoint}");

    private sealed class Listener(EndPoint endpoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_unbound.Task.WaitAsync(cancellationToken));

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.TrySetResult(null);
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
