using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Runtime.Collector.Security.Limits;
using Runtime.Collector.Security.Tokens;

namespace Runtime.Collector.Security;

internal static class AccessSetup
{
    /// <summary>The only place that opens a door. Everything that comes through one has a <see cref="Caller"/>; what it may do is said where the services are mapped.</summary>
    /// <exception cref="AccessException">The group or a certificate of the settings cannot be used.</exception>
    public static void AddAccess(this WebApplicationBuilder builder, AccessOptions options)
    {
        var services = builder.Services;
        services.TryAddSingleton<Refusals>();
        services.TryAddSingleton(options);
        services.TryAddSingleton<CallerLimits>();
        if (options.Socket.Length > 0)
        {
            services.AddSingleton(LocalAdmission.From(options));
            services.AddSingleton<LocalDoor>();
            services.AddSingleton<IConnectionListenerFactory, LocalTransport>();
        }

        if (options.TcpEndPoint is not null)
        {
            var files = options.CertificateFiles;
            var first = CertificateSnapshot.Read(files);
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Certificates>(provider, files, first));
            services.AddHostedService(provider => provider.GetRequiredService<Certificates>());
            builder.WebHost.UseKestrelHttpsConfiguration();
            if (options.TokenReview.Enabled)
            {
                services.AddSingleton(provider => ActivatorUtilities.CreateInstance<TokenReviewer>(provider, options.TokenReview));
            }
        }

        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        // The core alone: the full set brings keys for cookies, written to the user's home.
        services.AddAuthenticationCore(authentication => authentication.DefaultScheme = Caller.Scheme);
        services.AddWebEncoders();
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, CallerAuthentication>(Caller.Scheme, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(Caller.AgentPolicy, policy => policy.RequireRole(Caller.AgentPolicy))
            .AddPolicy(Caller.ViewerPolicy, policy => policy.RequireRole(Caller.ViewerPolicy))
            .AddPolicy(Caller.AnalystPolicy, policy => policy.RequireRole(Caller.AnalystPolicy))
            .AddPolicy(Caller.AdminPolicy, policy => policy.RequireRole(Caller.AdminPolicy))
            .SetFallbackPolicy(new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    /// <summary>Takes the socket's place before anything starts, so that a second collector touches neither store nor scopes.</summary>
    /// <exception cref="AccessException">The place is taken or not safe.</exception>
    public static void ReserveDoors(this WebApplication app, AccessOptions options)
    {
        if (options.Socket.Length > 0)
        {
            app.Services.GetRequiredService<LocalDoor>().Reserve(options.Socket);
        }
    }

    private static void Listen(KestrelServerOptions kestrel, AccessOptions options)
    {
        kestrel.AddServerHeader = false;
        Limit(kestrel.Limits);
        if (options.Socket.Length > 0)
        {
            kestrel.Listen(new LocalEndPoint(options.Socket, HttpProtocols.Http1), listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(new LocalEndPoint(options.Socket, HttpProtocols.Http2), listen => listen.Protocols = HttpProtocols.Http2);
        }

        if (options.TcpEndPoint is { } tcp)
        {
            var provider = kestrel.ApplicationServices;
            kestrel.Listen(tcp, listen => TlsDoor.Use(listen, provider.GetRequiredService<Certificates>(), provider.GetRequiredService<Refusals>(), options));
        }
    }

    /// <summary>Bounds of what one caller can hold. A stream of an agent lives for days: only what is silent is ended.</summary>
    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = 4096;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestHeaderCount = 64;
        limits.MaxRequestHeadersTotalSize = 32 * 1024;
        limits.MaxRequestLineSize = 8 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        limits.Http2.MaxStreamsPerConnection = 64;
        limits.Http2.MaxRequestHeaderFieldSize = 16 * 1024;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);

        // With Kestrel's 128 KiB and 96 KiB, a batch of several MiB waits for the reader many times.
        limits.Http2.InitialConnectionWindowSize = 8 * 1024 * 1024;
        limits.Http2.InitialStreamWindowSize = 4 * 1024 * 1024;
    }
}
