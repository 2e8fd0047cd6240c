namespace Runtime.Collector.Web.Access;

/// <summary>Marks a connection that came to the page's address: a feature of the connection.</summary>
internal sealed class WebDoor
{
    private WebDoor()
    {
    }

    public static WebDoor Here { get; } = new();

    public static bool IsDoorOf(HttpContext context) => context.Features.Get<WebDoor>() is not null;
}

/// <summary>Marks an endpoint of the page. Through the page's door only these are reached, and through no other door.</summary>
internal sealed class PageEndpoint;
