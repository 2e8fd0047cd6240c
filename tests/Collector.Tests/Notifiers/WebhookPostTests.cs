using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class WebhookPostTests
{
    private static readonly HttpClient Client = WebhookPost.CreateClient();

    [Theory]
    [InlineData(200, "ok", typeof(DeliveryResult.Delivered))]
    [InlineData(202, "", typeof(DeliveryResult.Delivered))]
    [InlineData(204, null, typeof(DeliveryResult.Delivered))]
    [InlineData(400, "invalid_blocks", typeof(DeliveryResult.Rejected))]
    [InlineData(401, "", typeof(DeliveryResult.Rejected))]
    [InlineData(404, "no_service", typeof(DeliveryResult.Rejected))]
    [InlineData(408, "", typeof(DeliveryResult.Retry))]
    [InlineData(410, "channel_is_archived", typeof(DeliveryResult.Rejected))]
    [InlineData(429, "", typeof(DeliveryResult.Retry))]
    [InlineData(500, "oops", typeof(DeliveryResult.Retry))]
    [InlineData(502, "", typeof(DeliveryResult.Retry))]
    [InlineData(503, "", typeof(DeliveryResult.Retry))]
    public async Task Answer_OfEachClass_DecidesTheDelivery(int status, string? body, Type expected)
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(status, body));

        var result = await SendAsync(receiver.Url);

        Assert.IsType(expected, result);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{status}"), result.Words, StringComparison.Ordinal);
        Assert.Contains(body ?? "", result.Words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "120", 120)]
    [InlineData(503, "7", 7)]
    [InlineData(429, "99999999", 3600)]
    [InlineData(429, "0", 0)]
    [InlineData(429, "Mon, 03 Nov 2025 10:00:30 GMT", 30)]
    [InlineData(503, "Mon, 03 Nov 2025 09:00:00 GMT", 0)]
    [InlineData(503, "Mon, 03 Nov 2036 09:00:00 GMT", 3600)]
    [InlineData(429, "soon", null)]
    [InlineData(429, "-5", null)]
    [InlineData(500, "120", null)]
    public async Task RetryAfter_InBothForms_IsBoundedToAnHour(int status, string header, int? seconds)
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(status, "", header));

        var result = await SendAsync(receiver.Url);

        var retry = Assert.IsType<DeliveryResult.Retry>(result);
        Assert.Equal(seconds, (int?)retry.After?.TotalSeconds);
    }

    [Fact]
    public async Task Receiver_ThatHangs_IsLeftAtTheTimeLimit()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Hang);

        var result = await SendAsync(receiver.Url, timeout: TimeSpan.FromMilliseconds(300), time: TimeProvider.System);

        Assert.Equal(new DeliveryResult.Retry(null, "no answer within 300ms"), result);
        Assert.Equal(1, receiver.Count);
    }

    [Fact]
    public async Task Receiver_WhoseBodyNeverEnds_HasTakenTheAlertAll_TheSame()
    {
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            context.Response.StatusCode = 200;
            await context.Response.Body.WriteAsync("ok"u8.ToArray());
            await context.Response.Body.FlushAsync();
            await Receiver.Hang(context);
        });

        var result = await SendAsync(receiver.Url, timeout: TimeSpan.FromMilliseconds(500), time: TimeProvider.System);

        Assert.Equal(new DeliveryResult.Delivered("200 ok"), result);
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        await using var other = await Receiver.StartAsync();
        await using var receiver = await Receiver.StartAsync(context =>
        {
            context.Response.Redirect(other.Url);
            return Task.CompletedTask;
        });

        var result = await SendAsync(receiver.Url);

        Assert.Contains("302", Assert.IsType<DeliveryResult.Rejected>(result).Words, StringComparison.Ordinal);
        Assert.Equal(0, other.Count);
    }

    [Fact]
    public async Task Connection_Refused_IsTriedAgain()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();

        var result = await SendAsync($"http://127.0.0.1:{port}/secret-path");

        var words = Assert.IsType<DeliveryResult.Retry>(result).Words;
        Assert.Contains("refused", words, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-path", words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("this is not HTTP\r\n\r\n")]
    [InlineData("HTTP/1.1 2OO ok\r\n\r\n")]
    [InlineData("")]
    public async Task Answer_ThatIsNotHttp_IsTriedAgain(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(
            async () =>
            {
                using var connection = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                var stream = connection.GetStream();
                _ = await stream.ReadAsync(new byte[4096], TestContext.Current.CancellationToken);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
            },
            TestContext.Current.CancellationToken);

        var result = await SendAsync($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        await serving;

        Assert.IsType<DeliveryResult.Retry>(result);
    }

    [Fact]
    public async Task Answer_LongAndWithControlCharacters_IsCutAndEscaped()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Status(400, "\u001b[2J\u202e" + new string('x', 100_000)));

        var words = (await SendAsync(receiver.Url)).Words;

        Assert.StartsWith("400 \\x1B[2J\\u{202E}xxx", words, StringComparison.Ordinal);
        Assert.InRange(words.Length, 200, 230);
    }

    [Fact]
    public async Task Request_IsJsonWithItsKey()
    {
        await using var receiver = await Receiver.StartAsync();

        await SendAsync(receiver.Url);

        var request = await receiver.NextAsync();
        Assert.Equal("application/json; charset=utf-8", request.Headers.ContentType);
        Assert.Equal("key-1", request.Headers["Idempotency-Key"]);
        Assert.Equal("{}", Encoding.UTF8.GetString(request.Body));
    }

    [Fact]
    public async Task UrlFile_ThatChanges_IsReadAgain()
    {
        await using var first = await Receiver.StartAsync();
        await using var second = await Receiver.StartAsync();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, first.Url + "\n", TestContext.Current.CancellationToken);
            var options = new NotifierOptions { Name = "chat", Kind = NotifierKind.Slack, UrlFile = file };
            await SendAsync(options, TimeProvider.System);
            await File.WriteAllTextAsync(file, second.Url, TestContext.Current.CancellationToken);
            await SendAsync(options, TimeProvider.System);
            File.Delete(file);
            var result = await SendAsync(options, TimeProvider.System);

            Assert.Equal((1, 1), (first.Count, second.Count));
            Assert.Equal(new DeliveryResult.Retry(null, "UrlFile does not exist"), result);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Task<DeliveryResult> SendAsync(string url, TimeSpan? timeout = null, TimeProvider? time = null) =>
        SendAsync(new NotifierOptions { Name = "chat", Kind = NotifierKind.Slack, Url = url, Timeout = timeout ?? TimeSpan.FromSeconds(10) }, time ?? new FakeTimeProvider(Samples.Now));

    private static Task<DeliveryResult> SendAsync(NotifierOptions options, TimeProvider time) =>
        new WebhookPost(Client, time).SendAsync(options, "key-1", "{}"u8.ToArray(), _ => { }, TestContext.Current.CancellationToken);
}
