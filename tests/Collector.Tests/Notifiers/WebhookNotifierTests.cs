using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class WebhookNotifierTests : IDisposable
{
    private readonly string _secretFile = Path.GetTempFileName();

    public void Dispose() => File.Delete(_secretFile);

    // openssl: printf '1762164000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
    [Fact]
    public void Sign_OfAKnownBody_EqualsOpenssl() =>
        Assert.Equal(
            "t=1762164000,v1=a188dd1e8022787762167f96ef8361ef18ca912186200a261c482c95566a3102",
            WebhookNotifier.Sign("0123456789abcdef"u8.ToArray(), Samples.Now, """{"a":1}"""u8));

    [Fact]
    public async Task Request_AsAReceiverChecksIt_Verifies()
    {
        await File.WriteAllTextAsync(_secretFile, "0123456789abcdef\n", TestContext.Current.CancellationToken);
        await using var receiver = await Receiver.StartAsync();

        var result = await SendAsync(receiver, Samples.Delivery());
        await File.WriteAllTextAsync(_secretFile, "another key of enough bytes", TestContext.Current.CancellationToken);
        await SendAsync(receiver, Samples.Delivery());

        Assert.IsType<DeliveryResult.Delivered>(result);
        var (before, after) = (await receiver.NextAsync(), await receiver.NextAsync());
        Assert.True(Verifies(before, "0123456789abcdef"));
        Assert.False(Verifies(before with { Body = [.. before.Body, (byte)' '] }, "0123456789abcdef"));
        Assert.True(Verifies(after, "another key of enough bytes"));
        Assert.False(Verifies(after, "0123456789abcdef"));
    }

    [Fact]
    public async Task Body_OfAnIncident_IsTheDocumentedSchema()
    {
        await File.WriteAllTextAsync(_secretFile, "0123456789abcdef", TestContext.Current.CancellationToken);
        await using var receiver = await Receiver.StartAsync();

        await SendAsync(receiver, Samples.Delivery() with { Message = new AlertMessage(Samples.Incident() with { EValue = double.PositiveInfinity, Title = "a\u001b[0mb" }) });

        using var json = JsonDocument.Parse((await receiver.NextAsync()).Body);
        var root = json.RootElement;
        Assert.Equal("runtime.alert/1", root.GetProperty("schema").GetString());
        Assert.Equal("inc-1/1/chat", root.GetProperty("idempotencyKey").GetString());
        Assert.False(root.GetProperty("test").GetBoolean());
        Assert.Equal("runtimectl incidents show inc-1", root.GetProperty("command").GetString());
        Assert.Equal("Deployment", root.GetProperty("scope").GetProperty("ownerKind").GetString());
        var incident = root.GetProperty("incident");
        Assert.Equal("High", incident.GetProperty("severity").GetString());
        Assert.Equal("Infinity", incident.GetProperty("eValue").GetString());
        Assert.Equal("a\u001b[0mb", incident.GetProperty("title").GetString());
        Assert.Equal(500, incident.GetProperty("evidence")[0].GetProperty("factor").GetDouble());
        Assert.Equal(41, incident.GetProperty("count").GetInt32());
        Assert.Equal("2025-11-03T10:00:00+00:00", incident.GetProperty("firstSeen").GetString());
    }

    [Fact]
    public async Task Body_OfADigest_IsTheDocumentedSchemaAndVerifies()
    {
        await File.WriteAllTextAsync(_secretFile, "0123456789abcdef", TestContext.Current.CancellationToken);
        await using var receiver = await Receiver.StartAsync();

        await SendAsync(receiver, Samples.Delivery() with { IdempotencyKey = "digest/prod/2025-11-03T07:00:00.000000Z/chat", Message = new DigestMessage(Samples.Digest()) });

        var request = await receiver.NextAsync();
        Assert.True(Verifies(request, "0123456789abcdef"));
        Assert.Equal("digest/prod/2025-11-03T07:00:00.000000Z/chat", request.Headers["Idempotency-Key"]);
        using var json = JsonDocument.Parse(request.Body);
        var root = json.RootElement;
        Assert.Equal(
            ["schema", "idempotencyKey", "notifier", "cluster", "since", "until", "lines", "more", "quiet", "command"], root.EnumerateObject().Select(property => property.Name));
        Assert.Equal("runtime.digest/1", root.GetProperty("schema").GetString());
        Assert.Equal(("prod", "2025-11-03T07:00:00+00:00", 4, 11, "runtimectl digest"),
            (root.GetProperty("cluster").GetString(), root.GetProperty("until").GetString(), root.GetProperty("more").GetInt32(), root.GetProperty("quiet").GetInt32(), root.GetProperty("command").GetString()));
        var line = root.GetProperty("lines")[0];
        Assert.Equal(
            ["incidentId", "title", "severity", "eValue", "threshold", "delayed", "new", "scope", "pods", "podCount", "firstSeen", "lastSeen", "count", "command"],
            line.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("inc-1", "Medium", 35, 20, true, true), (
            line.GetProperty("incidentId").GetString(), line.GetProperty("severity").GetString(), line.GetProperty("eValue").GetDouble(), line.GetProperty("threshold").GetDouble(),
            line.GetProperty("delayed").GetBoolean(), line.GetProperty("new").GetBoolean()));
        Assert.Equal(("Deployment", "shop/web (app)"), (line.GetProperty("scope").GetProperty("ownerKind").GetString(), line.GetProperty("scope").GetProperty("displayName").GetString()));
        Assert.False(root.GetProperty("lines")[1].GetProperty("new").GetBoolean());
    }

    [Fact]
    public async Task SecretFile_Gone_IsTriedAgainAndNothingIsSentUnsigned()
    {
        await using var receiver = await Receiver.StartAsync();
        File.Delete(_secretFile);

        var result = await SendAsync(receiver, Samples.Delivery());

        Assert.Equal(new DeliveryResult.Retry(null, "SecretFile does not exist"), result);
        Assert.Equal(0, receiver.Count);
    }

    private Task<DeliveryResult> SendAsync(Receiver receiver, Delivery delivery)
    {
        var time = new FakeTimeProvider(Samples.Now);
        var options = new NotifierOptions { Name = "chat", Kind = NotifierKind.Webhook, Url = receiver.Url, SecretFile = _secretFile };
        return new WebhookNotifier(options, new WebhookPost(WebhookPost.CreateClient(), time), time).SendAsync(delivery, TestContext.Current.CancellationToken);
    }

    /// <summary>Written as a receiver would, without our code.</summary>
    private static bool Verifies(Received request, string key)
    {
        var parts = request.Headers[WebhookNotifier.SignatureHeader].ToString().Split(',').Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1]);
        var signed = Encoding.UTF8.GetBytes(parts["t"] + "." + Encoding.UTF8.GetString(request.Body));
        return CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), signed), Convert.FromHexString(parts["v1"]));
    }
}
