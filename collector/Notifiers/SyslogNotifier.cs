using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Runtime.Collector.Configuration;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// A syslog server over TCP (RFC 6587, octets counted), TLS (RFC 5425) or UDP (RFC 5426): syslog+tcp://host:601, syslog+tls://host:6514, syslog+udp://host:514. One connection a message.
/// </summary>
/// <remarks>Syslog answers nothing. Delivered means that the server's kernel took it and closed in turn (TCP, TLS), or that it was sent (UDP, where it may be lost and long ones cannot be sent).</remarks>
internal sealed class SyslogNotifier(NotifierOptions options, TimeProvider time) : INotifier
{
    /// <summary>What one datagram of UDP over IPv4 can hold.</summary>
    private const int LongestDatagram = 65_507;

    public NotifierOptions Options => options;

    /// <returns>Null when it may be used.</returns>
    public static string? UrlFault(string text, bool allowInsecure)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("syslog+tcp" or "syslog+tls" or "syslog+udp") || url.Host.Length == 0 || url.Port <= 0)
        {
            return "must be an address such as syslog+tls://logs.example.org:6514 (or syslog+tcp, syslog+udp)";
        }

        return url.Scheme != "syslog+tls" && !NotifierRules.IsLoopback(url) && !allowInsecure
            ? $"goes to {url.Host} without encryption; use syslog+tls, or set AllowInsecure" : null;
    }

    public async Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var alert = delivery.Message as AlertMessage ?? throw new UnreachableException("a digest was made for a notifier that wants none");
        var message = SyslogMessage.From(delivery, alert.Incident, options.Format, time.GetUtcNow());
        if (!ReceiverTrust.TryPolicy(options.CaFile, out var trust, out var words))
        {
            return new DeliveryResult.Retry(null, $"CaFile {words}");
        }

        var url = new Uri(options.Url);
        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return url.Scheme == "syslog+udp" ? await SendDatagramAsync(url, message, both.Token) : await SendStreamAsync(url, message, trust, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DeliveryResult.Retry(null, $"not taken within {SettingText.Format(options.Timeout)}");
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            return new DeliveryResult.Retry(null, PrintableText.Escape($"{url.Host}: {e.Message}"));
        }
    }

    private static async Task<DeliveryResult> SendDatagramAsync(Uri url, byte[] message, CancellationToken cancellationToken)
    {
        if (message.Length > LongestDatagram)
        {
            return new DeliveryResult.Rejected($"{message.Length} bytes do not fit into a datagram: use syslog+tcp or syslog+tls");
        }

        using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(url.Host, url.Port, cancellationToken);
        await socket.SendAsync(message, cancellationToken);
        return new DeliveryResult.Delivered($"sent {message.Length} bytes, which nobody acknowledges");
    }

    private static async Task<DeliveryResult> SendStreamAsync(Uri url, byte[] message, X509ChainPolicy? trust, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, cancellationToken);
        Stream stream = client.GetStream();
        if (url.Scheme == "syslog+tls")
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host, CertificateChainPolicy = trust }, cancellationToken);
            stream = tls;
        }

        await using (stream)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(message.Length.ToString(CultureInfo.InvariantCulture) + " "), cancellationToken);
            await stream.WriteAsync(message, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            if (stream is SslStream tls)
            {
                await tls.ShutdownAsync();
            }

            client.Client.Shutdown(SocketShutdown.Send);
            // The server closes in turn once it has read all; one that says something else is no syslog server.
            var said = await stream.ReadAsync(new byte[1], cancellationToken);
            return said == 0 ? new DeliveryResult.Delivered($"taken, {message.Length} bytes") : new DeliveryResult.Rejected("the server answered, which a syslog server does not");
        }
    }
}
