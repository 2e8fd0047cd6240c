namespace Runtime.Collector.Hosting;

internal static class HealthSetup
{
    public const string Path = "/healthz";

    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks();
        services.AddGrpcHealthChecks();
        return services;
    }

    /// <summary>Whoever came through a door may ask: agents look at it before they send.</summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks(Path).RequireAuthorization();
        app.MapGrpcHealthChecksService().RequireAuthorization();
    }
}
