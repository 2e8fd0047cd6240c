using Runtime.Collector.Security;

namespace Runtime.Collector.Web.Access;

/// <summary>The one place where somebody comes in or goes: a session and the browser's cookie for it.</summary>
internal sealed partial class Entry(Sessions sessions, ILogger<Entry> logger)
{
    /// <param name="replaces">Whoever was in with this browser is somebody else now, or the same person with another role. Null: look at the cookie.</param>
    public void Open(HttpContext context, Caller caller, string? replaces = null)
    {
        if ((replaces ?? Find(context)?.Id) is { } old)
        {
            sessions.End(old);
        }

        context.Response.Cookies.Append(SessionAuthentication.CookieName(context.Request), sessions.Open(caller), Cookie(context.Request));
        Log.Entered(logger, caller.Who, caller.Roles);
    }

    public void Close(HttpContext context)
    {
        if (Find(context) is { } session)
        {
            sessions.End(session.Id);
        }

        context.Response.Cookies.Delete(SessionAuthentication.CookieName(context.Request), Cookie(context.Request));
    }

    /// <summary>Null: nobody is in with this browser.</summary>
    public Session? Find(HttpContext context) => context.Request.Cookies[SessionAuthentication.CookieName(context.Request)] is { } secret ? sessions.Find(secret) : null;

    private static CookieOptions Cookie(HttpRequest request) => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = request.IsHttps, Path = "/", IsEssential = true };

    private static partial class Log
    {
        [LoggerMessage(8400, LogLevel.Information, "{Who} came to the page as {Roles}")]
        public static partial void Entered(ILogger logger, string who, CallerRoles roles);
    }
}
