using MailKit.Net.Smtp;
using MimeKit;

namespace Runtime.Collector.Notifiers;

/// <summary>Sends to those whom the server takes: an address that is gone for good (5yz) must not keep an alert from the others.</summary>
internal sealed class PatientSmtpClient : SmtpClient
{
    // Bounded by NotifierRules.MostAddressees.
    private readonly List<string> _refused = [];

    /// <summary>Whom the server will never take, with its words; empty when there is nobody.</summary>
    public string Refused => string.Join("; ", _refused);

    protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
    {
        // One that is taken later is worth another attempt for all.
        if ((int)response.StatusCode < 500)
        {
            base.OnRecipientNotAccepted(message, mailbox, response);
        }

        _refused.Add($"{mailbox.Address}: {(int)response.StatusCode} {response.Response}");
    }

    protected override void OnNoRecipientsAccepted(MimeMessage message) =>
        throw new SmtpCommandException(SmtpErrorCode.RecipientNotAccepted, SmtpStatusCode.MailboxUnavailable, Refused);
}
