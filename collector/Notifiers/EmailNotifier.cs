using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Runtime.Collector.Configuration;

namespace Runtime.Collector.Notifiers;

/// <summary>Mail by SMTP: smtp://host:587 with STARTTLS, smtps://host:465 with TLS from the first byte. One connection a message.</summary>
internal sealed class EmailNotifier(NotifierOptions options, TimeProvider time) : INotifier
{
    public NotifierOptions Options => options;

    /// <returns>Null when it may be used.</returns>
    public static string? UrlFault(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "smtp" or "smtps" && url.Host.Length > 0 && url.UserInfo.Length == 0 && url.PathAndQuery is "" or "/"
            ? null : "must be an address such as smtp://mail.example.org:587 or smtps://mail.example.org:465";

    public async Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var (password, words) = ("", "");
        if (options.SecretFile.Length > 0 && !SecretFiles.TryRead(options.SecretFile, out password, out words))
        {
            return new DeliveryResult.Retry(null, $"SecretFile {words}");
        }

        if (!ReceiverTrust.TryPolicy(options.CaFile, out var trust, out words))
        {
            return new DeliveryResult.Retry(null, $"CaFile {words}");
        }

        var url = new Uri(options.Url);
        using var mail = EmailMessage.From(delivery, options, time.GetUtcNow());
        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var client = new PatientSmtpClient();
        if (trust is not null)
        {
            client.ServerCertificateValidationCallback = (_, certificate, chain, errors) => ReceiverTrust.Accepts(trust, certificate, chain, errors);
        }

        try
        {
            await client.ConnectAsync(url.Host, url.Port > 0 ? url.Port : url.Scheme == "smtps" ? 465 : 587, Security(url), both.Token);
            if (password.Length > 0)
            {
                await client.AuthenticateAsync(options.Username, password, both.Token);
            }

            var answer = PrintableText.Escape(await client.SendAsync(mail, both.Token));
            var refused = client.Refused.Length > 0 ? PrintableText.Escape($" (not to {client.Refused})") : "";
            return new DeliveryResult.Delivered(await SayGoodbyeAsync(client, both.Token) ? answer + refused : answer + refused + " (the connection broke before its end)");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DeliveryResult.Retry(null, $"no answer within {SettingText.Format(options.Timeout)}");
        }
        // 5yz: will not be taken however often it is sent (RFC 5321, 4.2.1).
        catch (SmtpCommandException e) when ((int)e.StatusCode >= 500)
        {
            return new DeliveryResult.Rejected(PrintableText.Escape($"{(int)e.StatusCode} {e.Message}"));
        }
        catch (Exception e) when (e is SmtpCommandException or ProtocolException or AuthenticationException or SslHandshakeException or NotSupportedException or SocketException or IOException)
        {
            return new DeliveryResult.Retry(null, PrintableText.Escape($"{url.Host}: {e.Message}"));
        }
    }

    /// <summary>The server has taken the mail (RFC 5321, 4.2.5): what happens to the connection from here on does not make us send it again.</summary>
    private static async Task<bool> SayGoodbyeAsync(SmtpClient client, CancellationToken limit)
    {
        try
        {
            await client.DisconnectAsync(quit: true, limit);
            return true;
        }
        catch (Exception e) when (e is SmtpCommandException or ProtocolException or SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>On this machine, and where the settings allow it, a server without TLS will do.</summary>
    private SecureSocketOptions Security(Uri url) =>
        url.Scheme == "smtps" ? SecureSocketOptions.SslOnConnect
        : NotifierRules.IsLoopback(url) || options.AllowInsecure ? SecureSocketOptions.StartTlsWhenAvailable
        : SecureSocketOptions.StartTls;
}
