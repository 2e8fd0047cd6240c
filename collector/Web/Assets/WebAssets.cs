using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Runtime.Collector.Web.Access;

namespace Runtime.Collector.Web.Assets;

/// <summary>
/// Sheets and scripts of the page. They are in the program, so that nothing has to lie beside it; their address holds their content's hash, so that a browser
/// keeps them for good and a new version has a new address. They tell nothing: who is not in gets them too.
/// </summary>
internal sealed class WebAssets
{
    public const string Page = "page.css";
    public const string Theme = "theme.css";
    public const string Script = "page.js";
    public const string MudSheet = "mudblazor.css";
    public const string MudScript = "mudblazor.js";
    public const string BlazorScript = "blazor.js";
    public const string Icon = "icon.svg";

    // Read only after construction.
    private readonly Dictionary<string, Asset> _byName;

    private sealed record Asset(string Address, string ContentType, byte[] Content, Lazy<byte[]> Brotli);

    /// <param name="theme">Content of <see cref="Theme"/>.</param>
    public WebAssets(string theme)
    {
        var contents = new[] { Page, Script, MudSheet, MudScript, BlazorScript, Icon }.Select(name => (Name: name, Content: Read(name))).Append((Name: Theme, Content: Encoding.UTF8.GetBytes(theme)));
        _byName = contents.ToDictionary(asset => asset.Name, asset => Make(asset.Name, asset.Content));
    }

    public string Address(string name) => _byName[name].Address;

    public void Map(IEndpointRouteBuilder app)
    {
        foreach (var asset in _byName.Values)
        {
            app.MapGet(asset.Address, context => WriteAsync(context, asset)).AllowAnonymous().WithMetadata(new PageEndpoint());
        }
    }

    private static Task WriteAsync(HttpContext context, Asset asset)
    {
        var response = context.Response;
        response.ContentType = asset.ContentType;
        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.Headers.Vary = "Accept-Encoding";
        var content = asset.Content;
        if (context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal))
        {
            response.Headers.ContentEncoding = "br";
            content = asset.Brotli.Value;
        }

        response.ContentLength = content.Length;
        return response.Body.WriteAsync(content, context.RequestAborted).AsTask();
    }

    private static Asset Make(string name, byte[] content) => new(
        $"/assets/{Convert.ToHexStringLower(SHA256.HashData(content)[..8])}/{name}",
        Path.GetExtension(name) switch { ".css" => "text/css; charset=utf-8", ".svg" => "image/svg+xml", _ => "text/javascript; charset=utf-8" },
        content, new Lazy<byte[]>(() => Compress(content)));

    private static byte[] Compress(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var brotli = new BrotliStream(compressed, CompressionLevel.Optimal))
        {
            brotli.Write(content);
        }

        return compressed.ToArray();
    }

    private static byte[] Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("web/" + name) ?? throw new InvalidOperationException($"the program was built without {name}");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
