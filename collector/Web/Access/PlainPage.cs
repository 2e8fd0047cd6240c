using System.Net.Mime;
using Runtime.Collector.Web.Assets;

namespace Runtime.Collector.Web.Access;

/// <summary>What is shown to who is not in: no script, nothing of the collector.</summary>
internal static class PlainPage
{
    /// <param name="why">Our own words.</param>
    public static Task WriteAsync(HttpResponse response, int status, string title, string why)
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
            <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            <title>{title} · Runtime</title>
            <link rel="stylesheet" href="{assets.Address(WebAssets.Theme)}"><link rel="stylesheet" href="{assets.Address(WebAssets.Page)}">
            </head>
            <body class="plain"><main><h1>{title}</h1><p>{why}</p><pre><code>runtimectl web</code></pre></main></body>
            </html>
            """);
    }
}
