using System.Text.Json.Nodes;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Tests.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

/// <summary>Against a receiver that answers as docs.slack.dev says of chat.postMessage and chat.update.</summary>
public sealed class SlackBotNotifierTests : IDisposable
{
    private const string Posted = """{"ok":true,"channel":"C024BE91L","ts":"1503435956.000247","message":{"text":"x"}}""";
    private readonly string _token = Path.GetTempFileName();
    private readonly MemoryThreads _threads = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_token);

    [Fact]
    public async Task Incident_ThroughItsRevisions_IsOneMessageThatChanges_WithAReplyForEach()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(200, Posted));
        var notifier = await NotifierAsync(receiver);

        Assert.Equal(new DeliveryResult.Delivered("ok, C024BE91L 1503435956.000247"), await SendAsync(notifier, Samples.Incident()));
        var first = await receiver.NextAsync();
        Assert.Equal(("/hook/chat.postMessage", "Bearer xoxb-1-token"), (first.Path, first.Headers.Authorization.ToString()));
        Assert.Equal(("C0", null, null), Place(first));

        // Worse: the message that is there changes, and the reply is shown in the channel too.
        Assert.IsType<DeliveryResult.Delivered>(await SendAsync(notifier, Samples.Incident() with { Revision = 2, Severity = Severity.Critical }));
        var (changed, replied) = (await receiver.NextAsync(), await receiver.NextAsync());
        Assert.Equal("/hook/chat.update", changed.Path);
        Assert.Equal(("C024BE91L", "1503435956.000247", null), Place(changed));
        Assert.Equal(("C024BE91L", null, "1503435956.000247"), Place(replied));
        Assert.Equal("true", Body(replied)["reply_broadcast"]!.ToJsonString());

        // Not worse: in the thread alone.
        await SendAsync(notifier, Samples.Incident() with { Revision = 3, Severity = Severity.Critical });
        await receiver.NextAsync();
        Assert.Null(Body(await receiver.NextAsync())["reply_broadcast"]);
        Assert.Equal(new ChatThread("bot", "inc-1", "C024BE91L", "1503435956.000247", 3, Severity.Critical), Assert.Single(_threads.All.Values));
    }

    /// <summary>A kill between the note and the mark sends a revision again; one that waited for long comes late.</summary>
    [Fact]
    public async Task Revision_ThatWasToldOrComesLate_ChangesNothing()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(200, Posted));
        var notifier = await NotifierAsync(receiver);
        await SendAsync(notifier, Samples.Incident() with { Revision = 2 });
        Assert.IsType<DeliveryResult.Delivered>(await SendAsync(notifier, Samples.Incident() with { Revision = 2 }));
        Assert.Equal(1, receiver.Count);
        Assert.IsType<DeliveryResult.Delivered>(await SendAsync(notifier, Samples.Incident() with { Revision = 1 }));
        await receiver.NextAsync();
        Assert.Equal("1503435956.000247", Place(await receiver.NextAsync()).Thread);
        Assert.Equal(2, _threads.All[("bot", "inc-1")].Revision);
    }

    [Theory]
    [InlineData("""{"ok":false,"error":"ratelimited"}""", "Retry", "ratelimited")]
    [InlineData("""{"ok":false,"error":"invalid_auth"}""", "Rejected", "invalid_auth")]
    [InlineData("""{"ok":false,"error":"x\u001b[0m"}""", "Rejected", "x\\x1B[0m")]
    [InlineData("""{"ok":true}""", "Rejected", "an answer without a message's id")]
    [InlineData("<html>", "Retry", "200 with what is no answer of Slack's API")]
    public async Task Answer_Of200_IsReadAndNotBelieved(string answer, string result, string words)
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(200, answer));
        var sent = await SendAsync(await NotifierAsync(receiver), Samples.Incident());
        Assert.Equal((result, words), (sent.GetType().Name, sent.Words));
        Assert.Empty(_threads.All);
    }

    [Fact]
    public async Task Message_ThatIsGone_IsBegunAnew()
    {
        await using var receiver = await Receiver.StartAsync(
            Receiver.Status(200, Posted), Receiver.Status(200, """{"ok":false,"error":"message_not_found"}"""), Receiver.Status(200, Posted.Replace("000247", "000999", StringComparison.Ordinal)));
        var notifier = await NotifierAsync(receiver);
        await SendAsync(notifier, Samples.Incident());
        Assert.IsType<DeliveryResult.Delivered>(await SendAsync(notifier, Samples.Incident() with { Revision = 2 }));
        Assert.Equal(("1503435956.000999", 2), (_threads.All[("bot", "inc-1")].Ts, _threads.All[("bot", "inc-1")].Revision));
    }

    [Fact]
    public async Task Text_OfAContainer_MentionsNobodyInAReply()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(200, Posted));
        var notifier = await NotifierAsync(receiver);
        await SendAsync(notifier, Samples.Incident());
        await SendAsync(notifier, Samples.Incident() with { Revision = 2, Title = "<!channel> *x* \u202e" });
        await receiver.NextAsync();
        await receiver.NextAsync();
        var reply = Body(await receiver.NextAsync());
        Assert.Equal("Update 2: HIGH · &lt;!channel&gt; *x* \\u{202E} · 2 pods", reply["text"]!.GetValue<string>());
        Assert.Equal(("plain_text", "none"), (reply["blocks"]![0]!["text"]!["type"]!.GetValue<string>(), reply["parse"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Thread_IsKeptInTheStoreAsLongAsItsIncident()
    {
        using var store = new TempStore();
        var thread = new ChatThread("bot", "i1", "C1", "1.2", 1, Severity.High);
        await store.Threads.SaveAsync(thread, Stop);
        await store.Threads.SaveAsync(thread with { Revision = 2 }, Stop);
        Assert.Equal(thread with { Revision = 2 }, await store.Threads.FindAsync("bot", "i1", Stop));
        Assert.Null(await store.Threads.FindAsync("other", "i1", Stop));
        await store.AddAsync(1, Storage.Sample.Exec());
        await store.Scopes.SaveAsync(
            Storage.Sample.Web.Id, new Collector.Scopes.ScopeRecord { Outcome = new([], [Storage.Sample.Incident("i1", Storage.Sample.Web.Id, state: IncidentState.Closed)], []) }, 0, Storage.Sample.Now, Stop);
        store.Time.Advance(store.Options.IncidentRetention + TimeSpan.FromDays(1));
        await store.Retention.PruneAsync(Stop);
        Assert.Null(await store.Threads.FindAsync("bot", "i1", Stop));
    }

    private async Task<SlackBotNotifier> NotifierAsync(Receiver receiver)
    {
        await File.WriteAllTextAsync(_token, "xoxb-1-token\n", Stop);
        return new SlackBotNotifier(
            new NotifierOptions { Name = "bot", Kind = NotifierKind.SlackBot, Url = receiver.Url, SecretFile = _token, Channel = "C0" }, new WebhookPost(WebhookPost.CreateClient(), TimeProvider.System), _threads);
    }

    private static Task<DeliveryResult> SendAsync(SlackBotNotifier notifier, Incident incident) => notifier.SendAsync(Samples.Delivery() with { Message = new AlertMessage(incident) }, Stop);

    private static JsonNode Body(Received received) => JsonNode.Parse(received.Body)!;

    private static (string? Channel, string? Ts, string? Thread) Place(Received received) =>
        (Body(received)["channel"]?.GetValue<string>(), Body(received)["ts"]?.GetValue<string>(), Body(received)["thread_ts"]?.GetValue<string>());
}
