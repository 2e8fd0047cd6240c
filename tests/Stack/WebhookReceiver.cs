using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Runtime.Stack;

/// <summary>One request that a notifier made.</summary>
/// <param name="Received">Wall clock, taken before the body was parsed.</param>
public sealed record WebhookCall(DateTimeOffset Received, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonDocument Json() => JsonDocument.Parse(Body);
}

/// <summary>A real HTTP server on loopback that takes alerts as Slack's incoming webhooks do: 200 "ok" for a JSON object with text or blocks, 400 "invalid_payload" else.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _server;

    // Bounded by the alerts of one test run.
    private readonly Channel<WebhookCall> _calls = Channel.CreateUnbounded<WebhookCall>();

    private readonly Func<JsonElement, string?> _refusal;

    private WebhookReceiver(WebApplication server, Func<JsonElement, string?> refusal)
    {
        _server = server;
        _refusal = refusal;
    }

    public Uri Address { get; private set; } = null!;

    public ChannelReader<WebhookCall> Calls => _calls.Reader;

    /// <param name="port">0 takes a free one.</param>
    /// <param name="refusal">The word that a JSON object is refused with, as Slack does; null to take it. Takes all when null.</param>
    public static async Task<WebhookReceiver> StartAsync(int port = 0, Func<JsonElement, string?>? refusal = null, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, port));
        var receiver = new WebhookReceiver(builder.Build(), refusal ?? (_ => null));
        receiver._server.MapPost("/alerts", receiver.TakeAsync);
        await receiver._server.StartAsync(cancellationToken);
        var addresses = receiver._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        receiver.Address = new Uri(new Uri(addresses.Addresses.Single()), "/alerts");
        return receiver;
    }

    /// <exception cref="TimeoutException">Nothing that fits came in time; the message tells what came instead.</exception>
    public async Task<WebhookCall> WaitAsync(Func<WebhookCall, bool> fits, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        var others = new List<string>();
        try
        {
            await foreach (var call in _calls.Reader.ReadAllAsync(timeout.Token))
            {
                if (fits(call))
                {
                    return call;
                }

                others.Add(call.Body);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
        }

        throw new TimeoutException($"no such alert within {limit.TotalSeconds:0} s; {others.Count} others came: {string.Join('\n', others)}");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<IResult> TakeAsync(HttpRequest request)
    {
        var received = DateTimeOffset.UtcNow;
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Results.Text("invalid_payload", statusCode: 400);
            }

            if (_refusal(json.RootElement) is { } word)
            {
                return Results.Text(word, statusCode: 400);
            }
        }
        catch (JsonException)
        {
            return Results.Text("invalid_payload", statusCode: 400);
        }

        _calls.Writer.TryWrite(new WebhookCall(received, body, request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        return Results.Text("ok");
    }
}
