using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Runtime.Collector.Baselines;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query.Replay;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Rules;
using Runtime.Collector.Security;
using Runtime.Collector.Security.Limits;

namespace Runtime.Collector.Query;

internal static class QuerySetup
{
    private const int MaxQuestionBytes = 64 * 1024;

    /// <summary>Needs an <see cref="IQueryStore"/>, an <see cref="ISearchStore"/>, an <see cref="IReplayStore"/>, an <see cref="IDeliveryLog"/>, mutes, an <see cref="IAgentDirectory"/>, the scopes and an <see cref="INotifierTest"/>.</summary>
    public static IServiceCollection AddQuery(this IServiceCollection services)
    {
        services.AddSingleton<QueryReader>();
        services.AddSingleton<SearchReader>();
        services.AddSingleton<ReplayReader>();
        services.AddSingleton<EventFollower>();
        services.AddSingleton<AlertsReader>();
        services.TryAddSingleton<INotifierTest, NotifierTester>();
        services.TryAddSingleton(new RulesInForce(RuleSet.BuiltIn));
        services.TryAddSingleton(new NotifierDirectory([]));
        services.TryAddSingleton(new BaselineOptions());

        // A replay brings a whole file of rules.
        services.AddGrpc().AddServiceOptions<QueryService>(options => Border(options, RulesFile.MaxBytes + MaxQuestionBytes)).AddServiceOptions<AlertsService>(options => Border(options, MaxQuestionBytes))
            .AddJsonTranscoding(options => options.TypeRegistry = TypeRegistry.FromMessages(Google.Rpc.BadRequest.Descriptor, V1.SearchFaults.Descriptor));
        return services;
    }

    /// <summary>Methods that change something say themselves that they need more than to look.</summary>
    public static void MapQuery(this WebApplication app)
    {
        app.MapGrpcService<QueryService>().RequireAuthorization(Caller.ViewerPolicy);
        app.MapGrpcService<AlertsService>().RequireAuthorization(Caller.ViewerPolicy);
    }

    private static void Border<T>(GrpcServiceOptions<T> options, int longest)
        where T : class
    {
        options.Interceptors.Add<QueryFaults>();
        options.Interceptors.Add<CallerLimits>();
        options.MaxReceiveMessageSize = longest;
    }
}
