using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>
/// What the container runtime is asked to run: probes every 10 s and hooks of the start are the deployment's own, `kubectl exec` is not. As agents tell it: the first sight
/// of an argument list at once, then its repeats by the minute.
/// </summary>
public sealed class EngineProbeTests
{
    private const string Key = "/bin/sh|sh|-c|redis-cli ping";
    private static readonly string[] Ping = ["sh", "-c", "redis-cli ping"];

    [Fact]
    public void Probe_OfEveryReplicaFromItsFirstMinutes_IsLearntAndNeverTold()
    {
        var web = Started(2);
        Probe(web, Ping, minutes: 62);
        Assert.Equal("learned", web.Item("command", Key)!.State);
        for (var hour = 0; hour < 72; hour++)
        {
            web.Serve(1);
            Probe(web, Ping, minutes: 1);
        }

        Assert.All(web.Engine.View(web.Builder.Now).Groups, group => Assert.Equal(BaselineState.Locked, group.State));
        Probe(web, Ping, minutes: 5);
        Assert.Empty(web.Outcomes);
        Assert.Equal("learned", web.Item("edge", "runtime>/bin/sh@probe")!.State);
        Assert.Equal("learned", web.Item("edge", "/bin/sh>/usr/bin/redis-cli@probe")!.State);

        // A person's session with the same shell and the same tool is what it was, however often it comes.
        for (var hour = 0; hour < 20; hour++)
        {
            foreach (var replica in web.Replicas)
            {
                Run(web, replica, ["sh", "-c", "redis-cli flushall"]);
            }

            Probe(web, Ping, minutes: 60);
        }

        Assert.Equal(["edge /bin/sh>/usr/bin/redis-cli@session", "edge runtime>/bin/sh@session"], web.Deviations.Select(deviation => $"{deviation.Kind} {deviation.Key}").Order());
        Assert.All(web.Deviations, deviation => Assert.Equal(40UL, deviation.Count));
        Assert.Null(web.Item("edge", "runtime>/bin/sh@session"));
        Assert.Empty(web.Alerts);
    }

    [Fact]
    public void Probe_ThatALockedDeploymentGets_IsASessionForAnHourAndNoMore()
    {
        var web = new EngineWeb().Locked();
        web.Replicas.Clear();
        web.Start("c3", "web-3");
        web.Start("c4", "web-4");
        web.Apply(web.Builder.Exit(ObservationBuilder.Container("c1", "web-1"), web.Builder.Process("/usr/sbin/nginx")));
        web.Apply(web.Builder.Exit(ObservationBuilder.Container("c2", "web-2"), web.Builder.Process("/usr/sbin/nginx")));
        Probe(web, Ping, minutes: 62);
        var told = web.Deviations.Select(deviation => deviation.Count).ToList();
        Assert.All(web.Incidents, incident => Assert.True(incident.EValue < 1, $"{incident.EValue} goes to the digest"));
        Probe(web, Ping, minutes: 200);
        Assert.Equal(told, web.Deviations.Select(deviation => deviation.Count));

        // What it begins to do later is judged.
        var root = web.Builder.Process("/bin/sh", phase: Phase.Session, arguments: Ping);
        web.Apply(web.Builder.Exec(web.Replicas[0].Container, root));
        var dropped = web.Builder.Process("/tmp/.x/redis-cli", root, Phase.Session, ProcessFlags.UpperLayer);
        Assert.NotEmpty(web.Apply(web.Builder.Exec(web.Replicas[0].Container, dropped)).Deviations);
        Assert.Null(web.Item("exec", "/tmp/.x/redis-cli"));
    }

    [Fact]
    public void Probe_OfPodsThatWereThereBeforeTheAgent_IsLearntToo()
    {
        var web = new EngineWeb();
        foreach (var n in new[] { 1, 2 })
        {
            var container = ObservationBuilder.Container("c" + n, "web-" + n);
            var nginx = web.Builder.Process("/usr/sbin/nginx", flags: ProcessFlags.AtStart);
            web.Apply(web.Builder.Exec(container, nginx));
            web.Replicas.Add(new EngineWeb.Replica(container, nginx, nginx));
        }

        Probe(web, Ping, minutes: 62);
        Assert.Equal("learned", web.Item("command", Key)!.State);
    }

