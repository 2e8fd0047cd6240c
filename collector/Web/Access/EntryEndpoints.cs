using Microsoft.AspNetCore.Antiforgery;

namespace Runtime.Collector.Web.Access;

/// <summary>In by a link, out by a button.</summary>
internal static partial class EntryEndpoints
{
    public const string EnterPath = "/enter";
    public const string LeavePath = "/leave";
    public const string LinkParameter = "link";

    public static void MapEntry(this IEndpointRouteBuilder app)
    {
        app.MapGet(EnterPath, EnterAsync).AllowAnonymous().WithMetadata(new PageEndpoint());
        app.MapPost(LeavePath, LeaveAsync).AllowAnonymous().WithMetadata(new PageEndpoint());
    }

    private static Task EnterAsync(HttpContext context, EntryLinks links, Sessions sessions, ILogger<Session> logger)
    {
        if (links.Use(context.Request.Query[LinkParameter].ToString()) is not { } caller)
        {
            return PlainPage.WriteAsync(context.Response, StatusCodes.Status401Unauthorized, "This link is over", "A link works once and for a minute. Get another one on the collector's machine:");
        }

        // Whoever was in with this browser is somebody else now, or the same person with another role.
        if (context.Request.Cookies[SessionAuthentication.CookieName(context.Request)] is { } old && sessions.Find(old) is { } session)
        {
            sessions.End(session.Id);
        }

        context.Response.Cookies.Append(SessionAuthentication.CookieName(context.Request), sessions.Open(caller), Cookie(context.Request));
        Log.Entered(logger, caller.Who, caller.Roles);
        context.Response.Redirect("/");
        return Task.CompletedTask;
    }

    private static async Task LeaveAsync(HttpContext context, IAntiforgery antiforgery, Sessions sessions)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (context.Request.Cookies[SessionAuthentication.CookieName(context.Request)] is { } secret && sessions.Find(secret) is { } session)
        {
            sessions.End(session.Id);
        }

        context.Response.Cookies.Delete(SessionAuthentication.CookieName(context.Request), Cookie(context.Request));
        context.Response.Redirect("/");
    }

    private static CookieOptions Cookie(HttpRequest request) => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = request.IsHttps, Path = "/", IsEssential = true };

    private static partial class Log
    {
        [LoggerMessage(8400, LogLevel.Information, "{Who} came to the page as {Roles}")]
        public static partial void Entered(ILogger logger, string who, Security.CallerRoles roles);
    }
}
