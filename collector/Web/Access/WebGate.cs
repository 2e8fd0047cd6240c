namespace Runtime.Collector.Web.Access;

/// <summary>
/// Stands before everything that comes through the page's door: refuses what names another host (a name that was made to point at this machine), and what another
/// site's page sends; adds the headers that keep the page's content from doing anything but be shown.
/// </summary>
internal sealed class WebGate
{
    private readonly RequestDelegate _next;
    private readonly HashSet<string> _own = new(["localhost", "127.0.0.1", "[::1]"], StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _named;

    public WebGate(RequestDelegate next, WebOptions options)
    {
        _next = next;
        _named = new(options.Names, StringComparer.OrdinalIgnoreCase);
        if (options.PublicUrl.Length > 0)
        {
            _named.Add(new Uri(options.PublicUrl).Host);
        }
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (!WebDoor.IsDoorOf(context))
        {
            return _next(context);
        }

        var request = context.Request;
        var isNamed = _named.Contains(request.Host.Host);
        if (isNamed)
        {
            // Without TLS of our own it is spoken between the browser and a proxy: cookies and origins are of that.
            request.Scheme = Uri.UriSchemeHttps;

            // Never for localhost, where other programs speak plain HTTP.
            context.Response.Headers.StrictTransportSecurity = "max-age=31536000";
        }

        AddHeaders(context.Response, request);
        if (!isNamed && !_own.Contains(request.Host.Host))
        {
            return RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "This address is not the page's: open it as localhost, or name the host in Web:PublicUrl or Web:Names.");
        }

        if (!IsOwn(request))
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "Another site's page asked for this.");
        }

        return _next(context);
    }

    /// <summary>
    /// What changes something, and the live connection, which a browser opens for any site's page and with cookies, must say that it comes from a page of ours.
    /// A GET may come from nowhere: a link is opened so.
    /// </summary>
    private static bool IsOwn(HttpRequest request)
    {
        var isLive = request.Path.StartsWithSegments(WebSetup.LivePath) && request.Headers.Upgrade.Count > 0;
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0
            ? string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase)
            : !isLive && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));
    }

    private static void AddHeaders(HttpResponse response, HttpRequest request)
    {
        // style-src-attr: the list that only draws what is in sight keeps the room of the rest in a style attribute. Neither sheets nor scripts may stand in the page.
        // connect-src names the live connection beside 'self', which not every browser takes for it.
        var live = $"{(request.IsHttps ? "wss" : "ws")}://{request.Host.ToUriComponent()}";
        var headers = response.Headers;
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self'; connect-src 'self' " + live
            + "; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-cache, no-store";
        headers.Pragma = "no-cache";

        // With "no-referrer" a browser says of its own page's form that it comes from nowhere.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
    }

    private static Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(why + "\n");
    }
}
