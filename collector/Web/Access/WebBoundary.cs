namespace Runtime.Collector.Web.Access;

/// <summary>
/// Behind routing and authentication: the page's endpoints are for its door, all others for the other doors; and nobody asks faster than a person does, whether
/// he is in or tries links.
/// </summary>
internal sealed class WebBoundary(RequestDelegate next, StrangersLimit strangers)
{
    public Task InvokeAsync(HttpContext context)
    {
        var isWeb = WebDoor.IsDoorOf(context);
        var isPage = context.GetEndpoint()?.Metadata.GetMetadata<PageEndpoint>() is not null;
        if (isPage != isWeb)
        {
            context.SetEndpoint(null);
        }

        var may = !isWeb || (context.Items[SessionAuthentication.SessionKey] is Session session ? session.TryAsk() : strangers.TryAsk());
        return may ? next(context) : StrangersLimit.RefuseAsync(context.Response);
    }
}
