namespace Runtime.Collector.Mutes;

internal static class MuteSetup
{
    /// <summary>Needs an <see cref="IMuteLog"/>. Before the scopes, so that what was muted stays so from the first row on.</summary>
    public static IServiceCollection AddMutes(this IServiceCollection services)
    {
        services.AddSingleton<MuteBook>();
        services.AddHostedService(provider => provider.GetRequiredService<MuteBook>());
        return services;
    }
}
