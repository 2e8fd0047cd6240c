using Microsoft.Extensions.DependencyInjection.Extensions;
using Runtime.Collector.Inventory;
using Runtime.Collector.Nodes;
using Runtime.Collector.Query;
using Runtime.Collector.Security;

namespace Runtime.Collector.Ingest;

internal static class IngestSetup
{
    // Room for what stands around a batch in its message.
    private const int MessageOverhead = 64 * 1024;

    /// <summary>Needs an <see cref="IIngestLog"/>, an <see cref="IQueryStore"/> and the scopes.</summary>
    public static IServiceCollection AddIngest(this IServiceCollection services, IngestOptions options)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.TryAddSingleton<Refusals>();
        services.AddSingleton<IngestMeter>();
        services.AddSingleton<BatchDecoder>();
        services.AddSingleton<HashSharing>();
        services.AddSingleton<NodeWatch>();
        services.AddSingleton<INodeSight>(provider => provider.GetRequiredService<NodeWatch>());
        services.AddHostedService(provider => provider.GetRequiredService<NodeWatch>());
        services.AddSingleton<AgentDirectory>();
        services.AddSingleton<IAgentDirectory>(provider => provider.GetRequiredService<AgentDirectory>());
        services.AddGrpc().AddServiceOptions<IngestService>(grpc => grpc.MaxReceiveMessageSize = options.MaxBatchBytes + MessageOverhead);
        return services;
    }

    /// <param name="policy">Name of the authorization policy that agents meet; null only where a test opens its own door.</param>
    public static void MapIngest(this IEndpointRouteBuilder endpoints, string? policy)
    {
        var service = endpoints.MapGrpcService<IngestService>();
        if (policy is not null)
        {
            service.RequireAuthorization(policy);
        }
    }
}
