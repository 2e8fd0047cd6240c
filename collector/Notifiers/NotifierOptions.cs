using System.ComponentModel.DataAnnotations;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;

namespace Runtime.Collector.Notifiers;

internal enum NotifierKind
{
    Slack = 0,
    Webhook = 1,
    Teams = 2,
    PagerDuty = 3,
    Alertmanager = 4,
    Syslog = 5,
    Email = 6,
    OpenTelemetry = 7,
    SlackBot = 8,
}

/// <summary>One receiver of alerts.</summary>
internal sealed class NotifierOptions : IValidatableObject
{
    public const string Section = "Notifiers";

    /// <summary>How people and runtimectl call it; unique, 1 to 64 of the characters A-Z a-z 0-9 . _ -</summary>
    [RegularExpression("^[A-Za-z0-9._-]{1,64}$", ErrorMessage = "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -")]
    public required string Name { get; set; } = "";

    /// <summary>
    /// Slack: an incoming webhook of Slack (or of a chat that speaks its format). SlackBot: Slack by a bot's token, one thread for each incident. Webhook: JSON, signed. Teams: a workflow of Microsoft Teams that begins with a
    /// webhook. PagerDuty: its Events API v2. Alertmanager: the API v2 of Prometheus' Alertmanager.
    /// Syslog: RFC 5424. Email: mail by SMTP. OpenTelemetry: logs by OTLP over HTTP.
    /// </summary>
    public required NotifierKind? Kind { get; set; }

    /// <summary>File whose content is the address; PagerDuty and SlackBot have one of their own. Preferred where the address itself is a secret, as Slack's is. Read again at every delivery.</summary>
    public string UrlFile { get; set; } = "";

    /// <summary>The address itself, when UrlFile is not set: https, or http to this machine. Syslog: syslog+tls://host:6514, syslog+tcp or syslog+udp. Email: smtp://host:587 or smtps://host:465.</summary>
    [Secret]
    public string Url { get; set; } = "";

    /// <summary>
    /// File with a secret; a newline at its end is not part of it; read again at every delivery. Webhook: the key that signs every request, at least 16 bytes. PagerDuty: the routing key. SlackBot: the bot's token.
    /// Alertmanager and OpenTelemetry: a bearer token, where one is asked for. Email: the password of Username.
    /// </summary>
    public string SecretFile { get; set; } = "";

    /// <summary>
    /// File with certificates (PEM) of the authorities that may vouch for the receiver, in place of the system's. Read again for every connection.
    /// </summary>
    public string CaFile { get; set; } = "";

    /// <summary>SlackBot only: the channel's id (C0123456789), which the bot is a member of.</summary>
    public string Channel { get; set; } = "";

    /// <summary>Email only: who it is from, "Runtime &lt;runtime@example.org&gt;".</summary>
    public string From { get; set; } = "";

    /// <summary>Email only: whom it is to. 1 to 32 addresses.</summary>
    public List<string> To { get; set; } = [];

    /// <summary>Email only: who logs in at the server, with the password in SecretFile. Neither: nobody logs in.</summary>
    public string Username { get; set; } = "";

    /// <summary>
    /// Webhook and Syslog only: what is sent. Json: our own. Ocsf: a Detection Finding of OCSF. Ecs: an alert of the Elastic Common Schema. CloudEvents: our JSON in a CloudEvent,
    /// for Webhook. Cef: ArcSight's Common Event Format, for Syslog.
    /// </summary>
    public PayloadFormat Format { get; set; } = PayloadFormat.Json;

    /// <summary>What it is told of: what fits one of these. None: everything.</summary>
    public List<AlertFilter> For { get; set; } = [];

    /// <summary>It is told of what fits no notifier's For, beside what fits its own. A notifier without For is told of everything anyway.</summary>
    public bool Rest { get; set; }

    /// <summary>When it rests: what is not critical waits, and comes in order afterwards; so does the digest.</summary>
    public QuietHours Quiet { get; set; } = new();

    /// <summary>Incidents below it are not sent.</summary>
    public Severity MinimumSeverity { get; set; } = Severity.Low;

    /// <summary>
    /// Whether the daily digest is sent here too, whatever MinimumSeverity says. Not set: true for Slack, SlackBot, Teams and Email, which people read; false for Webhook, whose
    /// receiver has to know its schema, runtime.digest/1. PagerDuty, Alertmanager, OpenTelemetry, Syslog and the formats Ocsf and Ecs take none.
    /// </summary>
    public bool? Digest { get; set; }

    /// <summary>When the digest is sent here, in UTC, such as 09:00: the one that was made at Digest:At before. Not set: as soon as it is made.</summary>
    [RegularExpression("^(([01][0-9]|2[0-3]):[0-5][0-9])?$", ErrorMessage = "must be a time of day from 00:00 to 23:59, such as 09:00")]
    public string DigestAt { get; set; } = "";

    /// <summary>Longest wait for one attempt, from connecting to the end of the answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Allows http to another machine: alerts and the address then travel in the clear.</summary>
    public bool AllowInsecure { get; set; }

    /// <summary>Names are compared without case: they are told apart by people.</summary>
    public static void CheckNames(IReadOnlyList<NotifierOptions> all, SettingsFaults faults)
    {
        for (var i = 1; i < all.Count; i++)
        {
            var first = all.Take(i).ToList().FindIndex(other => other.Name.Length > 0 && other.Name.Equals(all[i].Name, StringComparison.OrdinalIgnoreCase));
            if (first >= 0)
            {
                faults.Add($"{Section}:{i}:{nameof(Name)}", $"\"{all[i].Name}\"", "", $"is the name of {Section}:{first} already; each notifier needs its own");
            }
        }
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => NotifierRules.FaultsOf(this);

    /// <summary>Whether it fits what this notifier is for, whatever its severity and who else is told.</summary>
    internal bool IsFor(Incident incident) => For.Count == 0 ? !Rest : For.Exists(filter => filter.Fits(incident));

    internal bool WantsDigest => Digest ?? Kind is NotifierKind.Slack or NotifierKind.SlackBot or NotifierKind.Teams or NotifierKind.Email;

    /// <summary>The address of a service that has one for everybody; empty for the other kinds.</summary>
    internal string DefaultUrl => Kind switch
    {
        NotifierKind.PagerDuty => "https://events.pagerduty.com/v2/enqueue",
        NotifierKind.SlackBot => "https://slack.com/api",
        _ => "",
    };
}
