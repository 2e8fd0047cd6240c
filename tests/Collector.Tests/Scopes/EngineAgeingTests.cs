using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

public sealed class EngineAgeingTests
{
    private const string Report = "/usr/sbin/nginx|create|/srv/report|other";

    [Fact]
    public void Item_UnseenForNinetyDays_LeavesAfterItsChanceAtAStart()
    {
        var web = Reporting();
        Write(web, "/srv/approved");
        var told = web.Deviations.Single(deviation => deviation.Key.Contains("approved", StringComparison.Ordinal));
        web.Engine.ApproveDeviation(told.Id, "root (uid 0)", "", web.Builder.Now);
        web.Serve(91 * 24);
        Assert.Equal("learned", web.Item("file_write", Report)!.State);
        web.Start("c3", "web-3");
        web.Serve(25);

        Assert.Null(web.Item("file_write", Report));
        Assert.Equal(1, web.Engine.Expired);
        Assert.Equal("approved", web.Item("file_write", "/usr/sbin/nginx|create|/srv/approved|other")!.State);

        // What the image does at each start, last seen 92 days ago in these replicas, is there.
        Assert.Equal("learned", web.Item("edge", "/bin/sh>/bin/chown@init")!.State);
        Assert.Equal("learned", web.Item("listen", "/usr/sbin/nginx|80|tcp|any")!.State);
        Assert.Equal(web.Engine.View(web.Builder.Now).Items.Count(item => item.Kind.StartsWith("file", StringComparison.Ordinal)), web.View(KindGroup.File).Items);
        Assert.Single(web.Apply(web.Builder.File(web.Replicas[0].Container, web.Replicas[0].Nginx, "/srv/report")).Deviations);
    }

    [Fact]
    public void Item_SeenADayBeforeItsTime_Stays()
    {
        var web = Reporting();
        web.Serve(86 * 24);
        Assert.NotNull(web.Item("file_write", Report));
        Write(web, "/srv/report");
        web.Serve(24);
        web.Start("c4", "web-4");
        web.Serve(88 * 24);
        Assert.Equal("learned", web.Item("file_write", Report)!.State);
        Assert.Equal(0, web.Engine.Expired);
    }

    /// <summary>Months differ by a tenth, and such an item is kept for four of them.</summary>
    [Theory]
    [InlineData(30, 31, 30, true)]
    [InlineData(21, 45, 30, false)]
    public void Item_ThatComesByTheMonth_IsKeptForFourPeriods(int first, int second, int third, bool stays)
    {
        var web = Reporting();
        foreach (var days in new[] { first, second, third })
        {
            web.Serve(days * 24);
            Write(web, "/srv/report");
        }

        web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options);
        web.Serve(1);
        web.Start("c3", "web-3");
        web.Serve(110 * 24);
        Assert.Equal(stays, web.Item("file_write", Report) is not null);
    }

    [Fact]
    public void Item_OfATimeWhenNobodyWatched_Stays()
    {
        var web = Reporting();
        web.Apply(web.Builder.Loss("agent", TimeSpan.FromDays(95)));
        web.Builder.Now += TimeSpan.FromDays(95);
        web.Start("c3", "web-3");
        web.Serve(26);
        Assert.NotNull(web.Item("file_write", Report));
    }

    [Fact]
    public void Restart_AfterItemsLeft_EqualsNone()
    {
        var web = Reporting();
        web.Serve(40 * 24);
        Write(web, "/srv/report");
        web.Start("c3", "web-3");
        web.Serve(80 * 24);
        var whole = web.Engine;
        web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, whole.Save(), web.Options);
        var from = web.Log.Count;
        web.Start("c4", "web-4");
        web.Serve(15 * 24);
        foreach (var observation in web.Log.Skip(from))
        {
            whole.Apply(observation);
        }

        whole.Advance(web.Builder.Now);
        Assert.Equal(1, whole.Expired);
        Assert.Equal(whole.Save(), web.Engine.Save());
        Assert.Equal(1, ScopeEngine.Restore(ObservationBuilder.Web, whole.Save(), web.Options).Expired);
    }

    /// <summary>Locked, and both replicas wrote a report in the first hours.</summary>
    private static EngineWeb Reporting()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        web.Start("c2", "web-2");
        web.Builder.Now += TimeSpan.FromHours(1);
        for (var hour = 0; hour < 4; hour++)
        {
            Write(web, "/srv/report");
            web.Serve(1);
        }

        web.Serve(72);
        Assert.Equal(BaselineState.Locked, web.State(KindGroup.File));
        return web;
    }

    private static void Write(EngineWeb web, string path)
    {
        foreach (var replica in web.Replicas)
        {
            web.Apply(web.Builder.File(replica.Container, replica.Nginx, path));
        }
    }
}
