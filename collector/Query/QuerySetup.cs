using Google.Protobuf.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Runtime.Collector.Baselines;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Rules;
using Runtime.Collector.Security;

namespace Runtime.Collector.Query;

internal static class QuerySetup
{
    /// <summary>Needs an <see cref="IQueryStore"/>, an <see cref="ISearchStore"/>, an <see cref="IReplayStore"/>, an <see cref="IAgentDirectory"/>, the scopes and an <see cref="INotifierTest"/>.</summary>
    public static IServiceCollection AddQuery(this IServiceCollection services)
    {
        services.AddSingleton<QueryReader>();
        services.AddSingleton<SearchReader>();
        services.AddSingleton<ReplayReader>();
        services.AddSingleton<EventFollower>();
        services.TryAddSingleton<INotifierTest, NotifierTester>();
        services.TryAddSingleton(new RulesInForce(RuleSet.BuiltIn));
        services.TryAddSingleton(new BaselineOptions());
        services.AddGrpc().AddServiceOptions<QueryService>(options =>
        {
            options.Interceptors.Add<QueryFaults>();

            // A replay brings a whole file of rules.
            options.MaxReceiveMessageSize = RulesFile.MaxBytes + 64 * 1024;
        }).AddJsonTranscoding(options => options.TypeRegistry = TypeRegistry.FromMessages(Google.Rpc.BadRequest.Descriptor, V1.SearchFaults.Descriptor));
        return services;
    }

    /// <summary>Methods that change something say themselves that they need more than to look.</summary>
    public static void MapQuery(this WebApplication app) => app.MapGrpcService<QueryService>().RequireAuthorization(Caller.ViewerPolicy);
}
