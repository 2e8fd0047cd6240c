using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Runtime.Collector.Security;

namespace Runtime.Collector.Web.Access.Oidc;

internal static class OidcSetup
{
    /// <summary>Where the provider sends people back to.</summary>
    public const string CallbackPath = "/sign-in/callback";

    private static readonly TimeSpan _backchannelTimeout = TimeSpan.FromSeconds(10);

    // What a person takes for a password and a second factor.
    public static readonly TimeSpan LongestSignIn = TimeSpan.FromMinutes(10);

    /// <exception cref="AccessException">The authorities' file cannot be used.</exception>
    public static void AddOidc(this IServiceCollection services, OidcOptions options)
    {
        var backchannel = PrivateRoots.Handler("Web:Oidc:CaFile", options.CaFile);
        services.TryAddSingleton<Refusals>();
        services.AddSingleton(options);
        services.AddSingleton<OidcOutcome>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<OpenIdConnectOptions>, OpenIdConnectPostConfigureOptions>());
        services.AddOptions<OpenIdConnectOptions>(OidcSignIn.SchemeName).Configure<OidcOutcome>((handler, outcome) => outcome.Hear(handler.Events));
        new AuthenticationBuilder(services).AddRemoteScheme<OpenIdConnectOptions, OidcSignIn>(OidcSignIn.SchemeName, null, handler => Configure(handler, options, backchannel));
    }

    private static void Configure(OpenIdConnectOptions handler, OidcOptions options, HttpMessageHandler backchannel)
    {
        handler.Authority = options.Authority;
        handler.RequireHttpsMetadata = options.Authority.StartsWith(Uri.UriSchemeHttps + ":", StringComparison.OrdinalIgnoreCase);
        handler.ClientId = options.ClientId;
        handler.BackchannelHttpHandler = backchannel;
        handler.BackchannelTimeout = _backchannelTimeout;
        handler.RemoteAuthenticationTimeout = LongestSignIn;
        handler.CallbackPath = CallbackPath;
        handler.SignedOutCallbackPath = default;
        handler.RemoteSignOutPath = default;

        // Signs nobody in by itself: OidcOutcome opens a session. The framework wants a name all the same.
        handler.SignInScheme = SessionAuthentication.SchemeName;
        handler.ResponseType = OpenIdConnectResponseType.Code;

        // The answer comes as a GET, for which a Lax cookie is sent: that of form_post would be for any site's forms.
        handler.ResponseMode = OpenIdConnectResponseMode.Query;
        handler.UsePkce = true;
        handler.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Disable;
        handler.MapInboundClaims = false;
        handler.SaveTokens = false;
        handler.Scope.Clear();
        foreach (var scope in options.Scopes.Prepend("openid").Distinct())
        {
            handler.Scope.Add(scope);
        }

        handler.TokenValidationParameters.ClockSkew = TimeSpan.FromMinutes(1);

        // Never one whose key the client shares, nor none.
        handler.TokenValidationParameters.ValidAlgorithms =
        [
            SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384,
            SecurityAlgorithms.RsaSsaPssSha512, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
        ];
        foreach (var cookie in new[] { handler.NonceCookie, handler.CorrelationCookie })
        {
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        }
    }
}
