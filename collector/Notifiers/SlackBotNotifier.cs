using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// Slack by a bot's token (scope chat:write): one message for each incident, which later revisions change in place (chat.update), each with a reply in its
/// thread; a worse one is shown in the channel too. Slack answers 200 also to what it refuses: {"ok":false,"error":"channel_not_found"}
/// (docs.slack.dev, "chat.postMessage"; 429 with Retry-After as everywhere).
/// </summary>
/// <remarks>A kill between Slack's answer and the note of the thread makes a second message: Slack knows no idempotency key.</remarks>
internal sealed class SlackBotNotifier(NotifierOptions options, WebhookPost post, IThreadLog threads) : INotifier
{
    private const int LongestAnswer = 64 * 1024;
    private const int ReplyLimit = 1000;

    /// <summary>Of Slack's side, and over after a while.</summary>
    private static readonly string[] Passing = ["ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"];

    /// <summary>The message cannot be changed any more: another is begun.</summary>
    private static readonly string[] Gone = ["message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"];

    public NotifierOptions Options => options;

    public async Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (!SecretFiles.TryRead(options.SecretFile, out var token, out var words))
        {
            return new DeliveryResult.Retry(null, $"SecretFile {words}");
        }

        var call = new Call(options, post, token, delivery.IdempotencyKey);
        switch (delivery.Message)
        {
            case DigestMessage digest:
                return (await call.AskAsync("chat.postMessage", SlackDigest.From(digest.Digest) with { Channel = options.Channel }, cancellationToken)).Result;
            case AlertMessage { Incident: var incident }:
                var thread = await threads.FindAsync(options.Name, incident.Id, cancellationToken);
                return thread is null ? await BeginAsync(call, incident, cancellationToken)
                    : incident.Revision == thread.Revision ? new DeliveryResult.Delivered("it is in its thread already")
                    : incident.Revision > thread.Revision ? await GoOnAsync(call, thread, incident, cancellationToken)
                    : (await ReplyAsync(call, thread, incident, cancellationToken)).Result;
            default:
                throw new UnreachableException($"a message is an alert or a digest, not {delivery.Message.GetType()}");
        }
    }

    private async Task<DeliveryResult> BeginAsync(Call call, Incident incident, CancellationToken cancellationToken)
    {
        var (result, answer) = await call.AskAsync("chat.postMessage", SlackMessage.From(incident) with { Channel = options.Channel }, cancellationToken);
        if (result is DeliveryResult.Delivered && !SampleAlert.Is(incident))
        {
            await threads.SaveAsync(new ChatThread(options.Name, incident.Id, answer.Channel, answer.Ts, incident.Revision, incident.Severity), cancellationToken);
        }

        return result;
    }

    /// <summary>The change first: done twice it is the same, and a reply is not.</summary>
    private async Task<DeliveryResult> GoOnAsync(Call call, ChatThread thread, Incident incident, CancellationToken cancellationToken)
    {
        var (changed, answer) = await call.AskAsync("chat.update", SlackMessage.From(incident) with { Channel = thread.Channel, Ts = thread.Ts }, cancellationToken);
        if (changed is DeliveryResult.Rejected && Gone.Contains(answer.Error))
        {
            return await BeginAsync(call, incident, cancellationToken);
        }

        if (changed is not DeliveryResult.Delivered)
        {
            return changed;
        }

        var (replied, _) = await ReplyAsync(call, thread, incident, cancellationToken);
        if (replied is DeliveryResult.Delivered)
        {
            await threads.SaveAsync(thread with { Revision = incident.Revision, Severity = incident.Severity }, cancellationToken);
        }

        return replied;
    }

    private static Task<(DeliveryResult Result, SlackAnswer Answer)> ReplyAsync(Call call, ChatThread thread, Incident incident, CancellationToken cancellationToken)
    {
        var pods = incident.Pods.Count > 0 ? $" · {DisplayText.Plural(incident.Pods.Count, "pod")}" : "";
        var text = SlackText.Plain($"Update {incident.Revision}: {AlertWords.Severity(incident.Severity)} · {incident.Title}{pods}", ReplyLimit);
        return call.AskAsync(
            "chat.postMessage",
            new SlackPayload(text, [new("section") { Text = new("plain_text", text) { Emoji = false } }], "none", UnfurlLinks: false, UnfurlMedia: false)
            {
                Channel = thread.Channel, ThreadTs = thread.Ts, ReplyBroadcast = incident.Severity > thread.Severity ? true : null,
            },
            cancellationToken);
    }

    /// <summary>Calls of one delivery.</summary>
    private sealed class Call(NotifierOptions options, WebhookPost post, string token, string key)
    {
        public async Task<(DeliveryResult Result, SlackAnswer Answer)> AskAsync(string method, SlackPayload payload, CancellationToken cancellationToken)
        {
            var (result, text) = await post.ExchangeAsync(
                options, method, key, JsonSerializer.SerializeToUtf8Bytes(payload, SlackJson.Default.SlackPayload),
                request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token), LongestAnswer, cancellationToken);
            return result is DeliveryResult.Delivered ? Read(text) : (result, new SlackAnswer());
        }

        private static (DeliveryResult Result, SlackAnswer Answer) Read(string text)
        {
            SlackAnswer? answer;
            try
            {
                answer = JsonSerializer.Deserialize(text, SlackJson.Default.SlackAnswer);
            }
            catch (JsonException)
            {
                answer = null;
            }

            if (answer is null)
            {
                return (new DeliveryResult.Retry(null, "200 with what is no answer of Slack's API"), new SlackAnswer());
            }

            var error = PrintableText.Escape(answer.Error);
            return answer switch
            {
                { Ok: true, Ts.Length: > 0 } => (new DeliveryResult.Delivered($"ok, {PrintableText.Escape(answer.Channel)} {PrintableText.Escape(answer.Ts)}"), answer),
                _ when Passing.Contains(answer.Error) => (new DeliveryResult.Retry(null, error), answer),
                _ => (new DeliveryResult.Rejected(error.Length > 0 ? error : "an answer without a message's id"), answer),
            };
        }
    }
}

/// <summary>What is read of an answer of Slack's API; what is not there is empty.</summary>
internal sealed record SlackAnswer
{
    public bool Ok { get; init; }
    public string Error { get; init => field = value ?? ""; } = "";
    public string Channel { get; init => field = value ?? ""; } = "";

    /// <summary>The message's id within its channel.</summary>
    public string Ts { get; init => field = value ?? ""; } = "";
}
