using Grpc.AspNetCore.Server;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Runtime.Collector.Rules;
using Runtime.Collector.Security;

namespace Runtime.Collector.Query;

internal static class QuerySetup
{
    /// <summary>Needs an <see cref="IQueryStore"/>, an <see cref="IDeliveryLog"/>, mutes, an <see cref="IAgentDirectory"/>, the scopes and an <see cref="INotifierTest"/>.</summary>
    public static IServiceCollection AddQuery(this IServiceCollection services)
    {
        services.AddSingleton<QueryReader>();
        services.AddSingleton<EventFollower>();
        services.AddSingleton<AlertsReader>();
        services.TryAddSingleton<INotifierTest, NotifierTester>();
        services.TryAddSingleton(new RulesInForce(RuleSet.BuiltIn));
        services.AddGrpc().AddServiceOptions<QueryService>(Border).AddServiceOptions<AlertsService>(Border).AddJsonTranscoding();
        return services;
    }

    public static void MapQuery(this WebApplication app)
    {
        app.MapGrpcService<QueryService>().RequireAuthorization(Caller.OperatorPolicy);
        app.MapGrpcService<AlertsService>().RequireAuthorization(Caller.OperatorPolicy);
    }

    private static void Border<T>(GrpcServiceOptions<T> options)
        where T : class
    {
        options.Interceptors.Add<QueryFaults>();
        options.MaxReceiveMessageSize = 64 * 1024;
    }
}
