using Runtime.Collector.Fleet;
using Xunit;

namespace Runtime.Collector.Tests.Fleet;

public sealed class FleetIndexTests
{
    [Fact]
    public void Others_CountsDeploymentsAndNotTheOneThatAsks()
    {
        var index = new FleetIndex();
        foreach (var scope in new[] { "a", "b", "b", "c" })
        {
            index.Note(scope, "x/usr/bin/curl");
        }

        Assert.Equal(2, index.Others("a", "x/usr/bin/curl"));
        Assert.Equal(3, index.Others("d", "x/usr/bin/curl"));
        Assert.Equal(0, index.Others("d", "x/usr/bin/wget"));
        Assert.Equal(4, index.Scopes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(200)]
    public void Others_OfManyDeployments_SaturatesAndForgetsNobodyBefore(int scopes)
    {
        var index = new FleetIndex();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < scopes; i++)
            {
                index.Note("scope" + i, "x/bin/sh");
            }
        }

        Assert.Equal(Math.Min(FleetIndex.Saturation, scopes), index.Others("another", "x/bin/sh"));
        Assert.Equal(Math.Min(FleetIndex.Saturation, scopes - 1), index.Others("scope0", "x/bin/sh"));
    }

    [Fact]
    public void Others_OfAnEdge_IsTheSameInEveryPhase()
    {
        var index = new FleetIndex();
        index.Note("a", "e/usr/sbin/nginx>/bin/sh@init");
        Assert.Equal(1, index.Others("b", "e/usr/sbin/nginx>/bin/sh@steady"));
        Assert.Equal(0, index.Others("b", "e/usr/sbin/nginx>/bin/bash@steady"));
    }

    [Fact]
    public void Note_MoreKeysThanThereIsRoomFor_LosesWhatOnlyOneDeploymentHas()
    {
        var index = new FleetIndex();
        index.Note("a", "x/shared");
        index.Note("b", "x/shared");
        for (var i = 0; i <= FleetIndex.MaxKeys; i++)
        {
            index.Note("a", "x/own" + i);
        }

        Assert.True(index.Keys <= FleetIndex.MaxKeys, $"{index.Keys} keys");
        Assert.True(index.Evicted > 0);
        Assert.Equal(2, index.Others("c", "x/shared"));
    }
}
