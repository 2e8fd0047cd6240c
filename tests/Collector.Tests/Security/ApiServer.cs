using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Runtime.Tests;

namespace Runtime.Collector.Tests.Security;

/// <summary>As much of a Kubernetes API server as answers a TokenReview (authentication.k8s.io/v1): it refuses what the real one refuses, and counts.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    public const string OwnToken = "the-collectors-own-token";

    private readonly WebApplication _app;

    private ApiServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var port = FreePort.Find();
        Address = $"http://127.0.0.1:{port}";
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.MapPost("/apis/authentication.k8s.io/v1/tokenreviews", ReviewAsync);
    }

    public string Address { get; }

    /// <summary>By token: whose it is, its groups, and whom it was made for.</summary>
    public Dictionary<string, (string User, string[] Groups, string[] Audiences)> Tokens { get; } = [];

    /// <summary>Not null: the state of every answer.</summary>
    public int? Broken { get; set; }
    public int Reviews { get; private set; }

    public static async Task<ApiServer> StartAsync()
    {
        var server = new ApiServer();
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task ReviewAsync(HttpContext context)
    {
        Reviews++;
        var review = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body))!;
        context.Response.StatusCode = Broken ?? (context.Request.Headers.Authorization != "Bearer " + OwnToken ? 401
            : (string?)review["apiVersion"] != "authentication.k8s.io/v1" || (string?)review["kind"] != "TokenReview" || (string?)review["spec"]?["token"] is not { Length: > 0 } ? 400
            : 201);
        if (context.Response.StatusCode != 201)
        {
            return;
        }

        var asked = review["spec"]!["audiences"]!.AsArray().Select(audience => (string)audience!).ToList();
        var status = new JsonObject();
        if (!Tokens.TryGetValue((string)review["spec"]!["token"]!, out var found))
        {
            status["error"] = "[invalid bearer token, token lookup failed\u001b[31m]";
        }
        else if (!found.Audiences.Intersect(asked).Any() && found.Audiences.Length > 0)
        {
            status["error"] = "[invalid bearer token, token audiences do not match]";
        }
        else
        {
            status["authenticated"] = true;
            status["user"] = new JsonObject { ["username"] = found.User, ["uid"] = "u-1", ["groups"] = new JsonArray([.. found.Groups.Select(group => (JsonNode)group)]) };
            if (found.Audiences.Length > 0)
            {
                status["audiences"] = new JsonArray([.. found.Audiences.Intersect(asked).Select(audience => (JsonNode)audience)]);
            }
        }

        review["status"] = status;
        await context.Response.WriteAsJsonAsync(review);
    }
}
