using System.Collections;
using Runtime.Collector.Configuration;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class NotifierOptionsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("https://hooks.slack.com/services/T0/B0/x", false, null)]
    [InlineData("http://127.0.0.1:8080/x", false, null)]
    [InlineData("http://[::1]/x", false, null)]
    [InlineData("http://localhost/x", false, null)]
    [InlineData("http://alerts.example.org/x", true, null)]
    [InlineData("http://alerts.example.org/x", false, "goes to alerts.example.org without encryption; use https, or set AllowInsecure")]
    [InlineData("hooks.slack.com/services", false, "must be an address such as https://hooks.example.org/path")]
    [InlineData("ftp://example.org", false, "must be an address such as https://hooks.example.org/path")]
    [InlineData("https://", false, "must be an address such as https://hooks.example.org/path")]
    public void Url_OfEachKind_IsTakenOrRefusedWithTheRule(string url, bool insecure, string? expected) =>
        Assert.Equal(expected, NotifierRules.UrlFault(url, insecure));

    [Fact]
    public void Faults_OfSeveralNotifiers_ComeTogetherAndShowNoSecret()
    {
        File.WriteAllText(_file, "short\n");
        Dictionary<string, string> values = new()
        {
            ["0:Name"] = "chat", ["0:Kind"] = "slack", ["0:Url"] = "http://hooks.example.org/SECRET",
            ["1:Name"] = "Chat", ["1:Kind"] = "Slack", ["1:Url"] = "https://a.example.org/SECRET", ["1:UrlFile"] = "/x", ["1:SecretFile"] = _file,
            ["2:Name"] = "hook", ["2:Kind"] = "webhook", ["2:UrlFile"] = "/nonexistent/url", ["2:SecretFile"] = _file,
            ["3:Name"] = "bad name", ["3:Kind"] = "pigeon", ["3:Timeout"] = "1h",
            ["4:Kind"] = "Webhook", ["4:Name"] = "w",
            ["6:Kind"] = "PagerDuty", ["6:Name"] = "duty", ["6:Digest"] = "true",
            ["7:Kind"] = "Alertmanager", ["7:Name"] = "am", ["7:SecretFile"] = "/nonexistent/token",
            ["8:Kind"] = "Teams", ["8:Name"] = "teams", ["8:Url"] = "https://a.example.org/SECRET", ["8:SecretFile"] = _file,
            ["10:Kind"] = "Syslog", ["10:Name"] = "log", ["10:Url"] = "syslog+udp://logs.example.org:514", ["10:SecretFile"] = _file,
            ["11:Kind"] = "Syslog", ["11:Name"] = "log2", ["11:Url"] = "https://logs.example.org",
            ["12:Kind"] = "Email", ["12:Name"] = "mail", ["12:Url"] = "smtp://u:SECRET@mail.example.org", ["12:From"] = "nobody", ["12:To:0"] = "soc@example.org", ["12:To:1"] = "x y", ["12:Username"] = "u",
            ["13:Kind"] = "Teams", ["13:Name"] = "teams2", ["13:Url"] = "https://a.example.org/x", ["13:CaFile"] = _file, ["13:From"] = "a@example.org",
            ["14:Kind"] = "Syslog", ["14:Name"] = "log3", ["14:Url"] = "syslog+tls://logs.example.org:6514", ["14:CaFile"] = _file,
            ["15:Kind"] = "SlackBot", ["15:Name"] = "bot", ["15:Format"] = "Ocsf",
            ["16:Kind"] = "Webhook", ["16:Name"] = "ocsf", ["16:Url"] = "https://a.example.org/x", ["16:SecretFile"] = _file, ["16:Format"] = "Ocsf", ["16:Digest"] = "true",
            ["17:Kind"] = "Syslog", ["17:Name"] = "ce", ["17:Url"] = "syslog+tcp://127.0.0.1:514", ["17:Format"] = "CloudEvents",
            ["18:Kind"] = "Slack", ["18:Name"] = "slack2", ["18:Url"] = "https://a.example.org/x", ["18:Channel"] = "C0",
            ["19:Kind"] = "Webhook", ["19:Name"] = "late", ["19:Url"] = "https://a.example.org/x", ["19:SecretFile"] = _file, ["19:DigestAt"] = "09:00",
            ["20:Kind"] = "Slack", ["20:Name"] = "never", ["20:Url"] = "https://a.example.org/x", ["20:Quiet:Days"] = "Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday",
            ["21:Kind"] = "Slack", ["21:Name"] = "some", ["21:Url"] = "https://a.example.org/x", ["21:Quiet:Days"] = "Saturday,Feierabend", ["21:DigestAt"] = "9",
            ["9:Kind"] = "PagerDuty", ["9:Name"] = "right", ["9:SecretFile"] = _file,
            ["5:Kind"] = "Webhook", ["5:Name"] = "file", ["5:UrlFile"] = _file, ["5:SecretFile"] = "/nonexistent/key",
        };
        var faults = new SettingsFaults();

        Settings.Read(SettingsCatalogue.All, [.. values.Select(pair => $"--Notifiers:{pair.Key}={pair.Value}")], new Hashtable(), "/nonexistent", faults);

        Assert.Equal(
            [
                "Notifiers:0:Url = (not shown) (command line): goes to hooks.example.org without encryption; use https, or set AllowInsecure",
                "Notifiers:1:UrlFile = \"/x\" (command line): is set beside Url; set one of the two",
                $"Notifiers:1:SecretFile = \"{_file}\" (command line): is for other kinds; the secret of Slack is its address",
                "Notifiers:2:UrlFile = \"/nonexistent/url\" (command line): does not exist",
                $"Notifiers:2:SecretFile = \"{_file}\" (command line): must hold at least 16 bytes; it holds 5",
                "Notifiers:3:Kind = \"pigeon\" (command line): must be one of Slack, Webhook, Teams, PagerDuty, Alertmanager, Syslog, Email, OpenTelemetry, SlackBot",
                "Notifiers:3:Name = \"bad name\" (command line): must be 1 to 64 of the characters A-Z a-z 0-9 . _ -",
                "Notifiers:3:Timeout = \"1h\" (command line): must be 100ms to 1m",
                "Notifiers:4:UrlFile: must be set (or Url)",
                "Notifiers:4:SecretFile: must be set: requests are signed with it (make one: openssl rand -hex 32 > FILE)",
                $"Notifiers:5:UrlFile = \"{_file}\" (command line): its content must be an address such as https://hooks.example.org/path",
                "Notifiers:5:SecretFile = \"/nonexistent/key\" (command line): does not exist",
                "Notifiers:6:SecretFile: must be set: it holds the routing key of the service's integration",
                "Notifiers:6:Digest = \"true\" (command line): cannot be true: PagerDuty takes alerts only",
                "Notifiers:7:UrlFile: must be set (or Url)",
                "Notifiers:7:SecretFile = \"/nonexistent/token\" (command line): does not exist",
                $"Notifiers:8:SecretFile = \"{_file}\" (command line): is for other kinds; the secret of Teams is its address",
                "Notifiers:10:Url = (not shown) (command line): goes to logs.example.org without encryption; use syslog+tls, or set AllowInsecure",
                $"Notifiers:10:SecretFile = \"{_file}\" (command line): is for other kinds; Syslog has no secret",
                "Notifiers:11:Url = (not shown) (command line): must be an address such as syslog+tls://logs.example.org:6514 (or syslog+tcp, syslog+udp)",
                "Notifiers:12:Url = (not shown) (command line): must be an address such as smtp://mail.example.org:587 or smtps://mail.example.org:465",
                "Notifiers:12:From = \"nobody\" (command line): must be an address such as runtime@example.org",
                "Notifiers:12:To (command line): must hold 1 to 32 addresses such as soc@example.org",
                "Notifiers:12:Username = \"u\" (command line): and SecretFile belong together: set both or neither",
                $"Notifiers:13:CaFile = \"{_file}\" (command line): holds no certificate in PEM",
                "Notifiers:13:From = \"a@example.org\" (command line): and To and Username are for Email",
                $"Notifiers:14:CaFile = \"{_file}\" (command line): holds no certificate in PEM",
                "Notifiers:15:SecretFile: must be set: it holds the bot's token",
                "Notifiers:15:Channel: must be set: the channel's id, such as C0123456789",
                "Notifiers:15:Format = \"Ocsf\" (command line): is for Webhook and Syslog; the other kinds have a form of their own",
                $"Notifiers:16:SecretFile = \"{_file}\" (command line): must hold at least 16 bytes; it holds 5",
                "Notifiers:16:Digest = \"true\" (command line): cannot be true: the format Ocsf takes alerts only",
                "Notifiers:17:Format = \"CloudEvents\" (command line): is for Webhook; Syslog has Json, Cef, Ocsf, Ecs",
                "Notifiers:18:Channel = \"C0\" (command line): is for SlackBot",
                $"Notifiers:19:SecretFile = \"{_file}\" (command line): must hold at least 16 bytes; it holds 5",
                "Notifiers:19:DigestAt = \"09:00\" (command line): is for who gets the digest; set Digest too",
                "Notifiers:20:Quiet:Days = \"Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday\" (command line): has every day of the week: set MinimumSeverity for that",
                "Notifiers:21:Quiet:Days = \"Feierabend\" (command line): must be one of Sunday, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday",
                "Notifiers:21:DigestAt = \"9\" (command line): must be a time of day from 00:00 to 23:59, such as 09:00",
                "Notifiers:1:Name = \"Chat\": is the name of Notifiers:0 already; each notifier needs its own",
            ],
            faults.All);
    }

    /// <summary>It goes into a header; a second line would be a fault at each alert.</summary>
    [Theory]
    [InlineData("xoxb-1\nxoxb-2", "SlackBot", true)]
    [InlineData("xoxb-1\n", "SlackBot", false)]
    [InlineData("tökén", "OpenTelemetry", true)]
    [InlineData("a long key with spaces", "Webhook", false)]
    public void Token_ThatIsNoHeader_IsAFaultAtTheStart(string content, string kind, bool isFault)
    {
        File.WriteAllText(_file, content);
        var faults = new SettingsFaults();
        Settings.Read(
            SettingsCatalogue.All,
            ["--Notifiers:0:Name=x", $"--Notifiers:0:Kind={kind}", "--Notifiers:0:Url=https://a.example.org/x", $"--Notifiers:0:SecretFile={_file}", .. kind == "SlackBot" ? ["--Notifiers:0:Channel=C0"] : Array.Empty<string>()],
            new Hashtable(), "/nonexistent", faults);
        Assert.Equal(isFault ? [$"Notifiers:0:SecretFile = \"{_file}\" (command line): must hold one word of ASCII, which goes into a header"] : [], faults.All);
    }

    [Theory]
    [InlineData("--Notifiers:0:To:0=soc@example.org", "--Notifiers:0:To:1=Night <night@example.org>")]
    [InlineData("--Notifiers:0:To=soc@example.org, Night <night@example.org>")]
    public void Addressees_AreAListOrOneTextWithCommas(params string[] arguments)
    {
        var faults = new SettingsFaults();
        var settings = Settings.Read(
            SettingsCatalogue.All,
            ["--Notifiers:0:Name=mail", "--Notifiers:0:Kind=Email", "--Notifiers:0:Url=smtp://mail.example.org", "--Notifiers:0:From=runtime@example.org", .. arguments],
            new Hashtable(), "/nonexistent", faults);
        Assert.Empty(faults.All);
        Assert.Equal(["soc@example.org", "Night <night@example.org>"], Assert.Single(settings.Get<IReadOnlyList<NotifierOptions>>()).To);
    }
}
