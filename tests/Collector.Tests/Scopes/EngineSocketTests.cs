using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Sockets of container runtimes, and those past TCP and UDP.</summary>
public sealed class EngineSocketTests
{
    [Fact]
    public void RuntimeSocket_SpokenToForTheFirstTime_Alerts()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var curl = web.Builder.Process("/usr/bin/curl", replica.Nginx);

        var outcome = web.Apply(Socket(web, curl, NetworkOperation.UnixConnect, "/run/docker.sock"));

        Assert.Equal(
            [
                ("tier0", "/usr/bin/curl connected to /run/docker.sock, by which every container of the node is commanded, in shop/web"),
                ("egress", "/usr/bin/curl connected to the container runtime's socket /run/docker.sock in shop/web: it never did so in 72 h on 2 replicas"),
            ],
            outcome.Deviations.Select(deviation => (deviation.Kind, deviation.Title)));
        Assert.Single(outcome.Alerts);
        Assert.Contains("T1611", Assert.Single(outcome.Incidents).Techniques);
    }

    [Fact]
    public void RuntimeSocket_OfAnAgentThatAPersonApproved_IsKnownAndAnotherSocketIsNot()
    {
        var web = new EngineWeb();
        var agent = web.Builder.Process("/usr/bin/collector", web.Start("c1", "web-1").Nginx);
        web.Start("c2", "web-2");
        var first = Assert.Single(web.Apply(Socket(web, agent, NetworkOperation.UnixConnect, "/run/docker.sock")).Alerts);
        web.Engine.ApproveIncident(first.Id, "alice", "ours", web.Builder.Now);
        for (var hour = 0; hour < 72; hour++)
        {
            foreach (var replica in web.Replicas)
            {
                web.Apply(Socket(web, agent, NetworkOperation.UnixConnect, "/run/docker.sock") with { Container = replica.Container });
            }

            web.Serve(1);
        }

        Assert.Empty(web.Apply(Socket(web, agent, NetworkOperation.UnixConnect, "/run/docker.sock")).Deviations);
        Assert.Single(web.Apply(Socket(web, agent, NetworkOperation.UnixConnect, "/run/containerd/containerd.sock")).Deviations);
    }

    [Theory]
    [InlineData("packet 0x0003", "T1040", "Medium")]
    [InlineData("raw 1", "T1095", "High")]
    [InlineData("netfilter", "T1562.004", "Low")]
    [InlineData("ping", "T1018", "Low")]
    public void SpecialSocket_NeverOpenedBefore_IsTold(string name, string technique, string least)
    {
        var web = new EngineWeb().Locked();
        var outcome = web.Apply(Socket(web, web.Replicas[0].Nginx, NetworkOperation.RawSocket, name));
        var deviation = Assert.Single(outcome.Deviations);
        Assert.Contains(technique, Assert.Single(outcome.Incidents).Techniques);
        Assert.Equal($"/usr/sbin/nginx opened a socket of the kind {name} in shop/web: it never did so in 72 h on 2 replicas", deviation.Title);
        Assert.True(deviation.Severity >= Enum.Parse<Severity>(least), $"{deviation.Severity}");
    }

    [Fact]
    public void Scan_NeverMadeBefore_IsOneDeviation()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var scan = web.Builder.Connect(replica.Container, replica.Nginx, "10.1.2.3", 22, error: 111) with { Operation = NetworkOperation.Scan };
        var deviation = Assert.Single(web.Apply(scan).Deviations);
        Assert.Equal("/usr/sbin/nginx looks for open ports or hosts in shop/web, last at 10.1.2.3:22/tcp: it never did so in 72 h on 2 replicas", deviation.Title);
        Assert.Contains("T1046", web.Incidents.Single().Techniques);
        Assert.Empty(web.Apply(scan with { Id = 0, Count = 980 }).Alerts);
    }

    [Fact]
    public void SpecialSocket_OfAProgram_IsNoPeerThatItHad()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var check = web.Builder.Process("/usr/bin/check", replica.Nginx);
        web.Apply(Socket(web, check, NetworkOperation.RawSocket, "ping"));
        var dialled = web.Apply(web.Builder.Connect(replica.Container, check, "203.0.113.7", 3333));
        Assert.Contains("a program that never connected out dials a port of mining pools", Assert.Single(dialled.Deviations).Evidence.Select(e => e.Reason));
    }

    private static NetworkObservation Socket(EngineWeb web, IReadOnlyList<ProcessInfo> lineage, NetworkOperation operation, string name) =>
        web.Builder.Connect(web.Replicas[0].Container, lineage, "127.0.0.1", 0, protocol: 0) with { Operation = operation, RemoteAddress = null, Name = name };
}
