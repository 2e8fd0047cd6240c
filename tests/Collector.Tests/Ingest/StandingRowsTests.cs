using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Runtime.Collector.Storage;
using Runtime.Collector.Tests.Scopes;
using Runtime.Collector.Tests.Storage;
using Runtime.V1;
using Xunit;
using NetworkOperation = Runtime.Collector.Ingest.NetworkOperation;
using PrivilegeOperation = Runtime.Collector.Ingest.PrivilegeOperation;

namespace Runtime.Collector.Tests.Ingest;

/// <summary>What stood before the agent: from the wire to words, and never news.</summary>
public sealed class StandingRowsTests
{
    [Fact]
    public void Decode_OfAMountAtStart_IsKeptAndSaid()
    {
        var batch = WireBatch.Full();
        batch.Privileges = new PrivilegeColumns
        {
            First = { 0 }, Last = { 0 }, Count = { 1 }, Process = { 2 }, Operation = { 7 }, Value = { 0 }, Subject = { WireBatch.Text(batch, "/var/run/docker.sock") },
            Detail = { WireBatch.Text(batch, "tmpfs /run/docker.sock") }, Error = { 0 }, Flags = { 1 },
        };
        var mount = Assert.Single(new BatchDecoder(new IngestOptions()).Decode(Sample.Agent, batch, Sample.Now).Observations.OfType<PrivilegeObservation>());
        Assert.Equal(PrivilegeFlags.AtStart, mount.Flags);
        var again = (PrivilegeObservation)ObservationCodec.Decode(1, mount.Scope, ObservationCodec.Encode(mount));
        Assert.Equal((mount.Flags, mount.Subject, mount.Operation), (again.Flags, again.Subject, PrivilegeOperation.Mount));
        Assert.Equal("has /run/docker.sock (tmpfs) mounted on /var/run/docker.sock since before the agent", EventText.Summary(mount));
        Assert.Contains(new("flags", "at_start"), EventText.Details(mount));
    }

    [Theory]
    [InlineData(NetworkOperation.Listen, 6, "listening on 0.0.0.0:80 since before the agent")]
    [InlineData(NetworkOperation.Listen, 17, "listening on udp 0.0.0.0:80 since before the agent")]
    [InlineData(NetworkOperation.Accept, 6, "connection from 10.0.0.9:41000 on port 80 since before the agent")]
    [InlineData(NetworkOperation.Connect, 6, "connected to 10.0.0.9:41000 since before the agent")]
    internal void Summary_OfASocketAtStart_SaysSince(NetworkOperation operation, int protocol, string words)
    {
        var builder = new ObservationBuilder();
        var listen = builder.Listen(null, builder.Process("/bin/web"), "0.0.0.0", 80);
        Assert.Equal(words, EventText.Summary(listen with
        {
            Operation = operation, Protocol = protocol, RemoteAddress = global::System.Net.IPAddress.Parse("10.0.0.9"), RemotePort = 41_000, Flags = NetworkFlags.AtStart,
        }));
    }

    [Fact]
    public void Engine_OfAMountAtStart_RaisesNothingAndTheCallLaterDoes()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var mount = new PrivilegeObservation
        {
            Id = web.Builder.LastId + 1_000, Scope = ObservationBuilder.Web, AgentId = "agent-1", Node = "node1", Container = replica.Container, First = web.Builder.Now, Last = web.Builder.Now,
            Lineage = replica.Entrypoint, Operation = PrivilegeOperation.Mount, Subject = "/host", Detail = "ext4 /", Flags = PrivilegeFlags.AtStart,
        };
        Assert.True(web.Apply(mount).IsNothing);
        Assert.Single(web.Apply(mount with { Id = mount.Id + 1, Flags = PrivilegeFlags.None }).Deviations);
    }
}