    [Fact]
    public void Probe_OfTheOnlyReplica_TakesSixHours()
    {
        var web = Started(1);
        Probe(web, Ping, minutes: 300);
        Assert.Null(web.Item("command", Key));
        Probe(web, Ping, minutes: 65);
        Assert.Equal("learned", web.Item("command", Key)!.State);
    }

    [Theory]
    [InlineData(3, 2, 0, 1)] // One replica has none.
    [InlineData(2, 2, 0, 15)] // A pause that no probe makes.
    [InlineData(2, 2, 30, 1)] // Begun in the middle of a life: a person at work.
    public void Command_ThatNoProbeWouldBe_StaysASession(int replicas, int running, int after, int everyMinutes)
    {
        var web = Started(replicas);
        for (var minute = 0; minute < after; minute++)
        {
            web.Builder.Now += TimeSpan.FromMinutes(1);
            Live(web);
        }

        for (var minute = 0; minute < 600; minute += everyMinutes)
        {
            Live(web);
            foreach (var replica in web.Replicas.Take(running))
            {
                Run(web, replica, Ping);
            }

            web.Builder.Now += TimeSpan.FromMinutes(everyMinutes);
        }

        Assert.Null(web.Item("command", Key));
        Assert.Null(web.Item("edge", "runtime>/bin/sh@probe"));
    }

    [Theory]
    [InlineData("sh")]
    [InlineData("bash", "-i")]
    [InlineData("sh", "-s", "x")]
    [InlineData("sh", "-ic", "x")]
    public void Shell_ThatTakesItsCommandsFromElsewhere_IsNeverAProbe(params string[] arguments)
    {
        var web = Started(2);
        Probe(web, arguments, minutes: 200);
        Assert.DoesNotContain(web.Engine.View(web.Builder.Now).Items, item => item.Kind == "command");
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(40, false)]
    public void Command_OfEveryStart_IsAHookWhenNoPersonIsSoQuick(int seconds, bool isHook)
    {
        var web = new EngineWeb();
        for (var n = 1; n <= 4; n++)
        {
            var replica = web.Start("c" + n, "web-" + n);
            web.Builder.Now += TimeSpan.FromSeconds(seconds);
            Run(web, replica, ["sh", "-c", "touch /run/started"]);
            web.Builder.Now += TimeSpan.FromHours(3);
        }

        Assert.Equal(isHook, web.Item("command", "/bin/sh|sh|-c|touch /run/started")?.State == "learned");
    }

    [Fact]
    public void Command_OfSomeStarts_IsNoHook()
    {
        var web = new EngineWeb();
        for (var n = 1; n <= 8; n++)
        {
            var replica = web.Start("c" + n, "web-" + n);
            if (n % 2 == 0)
            {
                Run(web, replica, Ping);
            }

            web.Builder.Now += TimeSpan.FromHours(1);
        }

        Assert.Null(web.Item("command", Key));
    }

    [Fact]
    public void Probe_UnseenForAWeek_IsASessionAgain()
    {
        var web = Started(2);
        Probe(web, Ping, minutes: 240);
        web.Serve(7 * 24 + 1);
        Run(web, web.Replicas[0], Ping);
        Assert.Null(web.Item("command", Key));
        Assert.Equal("runtime>/bin/sh@session", web.Deviations.First(deviation => deviation.Lineage.Count == 1).Key);
    }

