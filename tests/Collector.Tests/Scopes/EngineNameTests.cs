using System.Net;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Peers by the names that were looked up, and the questions themselves.</summary>
public sealed class EngineNameTests
{
    [Fact]
    public void Peer_WhoseAddressMoves_IsKnownByItsName()
    {
        var web = Learnt(replica => [("api.example.com", "198.51.100.7")]);
        Assert.Empty(Connect(web, "api.example.com", "203.0.113.77").Deviations);

        var other = Assert.Single(Connect(web, "api.example.net", "203.0.113.78").Deviations);
        Assert.Equal("/usr/sbin/nginx|dns:api.example.net|443|tcp", other.Key);
        Assert.Equal(4, other.EValue);
    }

    [Fact]
    public void Peer_DialledByAddressWhereNamesAreLookedUp_WeighsMore()
    {
        var web = Learnt(replica => [("api.example.com", "198.51.100.7")]);
        var deviation = Assert.Single(Connect(web, "", "203.0.113.77").Deviations);
        Assert.Equal("/usr/sbin/nginx|203.0.113.0/24|443|tcp", deviation.Key);
        Assert.Equal(12, deviation.EValue);
        Assert.Equal("it dials an address in the internet that nobody here looked up", deviation.Evidence[0].Reason);
    }

    [Fact]
    public void Peer_ThatOnlyTheClientCallsByALearntName_IsNew()
    {
        var web = Learnt(replica => [("api.example.com", "198.51.100.7")]);
        var network = Connection(web, "api.example.com", "203.0.113.77") with { Flags = NetworkFlags.NameFromSni };
        Assert.Equal("/usr/sbin/nginx|203.0.113.0/24|443|tcp", Assert.Single(web.Apply(network).Deviations).Key);
    }

    [Fact]
    public void Peer_LearntByItsAddress_StaysKnownWhenNamesAreSeen()
    {
        var web = Learnt(replica => [("", "198.51.100.7")]);
        Assert.Empty(Connect(web, "api.example.com", "198.51.100.8").Deviations);
    }

    [Fact]
    public void Peers_ManyLearntNames_OpenTheProgramToAnyName()
    {
        var many = Enumerable.Range(0, 64).Select(i => ($"hook.customer{(char)('a' + i / 26)}{(char)('a' + i % 26)}.example", "198.51.100.7")).ToArray();
        var web = Learnt(replica => many);
        var first = Connect(web, "hook.another.example", "203.0.113.1");
        Assert.Equal("/usr/sbin/nginx|dns:*|443|tcp", Assert.Single(first.Deviations).Key);
        Assert.DoesNotContain(Connect(web, "hook.onemore.example", "203.0.113.2").Incidents, incident => incident.DeviationIds.Count > 1);
    }

    [Fact]
    public void Peers_ManyPendingNames_OpenNothing()
    {
        var web = Learnt(replica => [("api.example.com", "198.51.100.7")]);
        for (var i = 0; i < 100; i++)
        {
            Connect(web, $"c{(char)('a' + i / 26)}{(char)('a' + i % 26)}.attack.example", "203.0.113.1");
        }

        Assert.DoesNotContain(web.Deviations, deviation => deviation.Key.Contains("dns:*", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_ManyBelowOneDomain_AreOneBehaviourThatStandsOut()
    {
        var web = Learnt(replica => [("api.example.com", "198.51.100.7")]);
        for (var i = 0; i < 40; i++)
        {
            web.Apply(Question(web, $"part{(char)('a' + i / 26)}{(char)('a' + i % 26)}.leak.example", "10.96.0.10"));
        }

        var names = web.Deviations.Where(deviation => deviation.Kind == "name").ToList();
        Assert.Equal(17, names.Count);
        var folded = Assert.Single(names, deviation => deviation.Key == "/usr/sbin/nginx|*.leak.example");
        Assert.Contains(folded.Evidence, evidence => evidence.Technique == "T1071.004");
        Assert.Single(web.Alerts);
    }

    [Fact]
    public void Names_FoldedByTheAgent_StandOutAtOnce()
    {
        var web = Learnt(replica => [("api.example.com", "198.51.100.7")]);
        Assert.Single(web.Apply(Question(web, "*.leak.example", "10.96.0.10")).Alerts);
    }

    [Theory]
    [InlineData("127.0.0.1", 15)]
    [InlineData("203.0.113.53", 30)]
    [InlineData("10.7.7.7", 15)]
    public void Resolver_ThatNobodyHereAsked_StandsOut(string server, double expected)
    {
        var web = Learnt(replica => [("api.example.com", "198.51.100.7")]);
        var deviation = Assert.Single(web.Apply(web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, server, 53, protocol: 17)).Deviations);
        Assert.Equal("it asks a name server that nothing here asked", deviation.Evidence[0].Reason);
        Assert.Equal(expected, deviation.EValue);
    }

    [Fact]
    public void Name_LearntInSmallLetters_IsKnownInAnyCase()
    {
        var web = Learnt(replica => [("api.example.com", "198.51.100.7")]);
        Assert.Empty(web.Apply(Question(web, "aPi.eXample.COM.", "10.96.0.10")).Deviations);
    }

    /// <summary>A locked deployment that looked each of the names up and connected to it every hour.</summary>
    private static EngineWeb Learnt(Func<EngineWeb.Replica, (string Name, string Address)[]> peers)
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Start("c2", "web-2");
        for (var hour = 0; hour < 72; hour++)
        {
            foreach (var replica in web.Replicas)
            {
                foreach (var (name, address) in peers(replica))
                {
                    if (name.Length > 0)
                    {
                        web.Apply(Question(web, name, "10.96.0.10") with { Container = replica.Container, Lineage = replica.Nginx });
                    }

                    web.Apply(web.Builder.Connect(replica.Container, replica.Nginx, address, 443) with { Name = name });
                }
            }

            web.Serve(1);
        }

        Assert.Empty(web.Alerts);
        return web;
    }

    private static ScopeOutcome Connect(EngineWeb web, string name, string address) => web.Apply(Connection(web, name, address));

    private static NetworkObservation Connection(EngineWeb web, string name, string address) =>
        web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, address, 443) with { Name = name };

    private static NetworkObservation Question(EngineWeb web, string name, string server) =>
        web.Builder.Connect(web.Replicas[0].Container, web.Replicas[0].Nginx, server, 53, protocol: 17) with
        {
            Operation = NetworkOperation.NameQuery, Name = name, RemoteAddress = IPAddress.Parse(server),
        };
}
