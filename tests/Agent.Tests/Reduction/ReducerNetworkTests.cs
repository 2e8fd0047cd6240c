using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Tests.Names;
using Xunit;

namespace Runtime.Agent.Tests.Reduction;

/// <summary>Connections, and scans made of those that fail.</summary>
public sealed class ReducerNetworkTests : ReducerRig
{
    public ReducerNetworkTests() => StartInit();

    [Fact]
    public void Network_SamePeerOtherClientPort_IsOneBehaviour()
    {
        Exec(100, "/bin/app", "app\0");
        for (ushort port = 40000; port < 40010; port++)
            Network(100, NetworkOperation.Connect, port, 443);
        Network(100, NetworkOperation.Connect, 40000, 444);
        Network(100, NetworkOperation.Connect, 40000, 443, error: 111);
        Assert.Equal(3, Out.Facts.OfType<NetworkFact>().Count());
    }

    [Fact]
    public void Network_Accept_FoldsPeersAndMarksTheProcess()
    {
        Exec(100, "/bin/web", "web\0");
        Network(100, NetworkOperation.Listen, 80, 0, peer: [0, 0, 0, 0]);
        Network(100, NetworkOperation.Accept, 80, 50001, peer: [10, 0, 0, 9]);
        Network(100, NetworkOperation.Accept, 80, 50002, peer: [10, 0, 0, 8]);
        var facts = Out.Facts.OfType<NetworkFact>().ToArray();
        Assert.Equal([NetworkOperation.Listen, NetworkOperation.Accept], facts.Select(f => f.Operation));
        Assert.All(facts, f => Assert.True(f.Process.Flags.HasFlag(ProcessFlags.NetworkFacing)));
    }

    [Fact]
    public void Network_Close_IsSummedIntoItsConnection()
    {
        Exec(100, "/bin/app", "app\0");
        Network(100, NetworkOperation.Connect, 40000, 443);
        Network(100, NetworkOperation.Close, 40000, 443, sent: 10, received: 20);
        Network(100, NetworkOperation.Close, 40001, 443, sent: 1, received: 2);
        Reducer.Finish();
        var close = Assert.Single(Out.Facts.OfType<NetworkFact>(), f => f.Operation == NetworkOperation.Close);
        Assert.Equal((2ul, 11ul, 22ul, 443), (close.Count, close.BytesSent, close.BytesReceived, close.RemotePort));
    }

    /// <summary>Most connections that live long were made while the program started, under another phase's key: their bytes were lost.</summary>
    [Fact]
    public void Flow_OfAConnectionThatIsNotKnownAnyMore_IsToldAndIsNoNews()
    {
        Exec(100, "/bin/app", "app\0");
        Network(100, NetworkOperation.Accept, 80, 50001);
        Network(100, NetworkOperation.Progress, 40000, 443, sent: 3);
        Network(100, NetworkOperation.Close, 40000, 443, sent: 1, received: 2);
        Network(100, NetworkOperation.Close, 81, 50002, sent: 7, isAccepted: true);
        Network(100, NetworkOperation.Close, 81, 50003, sent: 7, isAccepted: true);
        Network(100, NetworkOperation.Connect, 40000, 443);
        Reducer.Finish();
        Assert.Equal(
            [
                (NetworkOperation.Accept, true, 1ul, 0ul), (NetworkOperation.Connect, true, 1ul, 0ul),
                (NetworkOperation.Progress, false, 1ul, 3ul), (NetworkOperation.Close, false, 1ul, 1ul), (NetworkOperation.Close, false, 2ul, 14ul),
            ],
            Out.Facts.OfType<NetworkFact>().Select(f => (f.Operation, f.IsNew, f.Count, f.BytesSent)));
    }

    [Fact]
    public void Network_Progress_IsARowOfItsOwnBesideTheEnds()
    {
        Exec(100, "/bin/app", "app\0");
        Network(100, NetworkOperation.Connect, 40000, 443);
        Network(100, NetworkOperation.Progress, 40000, 443, sent: 100, received: 200, durationNs: 60);
        Network(100, NetworkOperation.Progress, 40001, 443, sent: 10, received: 20, durationNs: 30);
        Network(100, NetworkOperation.Close, 40000, 443, sent: 1, received: 2, durationNs: 70);
        Reducer.Finish();
        var flows = Out.Facts.OfType<NetworkFact>().Where(f => f.Operation is NetworkOperation.Progress or NetworkOperation.Close);
        Assert.Equal(
            [(NetworkOperation.Progress, 2ul, 110ul, 220ul, 60ul), (NetworkOperation.Close, 1ul, 1ul, 2ul, 70ul)],
            flows.Select(f => (f.Operation, f.Count, f.BytesSent, f.BytesReceived, f.DurationNs)));
    }

    [Fact]
    public void Network_FirstBytes_AreClassifiedAndNotKept()
    {
        Exec(100, "/bin/app", "app\0");
        Network(100, NetworkOperation.FirstBytes, 40000, 3333, payload: """{"method":"mining.subscribe"}""");
        Assert.Equal("stratum", Assert.Single(Out.Facts.OfType<NetworkFact>()).Payload);
    }

