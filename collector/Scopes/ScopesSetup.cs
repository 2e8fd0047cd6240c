using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Runtime.Collector.Baselines;
using Runtime.Collector.Fleet;
using Runtime.Collector.Mutes;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Scopes;

internal static class ScopesSetup
{
    // Names of the silo, not a socket: see ClosedDoor.
    private static readonly IPEndPoint Silo = new(IPAddress.Loopback, 11_111);

    /// <summary>Scopes as grains of one silo in this process. Needs an <see cref="IScopeLog"/> and an <see cref="IMuteLog"/>.</summary>
    /// <param name="routes">From the notifiers of the settings.</param>
    public static IServiceCollection AddScopes(this IServiceCollection services, ScopesOptions options, BaselineOptions baselines, Func<IServiceProvider, AlertRoutes> routes)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(baselines);
        services.AddSingleton(routes);
        services.AddSingleton<ScopesMeter>();
        services.AddSingleton<FleetKnowledge>();
        services.AddMutes();
        services.TryAddSingleton(new RulesInForce(RuleSet.BuiltIn));
        services.AddSingleton<IScopeDirectory, ScopeDirectory>();
        services.AddLogging(logging => logging.AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft.Orleans", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning));
        services.AddOrleans(silo =>
        {
            silo.UseDevelopmentClustering(Silo);
            silo.Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = "runtime";
                cluster.ServiceId = "runtime";
            });
            silo.Configure<EndpointOptions>(endpoint =>
            {
                endpoint.AdvertisedIPAddress = Silo.Address;
                endpoint.SiloPort = Silo.Port;
                endpoint.GatewayPort = 0;
            });
            silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = options.IdleAge);
            silo.Services.AddGrainStorage(ScopeStateStorage.Name, (provider, _) => ActivatorUtilities.CreateInstance<ScopeStateStorage>(provider));
        });
        ClosedDoor.Replace(services);

        // After the silo: what starts later finds it.
        services.AddHostedService<FleetStart>();
        services.AddHostedService<ScopeSweep>();
        return services;
    }
}
