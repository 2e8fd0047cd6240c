using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Tools that each weigh nothing and together tell that somebody looks around.</summary>
public sealed class EngineLookTests
{
    private static readonly string[] Tools = ["id", "uname", "whoami", "df", "ps", "netstat"];
    private readonly EngineWeb _web = new EngineWeb().Locked(hours: 180);

    [Fact]
    public void Shell_ThatLooksAround_AlertsOnce()
    {
        var shell = Shell();
        foreach (var tool in Tools.Concat(Tools))
        {
            Run(shell, tool);
        }

        var deviation = Assert.Single(Found());
        Assert.Equal((Severity.Medium, "/bin/sh>(looks around)@steady"), (deviation.Severity, deviation.Key));
        Assert.Equal("sh looks around in shop/web with id, uname, whoami, df: it never did so in 8 days on 2 replicas", deviation.Title);
        Assert.Single(_web.Alerts, alert => alert.Techniques.Contains("T1082"));
    }

    [Fact]
    public void Tools_OfSeveralShells_OrFew_OrSlow_AreNoLook()
    {
        foreach (var tool in Tools)
        {
            Run(Shell(), tool);
        }

        var few = Shell();
        foreach (var tool in new[] { "id", "id", "uname", "ls", "cat", "sed", "whoami" })
        {
            Run(few, tool);
        }

        var slow = Shell();
        foreach (var tool in Tools)
        {
            Run(slow, tool);
            _web.Builder.Now += _web.Options.JoinWindow / 2;
        }

        Assert.Empty(Found());
    }

    [Fact]
    public void Person_WhoLooksAroundInASession_IsNotAlertedOf()
    {
        var session = _web.Builder.Process("/bin/sh", phase: Phase.Session);
        foreach (var tool in Tools)
        {
            _web.Apply(_web.Builder.Exec(_web.Replicas[0].Container, _web.Builder.Process("/usr/bin/" + tool, session, Phase.Session)));
        }

        Assert.Empty(_web.Alerts);
    }

    [Fact]
    public void Look_GoesOnAfterAStateWasRestored()
    {
        var shell = Shell();
        foreach (var tool in Tools.Take(3))
        {
            Run(shell, tool);
        }

        _web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, _web.Engine.Save(), _web.Options);
        Run(shell, "df");
        Assert.Single(Found());
    }

    [Fact]
    public void Tool_ThatTheDeploymentRuns_DoesNotCount()
    {
        var web = new EngineWeb();
        web.Start("c0", "web-0");
        foreach (var tool in Tools)
        {
            web.Apply(web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/usr/bin/" + tool, web.Replicas[0].Entrypoint)));
        }

        web.Locked(hours: 180);
        foreach (var tool in Tools)
        {
            web.Apply(web.Builder.Exec(web.Replicas[0].Container, web.Builder.Process("/usr/bin/" + tool, web.Replicas[0].Entrypoint)));
        }

        Assert.Empty(web.Deviations);
    }

    private IReadOnlyList<ProcessInfo> Shell() => _web.Builder.Process("/bin/sh", _web.Replicas[0].Entrypoint);

    private void Run(IReadOnlyList<ProcessInfo> shell, string tool) =>
        _web.Apply(_web.Builder.Exec(_web.Replicas[0].Container, _web.Builder.Process("/usr/bin/" + tool, shell)));

    private IEnumerable<Deviation> Found() => _web.Deviations.Where(deviation => deviation.Key.Contains("looks around", StringComparison.Ordinal));
}
