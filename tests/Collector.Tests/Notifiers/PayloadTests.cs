using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

/// <summary>Each format against what its published schema asks for.</summary>
public sealed class PayloadTests : IDisposable
{
    private static readonly Incident Incident = Samples.Incident() with
    {
        Kinds = ["exec"], Labels = new Dictionary<string, string> { ["team"] = "checkout", ["app.kubernetes.io/name"] = "web" }, EValue = double.PositiveInfinity, Title = "x\u001b]0;\u202ey\"<b>",
    };

    private readonly string _key = Path.GetTempFileName();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_key);

    /// <summary>Required by events/base_event, finding, detection_finding and the objects below them, with the types of OCSF's dictionary.</summary>
    [Fact]
    public void Ocsf_HasWhatADetectionFindingMustHave()
    {
        var made = Of(PayloadFormat.Ocsf);
        foreach (var (path, value) in new (string, object)[]
        {
            ("class_uid", 2004), ("category_uid", 2), ("activity_id", 1), ("type_uid", 200401), ("severity_id", 4), ("status_id", 1), ("metadata.version", "1.3.0"), ("metadata.product.vendor_name", "Runtime"),
            ("finding_info.uid", "inc-1"), ("finding_info.title", Incident.Title), ("finding_info.attacks.0.technique.uid", "T1496"), ("resources.0.uid", Incident.ScopeId), ("resources.0.labels.0", "team=checkout"),
            ("message", Incident.Title), ("count", 41), ("unmapped.e_value", "∞"), ("evidences.1.data.reason", "its parent faces the network"),
        })
        {
            Assert.Equal($"{path} {value}", $"{path} {At(made, path)}");
        }

        // timestamp_t is milliseconds since 1970; is_alert is a boolean.
        Assert.Equal(Incident.LastSeen.ToUnixTimeMilliseconds(), (long)At(made, "time"));
        Assert.Equal(Incident.FirstSeen.ToUnixTimeMilliseconds(), (long)At(made, "finding_info.first_seen_time"));
        Assert.Equal(JsonValueKind.True, At(made, "is_alert").GetValueKind());
        // Constraint of objects/attack.json and objects/evidences.json: at least one of theirs.
        Assert.All(At(made, "finding_info.attacks").AsArray(), attack => Assert.NotNull(attack!["technique"]));
        Assert.All(At(made, "evidences").AsArray(), evidence => Assert.NotNull(evidence!["data"]));
        Assert.Equal("2 200402", $"{At(Of(PayloadFormat.Ocsf, Incident with { Revision = 2 }), "activity_id")} {At(Of(PayloadFormat.Ocsf, Incident with { Revision = 2 }), "type_uid")}");
    }

    /// <summary>The core fields, and values that event.kind, event.category and event.type allow (elastic.co/guide/en/ecs/8.11).</summary>
    [Fact]
    public void Ecs_IsAnAlertOfIntrusionDetection()
    {
        var made = Of(PayloadFormat.Ecs);
        foreach (var (path, value) in new (string, object)[]
        {
            ("@timestamp", "2025-11-03T10:00:03.000Z"), ("ecs.version", "8.11.0"), ("message", Incident.Title), ("event.kind", "alert"), ("event.category.0", "intrusion_detection"), ("event.type.0", "info"),
            ("event.id", "inc-1"), ("event.severity", 4), ("event.risk_score", 73), ("threat.technique.id.1", "T1059.004"), ("orchestrator.cluster.name", "prod"), ("orchestrator.namespace", "shop"),
            ("orchestrator.resource.name", "web"), ("container.image.name.0", "docker.io/library/nginx:1.27"), ("host.name.0", "node-1"), ("runtime.pods.1", "web-7d9-b"), ("labels.app_kubernetes_io/name", "web"),
        })
        {
            Assert.Equal($"{path} {value}", $"{path} {At(made, path)}");
        }

        var host = Of(PayloadFormat.Ecs, Incident with { ScopeId = "prod/-/Host/node-1/-", Containers = [], Images = [], Labels = new Dictionary<string, string>(), Techniques = [] });
        Assert.False(host.ContainsKey("orchestrator") || host.ContainsKey("container") || host.ContainsKey("labels") || host.ContainsKey("threat"));
    }

    /// <summary>Required context attributes of CloudEvents 1.0.2, and a time of RFC 3339.</summary>
    [Fact]
    public async Task CloudEvent_IsStructuredAndSigned_AndARepeatIsTheSameEvent()
    {
        await File.WriteAllTextAsync(_key, "0123456789abcdef0123456789abcdef", Stop);
        await using var receiver = await Receiver.StartAsync(Receiver.Status(500), Receiver.Status(200));
        var notifier = new WebhookNotifier(
            new NotifierOptions { Name = "hook", Kind = NotifierKind.Webhook, Url = receiver.Url, SecretFile = _key, Format = PayloadFormat.CloudEvents },
            new WebhookPost(WebhookPost.CreateClient(), new FakeTimeProvider(Samples.Now)), new FakeTimeProvider(Samples.Now));
        await notifier.SendAsync(Delivery(Incident), Stop);
        await notifier.SendAsync(Delivery(Incident) with { Attempts = 1 }, Stop);

        var (first, second) = (await receiver.NextAsync(), await receiver.NextAsync());
        Assert.Equal("application/cloudevents+json; charset=utf-8", first.Headers.ContentType);
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(WebhookNotifier.Sign("0123456789abcdef0123456789abcdef"u8.ToArray(), Samples.Now, first.Body), first.Headers[WebhookNotifier.SignatureHeader]);
        var made = JsonNode.Parse(first.Body)!.AsObject();
        foreach (var (path, value) in new (string, object)[]
        {
            ("specversion", "1.0"), ("id", "inc-1/1/chat"), ("source", "/runtime/prod"), ("type", "runtime.alert"), ("subject", "inc-1"), ("datacontenttype", "application/json"),
            ("time", "2025-11-03T10:00:03.000000Z"), ("data.schema", "runtime.alert/1"), ("data.incident.id", "inc-1"),
        })
        {
            Assert.Equal($"{path} {value}", $"{path} {At(made, path)}");
        }

        var digest = JsonNode.Parse(Payload.Of(Delivery(Incident) with { Message = new DigestMessage(Samples.Digest()) }, PayloadFormat.CloudEvents))!.AsObject();
        Assert.Equal(("runtime.digest", false), (digest["type"]!.GetValue<string>(), digest.ContainsKey("subject")));
    }

    [Theory]
    [InlineData(PayloadFormat.Json)]
    [InlineData(PayloadFormat.Ocsf)]
    [InlineData(PayloadFormat.Ecs)]
    [InlineData(PayloadFormat.CloudEvents)]
    public void Text_OfAContainer_IsOnlyEverAString(object format)
    {
        var body = Encoding.UTF8.GetString(Payload.Of(Delivery(Incident with { ProcessTree = "a\n\",\"forged\":{\"x\":\"\u0007" }), (PayloadFormat)format));
        Assert.DoesNotContain(body, letter => char.IsControl(letter) || letter == '\u202e');
        using var json = JsonDocument.Parse(body);
        Assert.DoesNotContain(Names(json.RootElement), name => name == "forged");
    }

    /// <summary>OTLP's JSON: 64-bit numbers as text, enums as numbers, one kind of value each.</summary>
    [Fact]
    public async Task OpenTelemetry_IsOneLogRecordOfOtlp()
    {
        await File.WriteAllTextAsync(_key, "token-of-otel\n", Stop);
        await using var receiver = await Receiver.StartAsync(Receiver.Status(200, "{}"));
        Assert.IsType<DeliveryResult.Delivered>(await OpenTelemetry(receiver).SendAsync(Delivery(Incident), Stop));
        var received = await receiver.NextAsync();
        Assert.Equal("Bearer token-of-otel", received.Headers.Authorization);
        var made = JsonNode.Parse(received.Body)!.AsObject();
        foreach (var (path, value) in new (string, object)[]
        {
            ("resourceLogs.0.resource.attributes.0.key", "service.name"), ("resourceLogs.0.resource.attributes.3.key", "k8s.deployment.name"), ("resourceLogs.0.resource.attributes.3.value.stringValue", "web"),
            ("resourceLogs.0.scopeLogs.0.logRecords.0.timeUnixNano", "1762164003000000000"), ("resourceLogs.0.scopeLogs.0.logRecords.0.severityNumber", 17),
            ("resourceLogs.0.scopeLogs.0.logRecords.0.severityText", "HIGH"), ("resourceLogs.0.scopeLogs.0.logRecords.0.body.stringValue", Incident.Title),
            ("resourceLogs.0.scopeLogs.0.logRecords.0.attributes.0.value.stringValue", "inc-1"), ("resourceLogs.0.scopeLogs.0.logRecords.0.attributes.1.value.intValue", "1"),
            ("resourceLogs.0.scopeLogs.0.logRecords.0.attributes.8.value.arrayValue.values.0.stringValue", "T1496"),
        })
        {
            Assert.Equal($"{path} {value}", $"{path} {At(made, path)}");
        }

        Assert.Equal(JsonValueKind.String, At(made, "resourceLogs.0.scopeLogs.0.logRecords.0.timeUnixNano").GetValueKind());
        Assert.Equal(JsonValueKind.String, At(made, "resourceLogs.0.scopeLogs.0.logRecords.0.attributes.1.value.intValue").GetValueKind());
    }

    [Theory]
    [InlineData("""{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}""", false)]
    [InlineData("""{"partialSuccess":{"rejectedLogRecords": 0, "errorMessage":"slow down"}}""", true)]
    [InlineData("""{"partialSuccess":{}}""", true)]
    [InlineData("""{"partialSuccess":{"errorMessage":"LONG","rejectedLogRecords":1}}""", false)]
    [InlineData("""{"note":"rejectedLogRecords"}""", true)]
    [InlineData("""["rejectedLogRecords"]""", true)]
    public async Task OpenTelemetry_ThatRefusedTheRecord_IsNotDelivered(string answer, bool isDelivered)
    {
        await File.WriteAllTextAsync(_key, "token-of-otel", Stop);
        await using var receiver = await Receiver.StartAsync(Receiver.Status(200, answer.Replace("LONG", new string('x', 1000), StringComparison.Ordinal)));
        Assert.Equal(isDelivered, await OpenTelemetry(receiver).SendAsync(Delivery(Incident), Stop) is DeliveryResult.Delivered);
    }

    /// <summary>Answers are logged, kept and shown to all who may ask.</summary>
    [Fact]
    public async Task Answer_ThatRepeatsTheSecretOrTheAddress_IsKeptWithoutThem()
    {
        await File.WriteAllTextAsync(_key, "token-of-otel", Stop);
        await using var receiver = await Receiver.StartAsync(Receiver.Status(401, "no such token token-of-otel at /hook/T0/B0/secret"));
        var directory = NotifierSetup.Create(
            [new NotifierOptions { Name = "otel", Kind = NotifierKind.OpenTelemetry, Url = receiver.Url + "/T0/B0/secret", SecretFile = _key }],
            new WebhookPost(WebhookPost.CreateClient(), TimeProvider.System), new MemoryThreads(), TimeProvider.System);
        Assert.Equal(new DeliveryResult.Rejected("401 no such token (secret) at (secret)"), await directory.All[0].SendAsync(Delivery(Incident), Stop));
    }

    /// <summary>200 characters of an answer are kept: the begin of a secret where it was cut is one too.</summary>
    [Theory]
    [InlineData("/T0/B0/0123456789abcdef0123", "no 0123456789abcdef0123 here", "no (secret) here")]
    [InlineData("/w?sig=0123456789abcdef0123&v=1", "bad sig 0123456789abcdef0123", "bad sig (secret)")]
    [InlineData("/x", "LONG token-of-otel", "LONG (secret)…")]
    public async Task Answer_ThatRepeatsAPartOfThem_IsKeptWithoutIt(string path, string answer, string kept)
    {
        // Cut after "token-of".
        var fill = new string('x', 200 - " token-of".Length);
        await File.WriteAllTextAsync(_key, "token-of-otel", Stop);
        await using var receiver = await Receiver.StartAsync(Receiver.Status(401, answer.Replace("LONG", fill, StringComparison.Ordinal)));
        var directory = NotifierSetup.Create(
            [new NotifierOptions { Name = "otel", Kind = NotifierKind.OpenTelemetry, Url = receiver.Url + path, SecretFile = _key }],
            new WebhookPost(WebhookPost.CreateClient(), TimeProvider.System), new MemoryThreads(), TimeProvider.System);
        Assert.Equal("401 " + kept.Replace("LONG", fill, StringComparison.Ordinal), (await directory.All[0].SendAsync(Delivery(Incident), Stop)).Words);
    }

    private OpenTelemetryNotifier OpenTelemetry(Receiver receiver) => new(
        new NotifierOptions { Name = "otel", Kind = NotifierKind.OpenTelemetry, Url = receiver.Url, SecretFile = _key }, new WebhookPost(WebhookPost.CreateClient(), TimeProvider.System), new FakeTimeProvider(Samples.Now));

    private static Delivery Delivery(Incident incident) => Samples.Delivery() with { Message = new AlertMessage(incident) };

    private static JsonObject Of(PayloadFormat format, Incident? incident = null) => JsonNode.Parse(Payload.Of(Delivery(incident ?? Incident), format))!.AsObject();

    /// <summary>"event.category.0"; a key with a dot is taken when the part alone is none.</summary>
    private static JsonNode At(JsonNode node, string path)
    {
        foreach (var part in path.Split('.'))
        {
            node = (node is JsonArray array ? array[int.Parse(part, null)] : node[part]) ?? throw new KeyNotFoundException($"{path} in {node}");
        }

        return node;
    }

    private static IEnumerable<string> Names(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Names(property.Value).Prepend(property.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Names),
        _ => [],
    };
}
