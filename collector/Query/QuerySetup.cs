using Google.Protobuf.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Rules;
using Runtime.Collector.Security;
using Runtime.Collector.Security.Limits;

namespace Runtime.Collector.Query;

internal static class QuerySetup
{
    /// <summary>Needs an <see cref="IQueryStore"/>, an <see cref="ISearchStore"/>, an <see cref="IAgentDirectory"/>, the scopes and an <see cref="INotifierTest"/>.</summary>
    public static IServiceCollection AddQuery(this IServiceCollection services)
    {
        services.AddSingleton<QueryReader>();
        services.AddSingleton<SearchReader>();
        services.AddSingleton<EventFollower>();
        services.TryAddSingleton<INotifierTest, NotifierTester>();
        services.TryAddSingleton(new RulesInForce(RuleSet.BuiltIn));
        services.AddGrpc().AddServiceOptions<QueryService>(options =>
        {
            options.Interceptors.Add<QueryFaults>();
            options.Interceptors.Add<CallerLimits>();
            options.MaxReceiveMessageSize = 64 * 1024;
        }).AddJsonTranscoding(options => options.TypeRegistry = TypeRegistry.FromMessages(Google.Rpc.BadRequest.Descriptor, V1.SearchFaults.Descriptor));
        return services;
    }

    /// <summary>Methods that change something say themselves that they need more than to look.</summary>
    public static void MapQuery(this WebApplication app) => app.MapGrpcService<QueryService>().RequireAuthorization(Caller.ViewerPolicy);
}
