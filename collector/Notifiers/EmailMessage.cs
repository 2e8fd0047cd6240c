using MimeKit;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Notifiers;

/// <summary>An incident or a digest as a mail of plain text. Revisions of an incident are one thread; text from containers cannot begin a header or a line.</summary>
internal static class EmailMessage
{
    private const int SubjectLimit = 200;
    private const string Domain = "runtime.invalid";

    /// <exception cref="ParseException">An address that is none: the settings were checked.</exception>
    public static MimeMessage From(Delivery delivery, NotifierOptions options, DateTimeOffset now)
    {
        var mail = new MimeMessage { Date = now, MessageId = $"{Key(delivery.IdempotencyKey)}@{Domain}" };
        mail.From.Add(MailboxAddress.Parse(options.From));
        mail.To.AddRange(options.To.Select(MailboxAddress.Parse));
        // Whoever answers mail by a program leaves this alone (RFC 3834).
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        switch (delivery.Message)
        {
            case AlertMessage { Incident: var incident }:
                mail.Subject = DisplayText.Shorten(PrintableText.Escape($"[{AlertWords.Severity(incident.Severity)}] {incident.Title}"), SubjectLimit);
                mail.References.Add($"{Key(incident.Id)}.incident@{Domain}");
                mail.Body = new TextPart("plain") { Text = Text(incident) };
                break;
            case DigestMessage { Digest: var digest }:
                mail.Subject = DisplayText.Shorten(PrintableText.Escape($"Daily digest{(digest.Cluster.Length > 0 ? " of " + digest.Cluster : "")}: {DisplayText.Plural(digest.Lines.Count + digest.More, "incident")} that did not alert"), SubjectLimit);
                mail.Body = new TextPart("plain") { Text = Text(digest) };
                break;
        }

        return mail;
    }

    private static string Text(Incident incident)
    {
        var scope = Scope.Parse(incident.ScopeId);
        return string.Join('\n', [
            PrintableText.Escape(incident.Title),
            "",
            $"Workload:   {PrintableText.Escape(scope.DisplayName)}{(scope.Cluster.Length > 0 ? $" in {PrintableText.Escape(scope.Cluster)}" : "")}",
            $"Severity:   {AlertWords.Severity(incident.Severity)}{(incident.Revision > 1 ? $", update {incident.Revision}" : "")}",
            $"First seen: {AlertWords.Time(incident.FirstSeen)}",
            $"Pods:       {PrintableText.Escape(AlertWords.List(incident.Pods, 10))}",
            $"Nodes:      {PrintableText.Escape(AlertWords.List(incident.Nodes, 10))}",
            $"Images:     {PrintableText.Escape(AlertWords.List(incident.Images, 10))}",
            $"ATT&CK:     {AlertWords.List(incident.Techniques, 10)}",
            "",
            "Why it is odd:",
            .. incident.Evidence.Select(evidence => $"- {PrintableText.Escape(evidence.Reason)} ({AlertWords.Factor(evidence.Factor)})"),
            "",
            PrintableText.Escape(incident.ProcessTree, keepNewlines: true),
            "",
            $"Look further: {AlertWords.Command(incident)}",
            "",
        ]);
    }

    private static string Text(Digest digest) => string.Join('\n', [
        $"From {AlertWords.Time(digest.Since)} to {AlertWords.Time(digest.Until)}, the strongest evidence first. None needs you at once.",
        "",
        .. digest.Lines.Select((line, i) =>
            $"{i + 1}. {PrintableText.Escape(Scope.Parse(line.ScopeId).DisplayName)}: {PrintableText.Escape(line.Title)}\n   evidence {AlertWords.Number(line.EValue)}, alerts from {AlertWords.Number(line.Threshold)}; {AlertWords.Command(line.IncidentId)}"),
        "",
        digest.More > 0 ? $"{digest.More} weaker. " : "",
        "Look further: runtimectl digest",
        "",
    ]);

    /// <summary>A key may hold what an id may not ('/', letters of other scripts).</summary>
    private static string Key(string key) =>
        string.Join('.', string.Concat(key.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-' ? letter : '.')).Split('.', StringSplitOptions.RemoveEmptyEntries));
}
