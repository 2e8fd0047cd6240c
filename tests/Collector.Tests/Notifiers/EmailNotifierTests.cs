using System.Net;
using System.Net.Sockets;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Tests.Security;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class EmailNotifierTests : IDisposable
{
    private const string Aiosmtpd = "/usr/lib/python3/dist-packages/aiosmtpd";
    private const string Missing = "python3-aiosmtpd is not installed (deploy/install-packages.sh tests)";
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-mail-").FullName;

    private static readonly NotifierOptions Options = new() { Name = "mail", Kind = NotifierKind.Email, From = "Runtime <runtime@example.org>", To = ["soc@example.org", "night@example.org"] };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Mail_OfAnIncident_SaysWhatAResponderNeeds()
    {
        using var mail = EmailMessage.From(Samples.Delivery(), Options, Samples.Now);
        Assert.Equal("[HIGH] nginx started /tmp/x, which is not in the image", mail.Subject);
        Assert.Equal(["soc@example.org", "night@example.org"], mail.To.Mailboxes.Select(mailbox => mailbox.Address));
        Assert.Equal(("inc-1.1.chat@runtime.invalid", "inc-1.incident@runtime.invalid"), (mail.MessageId, Assert.Single(mail.References)));
        foreach (var words in new[] { "Workload:   shop/web (app) in prod", "- the file was written after the container started (×500)", "  /tmp/x -o pool:3333", "Look further: runtimectl incidents show inc-1" })
        {
            Assert.Contains(words, mail.TextBody!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Text_OfAContainer_BeginsNoHeader()
    {
        var incident = Samples.Incident() with { Title = "x\r\nBcc: thief@example.org\r\n\r\nhello" };
        using var mail = EmailMessage.From(Samples.Delivery() with { Message = new AlertMessage(incident) }, Options, Samples.Now);
        using var written = new MemoryStream();
        mail.WriteTo(written, Stop);
        written.Position = 0;
        using var read = MimeKit.MimeMessage.Load(written, Stop);
        Assert.Equal(2, read.GetRecipients().Count);
        Assert.Equal(@"[HIGH] x\r\nBcc: thief@example.org\r\n\r\nhello", read.Subject);
    }

    [Theory]
    [InlineData("digest/../2026-04-25T07:00:00Z/mail", "digest.2026-04-25T07.00.00Z.mail@runtime.invalid")]
    [InlineData("/a...b>\r\n/", "a.b@runtime.invalid")]
    public void Id_OfAnyKey_IsOneOfRfc5322(string key, string id)
    {
        using var mail = EmailMessage.From(Samples.Delivery() with { IdempotencyKey = key }, Options, Samples.Now);
        Assert.Equal(id, mail.MessageId);
    }

    [Fact]
    public void Digest_IsAMailToo()
    {
        using var mail = EmailMessage.From(Samples.Delivery() with { Message = new DigestMessage(Samples.Digest()) }, Options, Samples.Now);
        Assert.Equal("Daily digest of prod: 6 incidents that did not alert", mail.Subject);
        Assert.Contains("1. shop/web (app): sh wrote /etc/cron.d/x\n   evidence 35, alerts from 20; runtimectl incidents show inc-1", mail.TextBody!.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    /// <summary>A real server takes it; one that is not there yet is tried again.</summary>
    [Fact]
    public async Task Server_TakesTheMail()
    {
        Assert.SkipUnless(Directory.Exists(Aiosmtpd), Missing);
        var port = RealServer.FreePort();
        var notifier = new EmailNotifier(With($"smtp://127.0.0.1:{port}"), TimeProvider.System);
        Assert.IsType<DeliveryResult.Retry>(await notifier.SendAsync(Samples.Delivery(), Stop));

        using var server = await RealServer.StartAsync("/usr/bin/python3", ["-u", "-m", "aiosmtpd", "-n", "-d", "-l", $"127.0.0.1:{port}"], "Server is listening");
        Assert.Equal(new DeliveryResult.Delivered("OK"), await notifier.SendAsync(Samples.Delivery(), Stop));
        foreach (var line in new[] { "Subject: [HIGH] nginx started /tmp/x, which is not in the image", "To: soc@example.org, night@example.org", "Look further: runtimectl incidents show inc-1" })
        {
            Assert.Equal(line, await server.LineAsync(line));
        }
    }

    /// <summary>STARTTLS with a certificate of our own authority: taken when CaFile names it, refused when it names another.</summary>
    [Fact]
    public async Task ServerWithTls_IsTrustedByCaFile()
    {
        Assert.SkipUnless(Directory.Exists(Aiosmtpd), Missing);
        using var authority = new TestAuthority("ours");
        using var other = new TestAuthority("another");
        using var certificate = authority.Server();
        TestAuthority.Write(InFolder("ca"), authority.Certificate);
        TestAuthority.Write(InFolder("other"), other.Certificate);
        TestAuthority.Write(InFolder("certificate"), certificate);
        TestAuthority.WriteKey(InFolder("key"), certificate);
        var port = RealServer.FreePort();
        using var server = await RealServer.StartAsync(
            "/usr/bin/python3", ["-u", "-m", "aiosmtpd", "-n", "-d", "-l", $"127.0.0.1:{port}", "--tlscert", InFolder("certificate"), "--tlskey", InFolder("key")], "Server is listening");

        var strange = await new EmailNotifier(With($"smtp://127.0.0.1:{port}", InFolder("other")), TimeProvider.System).SendAsync(Samples.Delivery(), Stop);
        Assert.Contains("certificate", Assert.IsType<DeliveryResult.Retry>(strange).Words, StringComparison.Ordinal);
        Assert.IsType<DeliveryResult.Delivered>(await new EmailNotifier(With($"smtp://127.0.0.1:{port}", InFolder("ca")), TimeProvider.System).SendAsync(Samples.Delivery(), Stop));
    }

    [Theory]
    [InlineData("550 5.7.1 no", true)]
    [InlineData("451 4.3.0 later", false)]
    public async Task Refusal_IsFinalOrNot_ByItsCode(string answer, bool isFinal)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, answer);
        var result = await new EmailNotifier(With($"smtp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), TimeProvider.System).SendAsync(Samples.Delivery(), Stop);
        await serving;
        Assert.Equal(isFinal, result is DeliveryResult.Rejected);
        Assert.Equal(!isFinal, result is DeliveryResult.Retry);
    }

    /// <summary>One address that is gone must not keep an alert from the others; all of them are a refusal.</summary>
    [Theory]
    [InlineData("RCPT TO:<soc", "550 5.1.1 gone", "250 taken (not to soc@example.org: 550 5.1.1 gone)")]
    [InlineData("RCPT TO:<soc", "451 4.7.1 greylisted", null)]
    [InlineData("RCPT", "550 5.1.1 gone", "550 soc@example.org: 550 5.1.1 gone; night@example.org: 550 5.1.1 gone")]
    public async Task Addressee_ThatIsGone_KeepsTheMailFromNobodyElse(string command, string answer, string? words)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, line =>
            line.StartsWith(command, StringComparison.Ordinal) ? answer : line.StartsWith("DATA", StringComparison.Ordinal) ? "354 go on" : line == "." ? "250 250 taken" : line.StartsWith("QUIT", StringComparison.Ordinal) ? "221 bye" : "250 ok");
        var result = await new EmailNotifier(With($"smtp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), TimeProvider.System).SendAsync(Samples.Delivery(), Stop);
        await serving;
        Assert.Equal(words is null, result is DeliveryResult.Retry);
        Assert.Equal(words?.StartsWith("250", StringComparison.Ordinal) == true, result is DeliveryResult.Delivered);
        Assert.Contains(words ?? "greylisted", result.Words, StringComparison.Ordinal);
    }

    /// <summary>Says what a server says up to the sender's address, which it answers as told (RFC 5321).</summary>
    private static Task ServeAsync(TcpListener listener, string toSender) => ServeAsync(
        listener, line => line.StartsWith("EHLO", StringComparison.Ordinal) ? "250 mail.example.org" : line.StartsWith("MAIL", StringComparison.Ordinal) ? toSender : "221 bye");

    private static async Task ServeAsync(TcpListener listener, Func<string, string> answers)
    {
        using var client = await listener.AcceptTcpClientAsync(Stop);
        using var reader = new StreamReader(client.GetStream());
        await using var writer = new StreamWriter(client.GetStream()) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 mail.example.org ESMTP");
        var isData = false;
        while (await reader.ReadLineAsync(Stop) is { } line)
        {
            // Of the mail itself only its end is answered.
            if (!isData || line == ".")
            {
                var said = answers(line);
                isData = said.StartsWith("354", StringComparison.Ordinal);
                await writer.WriteLineAsync(said);
            }
        }
    }

    private string InFolder(string name) => Path.Combine(_folder, name);

    private static NotifierOptions With(string url, string authorities = "") => new() { Name = Options.Name, Kind = Options.Kind, From = Options.From, To = Options.To, Url = url, CaFile = authorities };
}
