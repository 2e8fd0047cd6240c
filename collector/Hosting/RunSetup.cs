namespace Runtime.Collector.Hosting;

internal static class RunSetup
{
    /// <summary>Kubernetes kills after 30 s, systemd after 90 s: be through before that.</summary>
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(25);

    public static IServiceCollection AddHosting(this IServiceCollection services)
    {
        services.AddHealth();
        services.Configure<HostOptions>(options => options.ShutdownTimeout = _stopLimit);
        services.AddGrpc(options => options.Interceptors.Add<StreamsEndAtStop>());
        return services;
    }

    /// <summary>
    /// Until a signal. Then the doors close first (streams are told to come again), scopes write their states, the outbox
    /// stays for the next start, the store closes last.
    /// </summary>
    /// <returns>0 after a signal, 1 when a part of the program broke.</returns>
    public static async Task<int> RunToTheEndAsync(this WebApplication app)
    {
        await app.RunAsync();
        return Environment.ExitCode;
    }
}
