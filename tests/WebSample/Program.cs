using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Serialization;
using Runtime.WebSample;

// A small shop on ASP.NET Core, the workload of the evaluation's image "dotnet". It counts visits in a file and keeps the last order in another.
//   GET /              how many visits there were
//   POST /             an order
//   GET /search?for=   how many goods match, by a regular expression that is compiled for the question
//   GET /orders.xml    the last order, by a serializer that makes its code at the first use
//   POST /plugins      makes an assembly a part of the shop, whoever sends it: the flaw that attacks come in by
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
var application = builder.Build();
var folder = application.Configuration["Shop:Folder"] ?? throw new InvalidOperationException("Shop:Folder is not set");
var history = application.Configuration["Shop:History"];
string[] goods = ["red shoes", "blue shoes", "green hat", "red scarf"];
var (visits, last, write) = (0, new Order(), new Lock());
Directory.CreateDirectory(folder);

application.Use((context, next) =>
{
    // Two requests at a time would find the file open.
    lock (write)
    {
        visits++;
        File.WriteAllText(Path.Combine(folder, "visits"), visits.ToString(CultureInfo.InvariantCulture));
        if (history is not null)
            File.AppendAllText(Path.Combine(folder, history), context.Request.Path + "\n");
    }

    return next();
});
application.MapGet("/", () => new { visits });
application.MapPost("/", async (HttpRequest request) =>
{
    var order = new Order { Bytes = (await BodyAsync(request)).Length };
    lock (write)
    {
        last = order;
        File.WriteAllText(Path.Combine(folder, "last"), order.Bytes.ToString(CultureInfo.InvariantCulture));
    }

    return order;
});
application.MapGet("/search", (string @for) => goods.Count(new Regex(Regex.Escape(@for), RegexOptions.Compiled).IsMatch));
application.MapGet("/orders.xml", () =>
{
    using var text = new StringWriter();
    new XmlSerializer(typeof(Order)).Serialize(text, last);
    return Results.Text(text.ToString(), "application/xml");
});
application.MapPost("/plugins", async (HttpRequest request) => Assembly.Load(await BodyAsync(request)).GetName().Name);
application.Run();

static async Task<byte[]> BodyAsync(HttpRequest request)
{
    using var body = new MemoryStream();
    await request.Body.CopyToAsync(body);
    return body.ToArray();
}
