using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MudBlazor.Services;
using Runtime.Collector.Query;
using Runtime.Collector.Security;
using Runtime.Collector.Security.Limits;
using Runtime.Collector.Web.Access;
using Runtime.Collector.Web.Access.Oidc;
using Runtime.Collector.Web.Assets;
using Runtime.Collector.Web.Parts;

namespace Runtime.Collector.Web;

internal static class WebSetup
{
    /// <summary>Where the framework keeps the connection of an open page.</summary>
    public const string LivePath = "/_blazor";

    // Every open page is one; a browser keeps some more while it moves from one to the next.
    private const int MaxLive = 256;

    private const string NotFoundPath = "/not-found";
    private const string DoorScheme = "door";

    /// <summary>Needs <see cref="QuerySetup.AddQuery"/> and <see cref="AccessSetup.AddAccess"/>.</summary>
    /// <exception cref="AccessException">A file that the page's settings name cannot be used.</exception>
    public static void AddWeb(this WebApplicationBuilder builder, WebOptions options)
    {
        var services = builder.Services;
        services.TryAddSingleton(options);
        services.AddSingleton<EntryLinks>();
        services.AddSingleton<Sessions>();
        services.AddGrpc().AddServiceOptions<WebService>(grpc =>
        {
            grpc.Interceptors.Add<QueryFaults>();
            grpc.Interceptors.Add<CallerLimits>();
        });
        if (options.EndPoint is not { } address)
        {
            return;
        }

        if (options.CertificateFiles is { } files)
        {
            PageTls.Add(builder, files);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentUpgradedConnections = MaxLive;
            kestrel.Listen(address, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (options.CertificateFiles is not null)
                {
                    PageTls.Use(listen, kestrel.ApplicationServices);
                }

                listen.Use(next => connection =>
                {
                    connection.Features.Set(WebDoor.Here);
                    return next(connection);
                });
            });
        });
        new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, null)
            .AddPolicyScheme(DoorScheme, null, policy => policy.ForwardDefaultSelector = context => WebDoor.IsDoorOf(context) ? SessionAuthentication.SchemeName : Caller.Scheme);
        services.PostConfigure<AuthenticationOptions>(authentication => authentication.DefaultScheme = DoorScheme);
        if (options.Oidc.IsOn)
        {
            services.AddOidc(options.Oidc);
        }

        AddPages(services);
    }

    /// <summary>Before anything is mapped: what comes through the page's door is looked at first.</summary>
    public static void UseWeb(this WebApplication app, WebOptions options)
    {
        if (options.EndPoint is null)
        {
            return;
        }

        app.UseMiddleware<WebGate>();
        app.UseWhen(WebDoor.IsDoorOf, page => page.UseStatusCodePagesWithReExecute(NotFoundPath, createScopeForStatusCodePages: true));
        app.UseRouting();
        app.UseAuthentication();
        app.UseMiddleware<WebBoundary>();
        app.UseAuthorization();
        app.UseAntiforgery();
    }

    public static void MapWeb(this WebApplication app, WebOptions options)
    {
        app.MapGrpcService<WebService>().RequireAuthorization(Caller.ViewerPolicy);
        if (options.EndPoint is null)
        {
            return;
        }

        app.Services.GetRequiredService<WebAssets>().Map(app);
        app.MapEntry(options);
        app.MapRazorComponents<App>()
            .AddInteractiveServerRenderMode(mode =>
            {
                // The gate says it, for every answer.
                mode.ContentSecurityFrameAncestorsPolicy = null;

                // Text of containers and what only this person may see share the connection: compressed together, its length would tell of both.
                mode.DisableWebSocketCompression = true;
            })
            .RequireAuthorization(Caller.ViewerPolicy)
            .WithMetadata(new PageEndpoint());
    }

    private static void AddPages(IServiceCollection services)
    {
        services.TryAddSingleton<QueryService>();
        services.TryAddSingleton<AlertsService>();
        services.AddSingleton<StrangersLimit>();
        services.AddSingleton<Entry>();
        services.AddScoped<PageQueries>();
        services.AddSingleton<FleetOverview>();

        // Nothing in it waits: it is drawn from what is in memory.
        services.AddSingleton(provider => new WebAssets(ThemeSheet.MakeAsync(provider).GetAwaiter().GetResult()));
        services.AddRazorComponents().AddInteractiveServerComponents().AddHubOptions(hub => hub.MaximumReceiveMessageSize = 64 * 1024);
        services.AddMudServices();
        services.AddCascadingAuthenticationState();
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "runtime-form";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        services.Configure<CircuitOptions>(circuits =>
        {
            circuits.DisconnectedCircuitMaxRetained = MaxLive / 4;
            circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
        });
        services.AddSignalR(hub => hub.MaximumReceiveMessageSize = 64 * 1024);
        services.AddDataProtection();
        services.Configure<KeyManagementOptions>(keys => (keys.XmlRepository, keys.XmlEncryptor) = (new MemoryKeys(), new NullXmlEncryptor()));
    }
}