    [Fact]
    public void Probe_ThatAPersonRemoved_IsASessionAndStaysSo()
    {
        var web = Started(2);
        Probe(web, Ping, minutes: 240);
        Assert.NotNull(web.Engine.RemoveItem(ItemKind.Command, Key, "root (uid 0)", "not ours", web.Builder.Now));
        web.Serve(72);
        Probe(web, Ping, minutes: 120);
        Assert.Equal("removed", web.Item("command", Key)!.State);
        Assert.Contains(web.Deviations, deviation => deviation.Key == "runtime>/bin/sh@session");
    }

    [Fact]
    public void Probe_OfAReplicaThatWasBrokenInto_WaitsForItsQuorumAgain()
    {
        var web = Started(1);
        Probe(web, Ping, minutes: 365);
        var replica = web.Replicas[0];
        Assert.Single(web.Apply(web.Builder.FirstBytes(replica.Container, replica.Nginx, "203.0.113.7", 3333, "stratum")).Alerts);
        Assert.Equal("pending", web.Item("command", Key)!.State);
        Probe(web, Ping, minutes: 365);
        Assert.Equal("learned", web.Item("command", Key)!.State);
    }

    [Fact]
    public void Restart_WhileACommandIsWatched_EqualsNone()
    {
        var web = Started(2);
        Probe(web, Ping, minutes: 40);
        var whole = web.Engine;
        web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, whole.Save(), web.Options);
        var from = web.Log.Count;
        Probe(web, Ping, minutes: 30);
        Assert.Equal("learned", web.Item("command", Key)!.State);
        foreach (var observation in web.Log.Skip(from))
        {
            whole.Apply(observation);
        }

        whole.Advance(web.Builder.Now);
        web.Engine.Advance(web.Builder.Now);
        Assert.Equal(whole.Save(), web.Engine.Save());
    }

    /// <summary>What one replica does and waits for its quorum was once learnt because a person did it on another.</summary>
    [Fact]
    public void Session_OnAnotherReplica_IsNoWitness()
    {
        var web = new EngineWeb().Locked();
        web.Apply(web.Builder.File(web.Replicas[0].Container, web.Builder.Process("/bin/sh", web.Replicas[0].Nginx), "/srv/x"));
        web.Serve(3);
        web.Apply(web.Builder.File(web.Replicas[1].Container, web.Builder.Process("/bin/sh", phase: Phase.Session), "/srv/x"));
        Assert.Equal("pending", web.Item("file_write", "/bin/sh|create|/srv/x|other")!.State);
        web.Apply(web.Builder.File(web.Replicas[1].Container, web.Builder.Process("/bin/sh", web.Replicas[1].Nginx), "/srv/x"));
        Assert.Equal("learned", web.Item("file_write", "/bin/sh|create|/srv/x|other")!.State);
    }

    private static EngineWeb Started(int replicas)
    {
        var web = new EngineWeb();
        for (var n = 1; n <= replicas; n++)
        {
            web.Start("c" + n, "web-" + n);
        }

        web.Builder.Now += TimeSpan.FromSeconds(20);
        return web;
    }

    /// <summary>The runtime's command in each replica, told by the minute.</summary>
    private static void Probe(EngineWeb web, string[] arguments, int minutes)
    {
        for (var minute = 0; minute < minutes; minute++)
        {
            foreach (var replica in web.Replicas)
            {
                Run(web, replica, arguments);
            }

            web.Builder.Now += TimeSpan.FromMinutes(1);
            web.Advance(web.Builder.Now);
        }
    }

    private static void Run(EngineWeb web, EngineWeb.Replica replica, string[] arguments)
    {
        var shell = web.Builder.Process("/bin/" + arguments[0], phase: Phase.Session, arguments: arguments);
        web.Apply(web.Builder.Exec(replica.Container, shell));
        web.Apply(web.Builder.Exec(replica.Container, web.Builder.Process("/usr/bin/redis-cli", shell, Phase.Session)));
    }

    private static void Live(EngineWeb web)
    {
        foreach (var replica in web.Replicas)
        {
            web.Apply(web.Builder.File(replica.Container, replica.Nginx, "/var/log/nginx/access.log", FileOperation.Write));
        }
    }
}
