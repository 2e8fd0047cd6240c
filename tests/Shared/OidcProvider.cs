using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Runtime.Tests;

/// <summary>
/// A provider of OpenID Connect on this machine: OpenIddict's server, which refuses what the standards refuse (no PKCE, a wrong verifier, a code that is not its
/// own). It knows one client and signs in whom the test says, at once or after a click.
/// </summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    public const string ClientId = "runtime";
    public const string Secret = "the-clients-secret-of-this-test";

    private readonly WebApplication _app;
    private readonly RsaSecurityKey _key = new(RSA.Create(2048)) { KeyId = "provider-1" };

    private OidcProvider(string issuer, X509Certificate2? certificate)
    {
        Issuer = issuer;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, new Uri(issuer).Port, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddAuthentication();
        builder.Services.AddOpenIddict().AddServer(Configure);
        _app = builder.Build();
        _app.UseAuthentication();
    }

    public string Issuer { get; }
    public string Subject { get; set; } = "248289761001";
    public string Name { get; set; } = "alice";
    public IReadOnlyList<string> Groups { get; set; } = ["watchers"];

    /// <summary>Shows a page with a button before it signs in.</summary>
    public bool Asks { get; set; }

    /// <summary>Not null: the provider says no to every sign-in, with this error.</summary>
    public string? Denial { get; set; }

    /// <summary>Changes the payload of each ID token, which is then signed again.</summary>
    public Action<JsonObject>? Tamper { get; set; }

    /// <summary>Signs what was tampered with: another key, "none", or with what the client shares.</summary>
    public Func<byte[], (string Algorithm, byte[] Signature)>? Signer { get; set; }

    /// <summary>What it was asked for at its authorize address, the latest last.</summary>
    public List<OpenIddictRequest> Asked { get; } = [];

    public static async Task<OidcProvider> StartAsync(string host, X509Certificate2? certificate = null)
    {
        var provider = new OidcProvider($"{(certificate is null ? "http" : "https")}://{host}:{FreePort.Find()}/", certificate);
        await provider._app.StartAsync();
        return provider;
    }

    public byte[] Sign(byte[] bytes) => _key.Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _key.Rsa.Dispose();
    }

    private void Configure(OpenIddictServerBuilder server)
    {
        server.EnableDegradedMode().SetIssuer(Issuer).SetAuthorizationEndpointUris("authorize").SetTokenEndpointUris("token").SetJsonWebKeySetEndpointUris("keys");
        server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange().AddSigningKey(_key).AddEphemeralEncryptionKey().RegisterScopes("profile", "email");
        server.Configure(options =>
        {
            options.CodeChallengeMethods.Clear();
            options.CodeChallengeMethods.Add(OpenIddictConstants.CodeChallengeMethods.Sha256);
        });
        server.UseAspNetCore().DisableTransportSecurityRequirement();
        server.AddEventHandler<ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            Asked.Add(context.Request);
            if (context.ClientId != ClientId || !context.RedirectUri!.EndsWith("/sign-in/callback", StringComparison.Ordinal))
            {
                context.Reject(OpenIddictConstants.Errors.InvalidClient, "no such client or redirect address");
            }

            return default;
        }));
        server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            if (context.ClientId != ClientId || context.ClientSecret != Secret)
            {
                context.Reject(OpenIddictConstants.Errors.InvalidClient, "the client's secret is wrong");
            }

            return default;
        }));
        server.AddEventHandler<HandleAuthorizationRequestContext>(handler => handler.UseInlineHandler(AnswerAsync));
        server.AddEventHandler<ApplyTokenResponseContext>(handler => handler.SetOrder(int.MinValue).UseInlineHandler(context =>
        {
            if (context.Response.IdToken is { } token && (Tamper is not null || Signer is not null))
            {
                context.Response.IdToken = Forge(token);
            }

            return default;
        }));
    }

    private async ValueTask AnswerAsync(HandleAuthorizationRequestContext context)
    {
        if (Denial is not null)
        {
            context.Reject(Denial, "as the test wants it");
            return;
        }

        var http = context.Transaction.GetHttpRequest()!.HttpContext;
        if (Asks && !http.Request.Query.ContainsKey("clicked"))
        {
            http.Response.ContentType = "text/html";
            var again = WebUtility.HtmlEncode(http.Request.PathBase + http.Request.Path + http.Request.QueryString + "&clicked=1");
            await http.Response.WriteAsync($"<!DOCTYPE html><html lang=\"en\"><title>Provider</title><link rel=\"icon\" href=\"data:,\"><a href=\"{again}\">I am {WebUtility.HtmlEncode(Name)}</a></html>");
            context.HandleRequest();
            return;
        }

        var identity = new ClaimsIdentity("provider", OpenIddictConstants.Claims.Name, OpenIddictConstants.Claims.Role);
        identity.SetClaim(OpenIddictConstants.Claims.Subject, Subject).SetClaim(OpenIddictConstants.Claims.PreferredUsername, Name);
        identity.SetClaims("groups", [.. Groups]);
        identity.SetScopes(context.Request.GetScopes());
        identity.SetDestinations(_ => [OpenIddictConstants.Destinations.IdentityToken]);
        context.SignIn(new ClaimsPrincipal(identity));
    }

    private string Forge(string token)
    {
        var parts = token.Split('.');
        var header = (JsonObject)JsonNode.Parse(WebEncoders.Base64UrlDecode(parts[0]))!;
        var payload = (JsonObject)JsonNode.Parse(WebEncoders.Base64UrlDecode(parts[1]))!;
        Tamper?.Invoke(payload);
        if (Signer is not null)
        {
            header["alg"] = Signer([]).Algorithm;
        }

        var signed = $"{Encode(header)}.{Encode(payload)}";
        var bytes = System.Text.Encoding.ASCII.GetBytes(signed);
        return $"{signed}.{WebEncoders.Base64UrlEncode(Signer is null ? Sign(bytes) : Signer(bytes).Signature)}";
    }

    private static string Encode(JsonNode part) => WebEncoders.Base64UrlEncode(System.Text.Encoding.UTF8.GetBytes(part.ToJsonString()));
}
