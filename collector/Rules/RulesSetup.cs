namespace Runtime.Collector.Rules;

internal static class RulesSetup
{
    /// <summary>The rules in force, followed when they come from a file.</summary>
    /// <exception cref="RulesException">The file cannot be used.</exception>
    public static IServiceCollection AddRules(this IServiceCollection services, RulesOptions options)
    {
        services.AddSingleton(new RulesInForce(RulesFile.Load(options)));
        services.AddHealthChecks().AddCheck<RulesHealthCheck>("rules");
        if (options.File.Length > 0)
        {
            services.AddHostedService<RulesWatch>();
        }

        return services;
    }
}
