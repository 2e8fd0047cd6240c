using System.Net.Mime;
using System.Text.Encodings.Web;
using Runtime.Collector.Web.Assets;

namespace Runtime.Collector.Web.Access;

/// <summary>What is shown to who is not in: no script, nothing of the collector.</summary>
internal static class PlainPage
{
    /// <summary>How to get a link.</summary>
    public const string LinkCommand = "<pre><code>runtimectl web</code></pre>";

    /// <param name="why">Our own words; what is not is escaped by who gives it.</param>
    /// <param name="more">HTML.</param>
    /// <param name="goOn">An address of the page that the browser goes to at once.</param>
    public static Task WriteAsync(HttpResponse response, int status, string title, string why, string more = LinkCommand, string? goOn = null)
    {
        var assets = response.HttpContext.RequestServices.GetRequiredService<WebAssets>();
        response.StatusCode = status;
        response.ContentType = MediaTypeNames.Text.Html + "; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        return response.WriteAsync(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">{(goOn is null ? "" : $"<meta http-equiv=\"refresh\" content=\"0;url={HtmlEncoder.Default.Encode(goOn)}\">")}
            <title>{title} · Runtime</title>
            <link rel="icon" type="image/svg+xml" href="{assets.Address(WebAssets.Icon)}"><link rel="stylesheet" href="{assets.Address(WebAssets.Theme)}"><link rel="stylesheet" href="{assets.Address(WebAssets.Page)}">
            </head>
            <body class="plain"><main><h1>{title}</h1><p>{why}</p>{more}</main></body>
            </html>
            """);
    }
}
