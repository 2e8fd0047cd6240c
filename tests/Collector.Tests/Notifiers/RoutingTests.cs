using System.Collections;
using Runtime.Collector.Configuration;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

/// <summary>Who is told of what.</summary>
public sealed class RoutingTests
{
    private static readonly Incident Shop = Samples.Incident() with
    {
        Kinds = ["egress", "exec"], Labels = new Dictionary<string, string> { ["team"] = "checkout", ["app.kubernetes.io/name"] = "web" },
    };

    [Fact]
    public void Incident_GoesToWhoIsForIt_AndToThoseThatAreForEverything()
    {
        var directory = Directory(
            Notifier("all"), Notifier("shop", new AlertFilter { Namespace = "shop" }), Notifier("pay", new AlertFilter { Namespace = "pay*" }, new AlertFilter { Cluster = "edge" }), Rest());

        Assert.Equal(["all", "shop"], directory.NamesFor(Shop));
        Assert.Equal(["all", "pay"], directory.NamesFor(Shop with { ScopeId = "prod/payments/Deployment/api/app" }));
        Assert.Equal(["all", "pay"], directory.NamesFor(Shop with { ScopeId = "edge/other/Deployment/api/app" }));
        Assert.Equal(["all", "rest"], directory.NamesFor(Shop with { ScopeId = "prod/other/Deployment/api/app" }));
    }

    /// <summary>No incident is for nobody: a forgotten namespace must not be a blind spot.</summary>
    [Fact]
    public void Incident_ThatFitsNobody_GoesToTheRest_ElseToAll()
    {
        NotifierOptions[] teams = [Notifier("shop", new AlertFilter { Namespace = "shop" }), Notifier("pay", new AlertFilter { Namespace = "pay" })];
        var lost = Shop with { ScopeId = "prod/forgotten/Deployment/x/y" };
        Assert.Equal(["shop", "pay"], Directory(teams).NamesFor(lost));
        Assert.Equal(["rest"], Directory([.. teams, Rest()]).NamesFor(lost));
        Assert.Equal(["shop"], Directory([.. teams, Rest()]).NamesFor(Shop));

        // Severity is asked last: what is too mild for its receiver is nobody else's.
        var strict = Notifier("shop", new AlertFilter { Namespace = "shop" });
        strict.MinimumSeverity = Severity.Critical;
        Assert.Empty(Directory(strict, Rest()).NamesFor(Shop));
    }

    [Theory]
    [InlineData("Cluster=prod", true)]
    [InlineData("Cluster=pro", false)]
    [InlineData("Namespace=sh*", true)]
    [InlineData("Deployment=web", true)]
    [InlineData("Deployment=WEB", false)]
    [InlineData("OwnerKind=Deployment", true)]
    [InlineData("OwnerKind=Host", false)]
    [InlineData("Labels:team=checkout", true)]
    [InlineData("Labels:team=check*", true)]
    [InlineData("Labels:team=", true)]
    [InlineData("Labels:tier=*", false)]
    [InlineData("Labels:app.kubernetes.io/name=web", true)]
    [InlineData("Kinds=exec,tier0", true)]
    [InlineData("Kinds=tier0", false)]
    [InlineData("MinimumSeverity=High", true)]
    [InlineData("MinimumSeverity=Critical", false)]
    public void Filter_FromTheSettings_FitsOrNot(string setting, bool fits)
    {
        var faults = new SettingsFaults();
        var settings = Settings.Read(
            SettingsCatalogue.All, ["--Notifiers:0:Name=a", "--Notifiers:0:Kind=Slack", "--Notifiers:0:Url=https://a.example.org/x", "--Notifiers:0:For:0:" + setting], new Hashtable(), "/nonexistent", faults);
        Assert.Empty(faults.All);
        Assert.Equal(fits, Assert.Single(settings.Get<IReadOnlyList<NotifierOptions>>()).For[0].Fits(Shop));
    }

    [Fact]
    public void AllThatIsSet_MustFit()
    {
        Assert.True(new AlertFilter { Namespace = "shop", Labels = { ["team"] = "checkout" } }.Fits(Shop));
        Assert.False(new AlertFilter { Namespace = "shop", Labels = { ["team"] = "other" } }.Fits(Shop));
        Assert.False(new AlertFilter { Namespace = "shop", Kinds = ["file_write"] }.Fits(Shop));
    }

    [Fact]
    public void Faults_OfRoutesAndQuietHours_ComeTogether()
    {
        var faults = new SettingsFaults();
        Settings.Read(
            SettingsCatalogue.All,
            [
                "--Notifiers:0:Name=a", "--Notifiers:0:Kind=Slack", "--Notifiers:0:Url=https://a.example.org/x", "--Notifiers:0:For:0:Kinds=exec,pigeon", "--Notifiers:0:For:1:Namespce=x",
                "--Notifiers:0:For:2:Namespace=", "--Notifiers:0:Quiet:From=22:00", "--Notifiers:0:Quiet:TimeZone=Mars/Olympus",
                "--Notifiers:1:Name=b", "--Notifiers:1:Kind=Slack", "--Notifiers:1:Url=https://a.example.org/x", "--Notifiers:1:Quiet:From=24:00", "--Notifiers:1:Quiet:To=07:00",
                "--Notifiers:2:Name=c", "--Notifiers:2:Kind=Slack", "--Notifiers:2:Url=https://a.example.org/x", "--Notifiers:2:Quiet:From=07:00", "--Notifiers:2:Quiet:To=07:00",
            ],
            new Hashtable(), "/nonexistent", faults);

        Assert.Equal(
            [
                "Notifiers:0:For:0:Kinds = \"exec,pigeon\" (command line): has \"pigeon\", which is no kind of deviation: one of binary, command, edge, egress, exec, file_read, file_write, image, listen, loading, managed, name, privilege, resource, tier0",
                "Notifiers:0:For:1:Namespce (command line): is not a setting; did you mean Notifiers:0:For:1:Namespace?",
                "Notifiers:0:For:2 (command line): fits everything: set one of its keys, or leave For out",
                "Notifiers:0:Quiet:From = \"22:00\" (command line): and To belong together: set both or neither",
                "Notifiers:0:Quiet:TimeZone = \"Mars/Olympus\" (command line): is no time zone that this machine knows, such as Europe/Berlin (Debian: tzdata)",
                "Notifiers:1:Quiet:From = \"24:00\" (command line): must be a time of day from 00:00 to 23:59, such as 22:00",
                "Notifiers:2:Quiet:To = \"07:00\" (command line): is From: that would be the whole day; set MinimumSeverity for that",
            ],
            faults.All.Order(StringComparer.Ordinal));
    }

    private static NotifierOptions Notifier(string name, params List<AlertFilter> filters) => new() { Name = name, Kind = NotifierKind.Slack, Url = "http://127.0.0.1:9/", For = filters };

    private static NotifierOptions Rest() => new() { Name = "rest", Kind = NotifierKind.Slack, Url = "http://127.0.0.1:9/", Rest = true };

    private static NotifierDirectory Directory(params NotifierOptions[] notifiers) =>
        NotifierSetup.Create(notifiers, new WebhookPost(WebhookPost.CreateClient(), TimeProvider.System), new MemoryThreads(), TimeProvider.System);
}
