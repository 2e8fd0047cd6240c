using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Runtime.Collector.Web.Access.Oidc;

namespace Runtime.Collector.Web.Access;

/// <summary>Makes the cookie's session the user of what came through the page's door.</summary>
internal sealed class SessionAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Sessions sessions, WebOptions web, TimeProvider time)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "session";

    /// <summary>Claim with the <see cref="Session.Id"/>.</summary>
    public const string IdClaim = "session";

    /// <summary>What the request's limit is counted on.</summary>
    public static readonly object SessionKey = new();

    /// <summary>Cookies know no ports: two collectors' pages, forwarded to two ports of one machine, would sign each other out. Over TLS the prefix keeps what did not come over TLS, and other hosts of the domain, from setting it.</summary>
    public static string CookieName(HttpRequest request) => request.IsHttps ? $"__Host-runtime-session-{request.Host.Port ?? 443}" : $"runtime-session-{request.Host.Port ?? 80}";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Cookies[CookieName(Request)] is not { Length: > 0 } secret)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        if (sessions.Find(secret) is not { } session)
        {
            return Task.FromResult(AuthenticateResult.Fail("the session is over"));
        }

        // The live connection of an open page is no act of a person.
        if (!Request.Path.StartsWithSegments(WebSetup.LivePath))
        {
            session.Use(time.GetUtcNow());
        }

        Context.Items[SessionKey] = session;
        var principal = session.Caller.ToPrincipal();
        ((ClaimsIdentity)principal.Identity!).AddClaim(new Claim(IdClaim, session.Id));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => !web.Oidc.IsOn
        ? PlainPage.WriteAsync(Response, StatusCodes.Status401Unauthorized, "Not signed in", "This page opens with a link that works once. Get one on the collector's machine:")
        : PlainPage.WriteAsync(
            Response, StatusCodes.Status401Unauthorized, "Not signed in", "Sign in with your organisation's account, or by a link from the collector's machine:",
            PlainPage.LinkCommand + OidcOutcome.SignInLink(HttpMethods.IsGet(Request.Method) ? Request.Path + Request.QueryString : "/"));

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        PlainPage.WriteAsync(Response, StatusCodes.Status403Forbidden, "Not for your role", "A link for another role opens more:");
}
