using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Runtime.Collector.Web.Access.Oidc;

namespace Runtime.Collector.Web.Access;

/// <summary>In by a link or by a provider of OpenID Connect, out by a button.</summary>
internal static class EntryEndpoints
{
    public const string EnterPath = "/enter";
    public const string LeavePath = "/leave";
    public const string LinkParameter = "link";
    public const string SignInPath = "/sign-in";

    /// <summary>Where to go after signing in.</summary>
    public const string ToParameter = "to";

    private const int LongestTo = 2048;

    public static void MapEntry(this IEndpointRouteBuilder app, WebOptions options)
    {
        app.MapGet(EnterPath, EnterAsync).AllowAnonymous().WithMetadata(new PageEndpoint());
        app.MapPost(LeavePath, LeaveAsync).AllowAnonymous().WithMetadata(new PageEndpoint());
        if (options.Oidc.IsOn)
        {
            app.MapGet(SignInPath, SignInAsync).AllowAnonymous().WithMetadata(new PageEndpoint());
        }
    }

    private static Task EnterAsync(HttpContext context, EntryLinks links, Entry entry)
    {
        if (links.Use(context.Request.Query[LinkParameter].ToString()) is not { } caller)
        {
            return PlainPage.WriteAsync(context.Response, StatusCodes.Status401Unauthorized, "This link is over", "A link works once and for a minute. Get another one on the collector's machine:");
        }

        entry.Open(context, caller);
        context.Response.Redirect("/");
        return Task.CompletedTask;
    }

    private static async Task LeaveAsync(HttpContext context, IAntiforgery antiforgery, Entry entry)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        entry.Close(context);
        context.Response.Redirect("/");
    }

    private static async Task SignInAsync(HttpContext context, Entry entry, OidcOutcome outcome, TimeProvider time)
    {
        var to = context.Request.Query[ToParameter].ToString();
        if (to.Length > 0 && !IsOwnPath(to))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("A sign-in leads to a page of this collector and nowhere else.\n");
            return;
        }

        var state = new AuthenticationProperties { RedirectUri = to.Length > 0 ? to : "/", IssuedUtc = time.GetUtcNow() };

        // The cookie is not sent with what the provider's page leads to.
        if (entry.Find(context) is { } session)
        {
            state.Items[OidcOutcome.ReplacesItem] = session.Id;
        }

        try
        {
            await context.ChallengeAsync(OidcSignIn.SchemeName, state);
        }
        catch (Exception e) when (e is InvalidOperationException or HttpRequestException or IOException or TaskCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            await outcome.UnreachableAsync(context.Response, e);
        }
    }

    /// <summary>"//host" and "/\host" are other hosts for a browser, which also leaves out tabs and line ends.</summary>
    private static bool IsOwnPath(string to) =>
        to.Length <= LongestTo && to[0] == '/' && (to.Length == 1 || to[1] != '/') && !to.Contains('\\') && !to.Any(char.IsControl);
}
