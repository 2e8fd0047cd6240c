using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Baselines;

public sealed class PeerNamesTests
{
    [Theory]
    [InlineData("API.Example.com.", "api.example.com")]
    [InlineData("ec2-3-4-5-6.eu-west-1.compute.example.com", "<rand>.eu-west-1.compute.example.com")]
    [InlineData("d111111abcdef8.cloudfront.net", "d111111abcdef8.cloudfront.net")]
    [InlineData("20261130.logs.eu.example.com", "<int>.logs.eu.example.com")]
    [InlineData("*.example.com", "*.example.com")]
    [InlineData("localhost", "localhost")]
    [InlineData("", "")]
    public void Fold_Name_IsSmallAndTypedBelowItsOwner(string name, string expected) =>
        Assert.Equal(expected, PeerNames.Fold(name, new char[PeerNames.FoldedLength]).ToString());

    [Fact]
    public void Fold_LongestPossibleName_HasRoom()
    {
        var name = string.Join('.', Enumerable.Repeat("1234", 51));
        Assert.StartsWith("<int>.<int>", PeerNames.Fold(name, new char[PeerNames.FoldedLength]).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.example.com", "example.com")]
    [InlineData("example.com", "")]
    [InlineData("localhost", "")]
    public void Domain_Name_IsWhatLiesBehindTheFirstDot(string name, string expected) => Assert.Equal(expected, PeerNames.Domain(name).ToString());

    [Theory]
    [InlineData("198.51.100.7", "api.example.com", false, true)]
    [InlineData("198.51.100.7", "api.example.com", true, false)]
    [InlineData("127.0.0.1", "api.example.com", false, false)]
    [InlineData("10.1.2.9", "redis.shop.svc.cluster.local", false, true)]
    [InlineData("10.1.2.9", "ip-10-1-2-9.ec2.internal", false, false)]
    [InlineData("198.51.100.7", "", false, false)]
    public void IsNamed_OnlyNamesThatWereLookedUpAndTellMoreThanTheNetwork(string address, string name, bool isOnlyTheClients, bool expected)
    {
        var build = new ObservationBuilder();
        var connect = build.Connect(ObservationBuilder.Container("c1", "web-1"), build.Process("/usr/bin/curl"), address, 443) with { Name = name, Flags = isOnlyTheClients ? NetworkFlags.NameFromSni : NetworkFlags.None };
        Assert.Equal(expected, PeerNames.IsNamed(connect, Peers.KindOf(connect)));
    }
}