    [Fact]
    public void Hello_ToAnAddressWithoutAName_TellsWhatTheClientCallsIt()
    {
        Exec(100, "/bin/app", "app\0");
        Network(100, NetworkOperation.FirstBytes, 40000, 443, bytes: TlsHelloTests.Hello("Pool.Example.Test"));
        Network(100, NetworkOperation.FirstBytes, 40001, 443, bytes: TlsHelloTests.Hello("pool.example.test"));
        Network(100, NetworkOperation.FirstBytes, 40002, 443, bytes: TlsHelloTests.Hello("10.0.0.1"));
        Network(100, NetworkOperation.FirstBytes, 40003, 443, bytes: TlsHelloTests.Hello("pool.example.test")[..60]);

        Assert.Equal(
            [("tls", "pool.example.test", NetworkFlags.NameFromSni), ("tls", "", NetworkFlags.None)],
            Out.Facts.OfType<NetworkFact>().Select(f => (f.Payload, Encoding.ASCII.GetString(f.Name), f.Flags)));
        var counters = Reducer.Counters();
        Assert.Equal((2ul, 1ul, 1ul), (counters["names.sni_found"], counters["names.sni_malformed"], counters["names.sni_cut"]));
    }

    [Fact]
    public void Connects_ThatFailAtManyPorts_BecomeOneScanAfterTheFirstTwenty()
    {
        Exec(100, "/usr/bin/nmap", "nmap\0");
        Out.Facts.Clear();
        for (ushort port = 1; port <= 1000; port++)
            Network(100, NetworkOperation.Connect, 0, port, error: 111);

        Assert.Equal(20, Out.Facts.OfType<NetworkFact>().Count(f => f.Operation == NetworkOperation.Connect));
        var scan = Assert.Single(Out.Facts.OfType<NetworkFact>(), f => f.Operation == NetworkOperation.Scan);
        Assert.True(scan.IsNew);
        Clock.NowBoot += 61 * Second;
        Reducer.OnIdle();
        var told = Out.Facts.OfType<NetworkFact>().Where(f => f.Operation == NetworkOperation.Scan).Aggregate(0ul, (sum, f) => sum + f.Count);
        // Twenty by themselves, the twentieth also as the scan's first.
        Assert.Equal(1000ul, 20 + told - 1);
        Assert.Equal(980ul, Reducer.Counters()["reduction.attempts_folded"]);
    }

    [Fact]
    public void Connects_ThatFailAtOneDeadServer_AreNoScan()
    {
        Exec(100, "/bin/app", "app\0");
        for (var i = 0; i < 1000; i++)
            Network(100, NetworkOperation.Connect, 0, 5432, error: 111);
        Assert.DoesNotContain(Out.Facts.OfType<NetworkFact>(), f => f.Operation == NetworkOperation.Scan);
    }

    [Fact]
    public void Connects_ThatSucceedWithinAScan_AreToldByThemselves()
    {
        Exec(100, "/usr/bin/nmap", "nmap\0");
        for (ushort port = 1; port <= 100; port++)
            Network(100, NetworkOperation.Connect, 0, port, error: 111);
        Out.Facts.Clear();
        Network(100, NetworkOperation.Connect, 0, 8080);
        Assert.Equal(8080, Assert.IsType<NetworkFact>(Assert.Single(Out.Facts)).RemotePort);
    }

    [Fact]
    public void Scan_ThatGoesOnWhenTheAgentStops_IsToldToItsLastAttempt()
    {
        Exec(100, "/usr/bin/nmap", "nmap\0");
        for (ushort port = 1; port <= 100; port++)
            Network(100, NetworkOperation.Connect, 0, port, error: 111);
        Reducer.Finish();
        var told = Out.Facts.OfType<NetworkFact>().Where(f => f.Operation == NetworkOperation.Scan).Aggregate(0ul, (sum, f) => sum + f.Count);
        Assert.Equal(100ul, 20 + told - 1);
    }

    /// <summary>A loop of a shell starts one short-lived program for each target.</summary>
    [Fact]
    public void Connects_OfManyProcessesOfOneProgram_AreOneScan()
    {
        for (uint i = 0; i < 100; i++)
        {
            Exec(100 + i, "/usr/bin/nc", $"nc\0-z\0db\0{i + 1}\0");
            Network(100 + i, NetworkOperation.Connect, 0, (ushort)(i + 1), error: 111);
        }
        Assert.Single(Out.Facts.OfType<NetworkFact>(), f => f.Operation == NetworkOperation.Scan);
        Assert.Equal(80ul, Reducer.Counters()["reduction.attempts_folded"]);
    }

    [Fact]
    public void Scan_EndsWithAQuietMinute()
    {
        Exec(100, "/usr/bin/nmap", "nmap\0");
        for (ushort port = 1; port <= 100; port++)
            Network(100, NetworkOperation.Connect, 0, port, error: 111);
        Clock.NowBoot += 61 * Second;
        Out.Facts.Clear();
        Network(100, NetworkOperation.Connect, 0, 2000, error: 111);
        Assert.Equal(NetworkOperation.Connect, Assert.IsType<NetworkFact>(Assert.Single(Out.Facts)).Operation);
    }
}
