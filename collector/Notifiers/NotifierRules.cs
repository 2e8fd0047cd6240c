using System.ComponentModel.DataAnnotations;
using System.Net;
using MimeKit;

namespace Runtime.Collector.Notifiers;

/// <summary>What one notifier's settings must be, by kind. No fault repeats an address or a secret.</summary>
internal static class NotifierRules
{
    private const int MostAddressees = 32;

    /// <summary>All of them, in the order in which settings.md lists the keys.</summary>
    public static IEnumerable<ValidationResult> FaultsOf(NotifierOptions options)
    {
        var address = options.Kind is NotifierKind.Syslog or NotifierKind.Email ? ServerFault(options) : AddressFault(options);
        if (address is not null)
        {
            yield return address;
        }

        if (SecretFault(options) is { } secret)
        {
            yield return new(secret, [nameof(options.SecretFile)]);
        }

        if (options.CaFile.Length > 0 && ReceiverTrust.Fault(options.CaFile) is { } authority)
        {
            yield return new(authority, [nameof(options.CaFile)]);
        }

        if ((options.Kind == NotifierKind.SlackBot ? options.Channel.Length > 0 : options.Channel.Length == 0) is false)
        {
            yield return new(options.Kind == NotifierKind.SlackBot ? "must be set: the channel's id, such as C0123456789" : "is for SlackBot", [nameof(options.Channel)]);
        }

        foreach (var fault in MailFaults(options))
        {
            yield return fault;
        }

        if (FormatFault(options) is { } format)
        {
            yield return new(format, [nameof(options.Format)]);
        }

        if (options.Digest == true && (options.Kind is NotifierKind.PagerDuty or NotifierKind.Alertmanager or NotifierKind.Syslog or NotifierKind.OpenTelemetry || options.Format is PayloadFormat.Ocsf or PayloadFormat.Ecs))
        {
            yield return new($"cannot be true: {(options.Kind == NotifierKind.Webhook ? $"the format {options.Format}" : options.Kind)} takes alerts only", [nameof(options.Digest)]);
        }

        if (options.DigestAt.Length > 0 && !options.WantsDigest)
        {
            yield return new("is for who gets the digest; set Digest too", [nameof(options.DigestAt)]);
        }
    }

    /// <summary>Null when the address may be used. Never repeats the address.</summary>
    public static string? UrlFault(string text, bool allowInsecure)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp) || url.Host.Length == 0)
        {
            return "must be an address such as https://hooks.example.org/path";
        }

        return url.Scheme == Uri.UriSchemeHttp && !IsLoopback(url) && !allowInsecure
            ? $"goes to {url.Host} without encryption; use https, or set AllowInsecure" : null;
    }

    public static bool IsLoopback(Uri url) =>
        url.Host == "localhost" || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static ValidationResult? AddressFault(NotifierOptions options)
    {
        if (options.Url.Length + options.UrlFile.Length == 0)
        {
            return options.DefaultUrl.Length > 0 ? null : new("must be set (or Url)", [nameof(options.UrlFile)]);
        }

        if (options.Url.Length > 0)
        {
            return options.UrlFile.Length > 0 ? new("is set beside Url; set one of the two", [nameof(options.UrlFile)])
                : UrlFault(options.Url, options.AllowInsecure) is { } fault ? new(fault, [nameof(options.Url)]) : null;
        }

        var words = SecretFiles.TryRead(options.UrlFile, out var url, out var unread) ? UrlFault(url, options.AllowInsecure) is { } bad ? "its content " + bad : null : unread;
        return words is null ? null : new(words, [nameof(options.UrlFile)]);
    }

    /// <summary>Of a kind whose address is no secret.</summary>
    private static ValidationResult? ServerFault(NotifierOptions options) =>
        options.UrlFile.Length > 0 ? new("is for kinds whose address is a secret; set Url", [nameof(options.UrlFile)])
        : (options.Kind == NotifierKind.Syslog ? SyslogNotifier.UrlFault(options.Url, options.AllowInsecure) : EmailNotifier.UrlFault(options.Url)) is { } fault
            ? new(fault, [nameof(options.Url)]) : null;

    private static string? SecretFault(NotifierOptions options) => options.Kind switch
    {
        NotifierKind.Slack or NotifierKind.Teams => options.SecretFile.Length > 0 ? $"is for other kinds; the secret of {options.Kind} is its address" : null,
        NotifierKind.Syslog => options.SecretFile.Length > 0 ? "is for other kinds; Syslog has no secret" : null,
        NotifierKind.PagerDuty when options.SecretFile.Length == 0 => "must be set: it holds the routing key of the service's integration",
        NotifierKind.SlackBot when options.SecretFile.Length == 0 => "must be set: it holds the bot's token",
        NotifierKind.Webhook when options.SecretFile.Length == 0 => "must be set: requests are signed with it (make one: openssl rand -hex 32 > FILE)",
        _ when options.SecretFile.Length == 0 => null,
        _ => !SecretFiles.TryRead(options.SecretFile, out var secret, out var words) ? words
            : options.Kind == NotifierKind.Webhook && secret.Length < WebhookNotifier.ShortestKey ? $"must hold at least {WebhookNotifier.ShortestKey} bytes; it holds {secret.Length}"
            : options.Kind is not (NotifierKind.Webhook or NotifierKind.Email) && secret.AsSpan().ContainsAnyExceptInRange('!', '~') ? "must hold one word of ASCII, which goes into a header" : null,
    };

    private static string? FormatFault(NotifierOptions options) => (options.Kind, options.Format) switch
    {
        (_, PayloadFormat.Json) or (NotifierKind.Webhook or NotifierKind.Syslog, PayloadFormat.Ocsf or PayloadFormat.Ecs) => null,
        (NotifierKind.Webhook, PayloadFormat.CloudEvents) or (NotifierKind.Syslog, PayloadFormat.Cef) => null,
        (NotifierKind.Webhook, _) => "is for Syslog; Webhook has Json, Ocsf, Ecs, CloudEvents",
        (NotifierKind.Syslog, _) => "is for Webhook; Syslog has Json, Cef, Ocsf, Ecs",
        _ => "is for Webhook and Syslog; the other kinds have a form of their own",
    };

    private static IEnumerable<ValidationResult> MailFaults(NotifierOptions options)
    {
        if (options.Kind != NotifierKind.Email)
        {
            if (options.From.Length + options.To.Count + options.Username.Length > 0)
            {
                yield return new("and To and Username are for Email", [nameof(options.From)]);
            }

            yield break;
        }

        if (!IsMailbox(options.From))
        {
            yield return new("must be an address such as runtime@example.org", [nameof(options.From)]);
        }

        if (options.To.Count is 0 or > MostAddressees || !options.To.TrueForAll(IsMailbox))
        {
            yield return new($"must hold 1 to {MostAddressees} addresses such as soc@example.org", [nameof(options.To)]);
        }

        if (options.Username.Length > 0 != options.SecretFile.Length > 0)
        {
            yield return new("and SecretFile belong together: set both or neither", [nameof(options.Username)]);
        }
    }

    /// <summary>"soc@example.org" or "The team &lt;soc@example.org&gt;". The parser takes a bare word too, as mail within one machine has it.</summary>
    private static bool IsMailbox(string text) => MailboxAddress.TryParse(text, out var mailbox) && mailbox.Address.Contains('@', StringComparison.Ordinal);
}
